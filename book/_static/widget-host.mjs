/*
 * Runs the book's demos on a static page: no kernel, no CDN, no dependency.
 *
 * When the book is built, MyST-NB writes the state of every widget of a page into one
 * <script type="application/vnd.jupyter.widget-state+json">, and for each demo a
 * <script type="application/vnd.jupyter.widget-view+json"> that names its model. This host reads both,
 * imports the demo's own ES module (its `_esm`) through a Blob URL, and mounts it the way anywidget
 * does in JupyterLab: initialize({model}), then render({model, el}) for each view.
 *
 * The file has neither imports nor exports. It is loaded as a classic script, because
 * browsers refuse module scripts from file:// while a book on a USB stick should open there too.
 */
(() => {
  const STATE = 'script[type="application/vnd.jupyter.widget-state+json"]';
  const VIEW = 'script[type="application/vnd.jupyter.widget-view+json"]';

  /** A widget model with the interface that anywidget gives to demos, kept in the page alone. */
  class Model {
    #values;
    #pending = new Set();
    #listeners = new Map();

    constructor(values) {
      this.#values = values;
    }

    get(name) {
      return this.#values[name];
    }

    /** Set one value, or several: set("size", 3) or set({ size: 3, stride: 1 }). */
    set(name, value) {
      const changes = typeof name === "object" ? name : { [name]: value };
      const changed = Object.keys(changes).filter(
        (key) => !Object.is(this.#values[key], changes[key]),
      );
      for (const key of changed) {
        this.#values[key] = changes[key];
        this.#pending.add(key);
      }
      for (const key of changed) this.#emit(`change:${key}`, changes[key]);
      if (changed.length) this.#emit("change");
    }

    /** Without a kernel there is nobody to send changes to: they are simply done. */
    save_changes() {
      this.#pending.clear();
    }

    changedAttributes() {
      if (!this.#pending.size) return false;
      return Object.fromEntries([...this.#pending].map((key) => [key, this.#values[key]]));
    }

    /**
     * Listen to "change:name", "change" or "msg:custom"; several events are separated by spaces.
     */
    on(events, callback) {
      for (const event of events.split(/\s+/)) {
        if (!this.#listeners.has(event)) this.#listeners.set(event, []);
        this.#listeners.get(event).push(callback);
      }
    }

    /** Stop listening: one callback, all of an event, or everything. */
    off(events, callback) {
      const names = events ? events.split(/\s+/) : [...this.#listeners.keys()];
      for (const event of names) {
        const rest = callback
          ? (this.#listeners.get(event) ?? []).filter((f) => f !== callback)
          : [];
        this.#listeners.set(event, rest);
      }
    }

    /** Messages to the kernel go nowhere; a demo that needs an answer must not wait for one. */
    send() {}

    #emit(event, value) {
      // A copy, because a listener may remove itself while the event is being told.
      for (const callback of [...(this.#listeners.get(event) ?? [])]) {
        try {
          callback(this, value);
        } catch (error) {
          console.error(`A demo's listener for "${event}" failed:`, error);
        }
      }
    }
  }

  /** The same as in the demos' math/base64.js, because this file cannot import anything. */
  function fromBase64(text) {
    const bytesOf = /** @type {any} */ (Uint8Array);
    if (bytesOf.fromBase64) return bytesOf.fromBase64(text);
    const letters = atob(text);
    const bytes = new Uint8Array(letters.length);
    for (let i = 0; i < bytes.length; i += 1) bytes[i] = letters.charCodeAt(i);
    return bytes;
  }

  /** Put a widget's binary buffers, stored as base64, back where they belong in its state. */
  function restoreBuffers(state, buffers = []) {
    for (const { path, encoding, data } of buffers) {
      if (encoding !== "base64") throw new Error(`cannot read a buffer encoded as ${encoding}`);
      const bytes = fromBase64(data);
      const owner = path.slice(0, -1).reduce((object, key) => (object[key] ??= {}), state);
      owner[path.at(-1)] = new DataView(bytes.buffer);
    }
    return state;
  }

  /**
   * Load what book/_ext/demo_data.py took out of the page: a script that leaves something on its
   * own tag. Not fetched, because from file:// a page may not. Each is loaded once.
   */
  const loaded = new Map();
  function load(url) {
    if (!loaded.has(url)) {
      loaded.set(
        url,
        new Promise((resolve, reject) => {
          const script = document.createElement("script");
          script.src = url;
          script.onload = () => resolve(script);
          script.onerror = () => {
            loaded.delete(url); // The next who needs it tries once more.
            reject(new Error(`its file ${url} cannot be loaded`));
          };
          document.head.append(script);
        }).finally(() => document.querySelector(`script[src="${CSS.escape(url)}"]`)?.remove()),
      );
    }
    return loaded.get(url);
  }

  /** Resolved when the reader has done something: before, nothing out of sight is worth a wait. */
  const firstInput = new Promise((resolve) => {
    for (const type of ["scroll", "pointermove", "pointerdown", "keydown", "beforeprint"]) {
      addEventListener(type, resolve, { capture: true, once: true, passive: true });
    }
  });

  /**
   * Watch an element come nearer.
   * @param {Element} element
   * @param {string} margin How far around the window it is looked for, such as "100%".
   * @param {() => void} [notYet] Called if it is further away at first.
   * @returns {{near: Promise<void>, stop: () => void}}
   */
  function approach(element, margin, notYet = () => {}) {
    let observer;
    /** @type {Promise<void>} */
    const near = new Promise((resolve) => {
      observer = new IntersectionObserver(
        (entries) => {
          if (!entries.some((entry) => entry.isIntersecting)) return notYet();
          observer.disconnect();
          resolve();
        },
        { rootMargin: `${margin} 0%` },
      );
      observer.observe(element);
    });
    return { near, stop: () => observer.disconnect() };
  }

  /** What is called for each element that waits when a link to it is about to be followed. */
  const announced = new Map();

  /**
   * A reader who rests on a link, or presses it, is about to follow it. Announce the first demo of
   * the section it leads to; by the time of the click, it may be there.
   */
  function watchLinks() {
    let link = null; // The one that the reader is on.
    let timer;
    const announce = () => {
      const goal = document.getElementById(link.hash.slice(1));
      const section = goal?.closest("section, .demo");
      // Neither the whole page, to which the skip link leads, nor the section being read.
      if (!section || section.contains(link)) return;
      announced.get(section.matches(".demo") ? section : section.querySelector(".demo"))?.();
    };
    const consider = ({ type, target }) => {
      const next = target.closest?.("a[href]");
      // A click tells of its link several times, and so does a pointer that moves inside of it.
      if (next === link && type !== "pointerdown") return;
      clearTimeout(timer);
      link = next;
      if (!link?.hash || link.href.split("#")[0] !== location.href.split("#")[0]) return;
      if (type === "pointerdown") announce();
      else timer = setTimeout(announce, 60);
    };
    for (const type of ["pointerover", "focusin", "pointerdown"]) {
      addEventListener(type, consider, { passive: true });
    }
  }

  /**
   * Wait until an element is in view or, once the reader has begun to move, less than one window
   * or one click away.
   * @param {Element} element
   * @param {() => void} notYet Called if it is further away at first.
   */
  async function whenNear(element, notYet) {
    const inView = approach(element, "0%", notYet);
    const nearby = firstInput.then(() => approach(element, "100%").near);
    const aClickAway = new Promise((resolve) => announced.set(element, () => resolve(null)));
    await Promise.race([inView.near, nearby, aClickAway]);
    announced.delete(element);
    inView.stop();
  }

  /** The reader may pay for every byte, and has asked for few. */
  const savesData = () => /** @type {any} */ (navigator).connection?.saveData;

  /**
   * The outermost section of which a demo is the first, if the browser may skip it: what is inside of a
   * skipped section is nowhere, however near it is. Further demos of a long section wait for their turn.
   * @param {Element} demo
   * @returns {Element} The demo itself, if there is no such section.
   */
  function placeOf(demo) {
    let place = demo;
    let section = demo.closest("section.skippable");
    while (section?.querySelector(".demo") === demo) {
      place = section;
      section = section.parentElement.closest("section.skippable");
    }
    return place;
  }

  /** Wait until a moving reader is less than four windows away, and the browser has nothing to do. */
  async function whenNext(element) {
    await firstInput;
    await approach(placeOf(element), "400%").near;
    await new Promise((resolve) => {
      const done = () => resolve(null);
      if (typeof requestIdleCallback === "function") requestIdleCallback(done);
      else setTimeout(done, 200);
    });
  }

  /**
   * Let the browser do what is more urgent: handle input and, while the page is still loading, show
   * its first screen.
   */
  const giveWay = () =>
    new Promise((resolve) => {
      const loading = document.readyState !== "complete";
      if (loading && typeof requestIdleCallback === "function") {
        requestIdleCallback(resolve, { timeout: 300 });
      } else setTimeout(resolve);
    });

  /** A demo that starts within so many milliseconds needs no still image, which takes time to parse. */
  const AT_ONCE = 150;

  /** Show the still image of a demo, which waits in a <noscript>. */
  function showPicture(box) {
    const noscript = box?.querySelector(".demo-figure > noscript");
    if (noscript) noscript.outerHTML = noscript.textContent;
  }

  /** Import a demo's module. Equal sources are imported once, however many demos share them. */
  const modules = new Map();
  function importSource(source) {
    if (!modules.has(source)) {
      const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      modules.set(
        source,
        import(url)
          .then(async ({ default: demo, render, initialize }) =>
            typeof demo === "function" ? await demo() : (demo ?? { render, initialize }),
          )
          .finally(() => URL.revokeObjectURL(url)),
      );
    }
    return modules.get(source);
  }

  function addStyle(css, id) {
    if (!css || document.querySelector(`style[data-demo-style="${CSS.escape(id)}"]`)) return;
    const style = document.createElement("style");
    style.dataset.demoStyle = id;
    style.textContent = css;
    document.head.append(style);
  }

  /** All models of the page, each made and initialized once, when its first view is mounted. */
  class Page {
    #records = {};
    #started = new Map();

    constructor() {
      for (const script of document.querySelectorAll(STATE)) {
        Object.assign(this.#records, JSON.parse(script.textContent).state);
      }
    }

    has(id) {
      return this.#records[id]?.model_name === "AnyModel";
    }

    hasStarted(id) {
      return this.#started.has(id);
    }

    start(id) {
      if (!this.#started.has(id)) {
        const starting = this.#start(id);
        this.#started.set(id, starting);
        starting.catch(() => this.#started.delete(id)); // The next who needs it tries once more.
      }
      return this.#started.get(id);
    }

    async #load(id) {
      const { code_file: codeFile, data_file: dataFile } = this.#records[id];
      const [code, data] = await Promise.all([
        codeFile && load(codeFile).then((script) => script.code),
        dataFile && load(dataFile).then((script) => script.data),
      ]);
      return { code, data };
    }

    /** Load a demo's files and, at the same time, those of demos that it is going to show inside. */
    load(id) {
      for (const inner of this.#records[id].shows ?? []) this.#load(inner).catch(() => {});
      return this.#load(id);
    }

    async #start(id) {
      const record = this.#records[id];
      const { code, data } = await this.load(id);
      const { state, buffers } = data ?? record;
      const {
        _esm: source,
        _css: css,
        _anywidget_id: name,
        ...values
      } = restoreBuffers(
        // Two demos may share a file, but not the arrays that are put in.
        data ? structuredClone(state) : state,
        buffers,
      );
      addStyle(code?.style ?? css, name);
      await giveWay();
      const model = new Model(values);
      const demo = await (code ? started(code) : importSource(source));
      const cleanUp = [await demo.initialize?.({ model })];
      await giveWay();
      return { model, demo, cleanUp };
    }
  }

  /** Run a demo's code, once for all demos that share it. */
  const running = new Map();
  function started(code) {
    if (!running.has(code)) running.set(code, code.start());
    return running.get(code);
  }

  /** What a demo uses to show another one inside itself, as anywidget's own host does. */
  function hostOf(page) {
    const idOf = (reference) => reference.replace(/^(anywidget:|IPY_MODEL_)/, "");
    return {
      getModel: async (reference) => (await page.start(idOf(reference))).model,
      async getWidget(reference) {
        const { model, demo, cleanUp } = await page.start(idOf(reference));
        return {
          async render({ el, signal = undefined }) {
            const clean = await demo.render?.({ model, el, host: hostOf(page) });
            if (!signal) cleanUp.push(clean);
            else if (signal.aborted) clean?.();
            else signal.addEventListener("abort", () => clean?.(), { once: true });
          },
        };
      },
    };
  }

  /** Mount one view in place of its script tag; the still image beside it makes way only on success. */
  async function mount(script, page, notYet) {
    const { model_id: id } = JSON.parse(script.textContent);
    const box = script.closest(".demo");
    // A widget that needs a kernel: the page shows its still image and says so.
    if (!page.has(id)) {
      showPicture(box);
      return notYet();
    }
    const el = document.createElement("div");
    el.className = "demo-live";
    el.hidden = true;
    script.after(el);
    if (box) box.dataset.waiting = "for its reader";
    const place = box ?? el.parentElement;
    if (!savesData()) whenNext(place).then(() => page.load(id).catch(() => {})); // Tried again below.
    await whenNear(place, notYet);
    if (box) box.dataset.waiting = "for its files";
    const late = setTimeout(showPicture, AT_ONCE, box);
    try {
      const { model, demo, cleanUp } = await page.start(id);
      clearTimeout(late);
      el.hidden = false;
      cleanUp.push(await demo.render?.({ model, el, host: hostOf(page) }));
      box?.classList.add("demo-running");
    } catch (error) {
      console.error("A demo could not start:", error);
      clearTimeout(late);
      showPicture(box);
      el.hidden = false;
      el.className = "demo-error";
      el.setAttribute("role", "alert");
      el.textContent = `This demo could not start (${error.message}). The still image shows what it would have drawn. Reload the page to try again.`;
      box?.classList.remove("demo-running");
    }
    delete box?.dataset.waiting;
    el.dispatchEvent(new CustomEvent("lu:ready", { bubbles: true }));
  }

  /**
   * Mount every view when its reader is near. The root's `data-demos` is "ready" when those have
   * started that are near at first; none can hold up another.
   */
  async function mountAll() {
    const views = [...document.querySelectorAll(VIEW)];
    if (!savesData()) watchLinks();
    addEventListener("pagehide", (event) => {
      if (!event.persisted) for (const view of views) unmount(view, page);
    });
    let page;
    try {
      page = views.length ? new Page() : null;
    } catch (error) {
      console.error("The widget state of this page cannot be read:", error);
      return;
    }
    await Promise.allSettled(
      views.map(
        (view) =>
          new Promise((resolve) => {
            const done = () => resolve(null);
            mount(view, page, done).finally(done);
          }),
      ),
    );
    document.documentElement.dataset.demos = "ready";
  }

  async function unmount(view, page) {
    const { model_id: id } = JSON.parse(view.textContent);
    if (!page?.has(id) || !page.hasStarted(id)) return;
    const { cleanUp } = await page.start(id);
    for (const clean of cleanUp.splice(0)) if (typeof clean === "function") clean();
  }

  if (document.readyState === "loading")
    addEventListener("DOMContentLoaded", mountAll, { once: true });
  else mountAll();
})();
