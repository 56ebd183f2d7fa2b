/**
 * What all demos do in the same way: appear, follow their model and the theme, report what they
 * drew, leave.
 */

/** @import { Edit, Model } from "./model.js" */
import { announcer, h } from "./dom.js";
import { promptly } from "./frame.js";
import { editor, watch } from "./model.js";
import { isDark, onThemeChange } from "./theme.js";

/**
 * A challenge is told what a demo computes when nothing has been drawn for so many milliseconds;
 * while something is always drawn, as in an animation, after the longer time.
 */
const [REST, LONGEST] = [120, 1000];

/**
 * @typedef {object} Demo What `build` works with.
 * @property {Model} model The anywidget model.
 * @property {HTMLElement} root The demo's card. It is on the page when `draw` is called for the
 *   first time.
 * @property {AbortSignal} signal Is aborted when the demo leaves the page: ends listeners,
 *   observers and timers.
 * @property {boolean} dark Whether the theme in force is the dark one.
 * @property {Edit} edit Change traits and draw; Python is told when the reader pauses.
 * @property {() => void} request Draw soon: once per frame, however often it is called.
 * @property {() => void} draw Draw now.
 * @property {(drawn: Record<string, any>) => void} tell Dispatch `lu:drawn` for something that
 *   changed without `draw`.
 * @property {(names: string[]) => void} watch Draw whenever one of these traits changes.
 * @property {(text: string) => void} say Have a sentence read aloud.
 * @property {(words: string) => void} tellState Have the demo's state read aloud if it is not the
 *   one of the call before. The first state is not read: a demo that appears does not interrupt its
 *   reader.
 */

/**
 * @typedef {object} Built What `build` returns.
 * @property {(Node|null|false)[]} parts The card's content, from top to bottom.
 * @property {() => (Record<string, any>|null|undefined|Promise<Record<string,
 *   any>|null|undefined>)} draw Show the present state. Returns the details of the event
 *   `lu:drawn`; without details there is no event, because nothing new was drawn.
 * @property {() => (Record<string, any>|null)} [readings] What a challenge can ask about, besides
 *   traits: the same names and numbers as `readings` in Python. Null while they are not known yet.
 * @property {() => void} [leave] What is still to be done before the signal is aborted.
 */

/**
 * Put a demo on the page. After each drawing its root dispatches `lu:drawn`, which bubbles;
 * `detail.demo` is the demo's name, the other details are what `draw` returned.
 * @param {{model: Model, el: HTMLElement, name: string, label?: string}} context What anywidget
 *   passes to `render`, the name of the demo's folder, and how the card is called by screen
 *   readers.
 * @param {(demo: Demo) => (Built|Promise<Built>)} build
 * @returns {(() => void)|Promise<() => void>} Removes the demo and all that it has set up.
 */
export function mountDemo({ model, el, name, label = undefined }, build) {
  const life = new AbortController();
  const { signal } = life;
  const root = h("div", {
    class: `lu-demo lu-${name.replaceAll("_", "-")}`,
    role: label && "group",
    "aria-label": label,
  });
  const live = announcer(signal);
  const send = editor(model, signal);
  // A challenge that shows this demo wants to know what it computes.
  const asked = el.closest("[data-readings]") !== null;
  let built = null;
  let timer = 0;
  let due = 0; // When readings must wait no longer. The first ones come at once.
  signal.addEventListener("abort", () => clearTimeout(timer));

  function tell(drawn) {
    if (!drawn || signal.aborted) return;
    root.dispatchEvent(
      new CustomEvent("lu:drawn", { bubbles: true, detail: { demo: name, ...drawn } }),
    );
  }
  function report() {
    const detail = built.readings ? built.readings() : {};
    due = detail ? Infinity : 0;
    if (detail) root.dispatchEvent(new CustomEvent("lu:readings", { bubbles: true, detail }));
  }
  /** Readings can cost more than a drawing, so they wait until the hand rests. */
  function reportSoon() {
    if (!asked || signal.aborted) return;
    clearTimeout(timer);
    const now = performance.now();
    due = Math.min(due, now + LONGEST);
    if (now >= due) report();
    else timer = setTimeout(report, REST);
  }
  function draw() {
    if (!built) return undefined; // It is still being built.
    clearTimeout(timer);
    const drawn = built.draw();
    const end = (details) => {
      tell(details);
      reportSoon();
    };
    return drawn instanceof Promise ? drawn.then(end) : end(drawn);
  }
  const drawSoon = promptly(draw, signal);
  /** What is not drawn yet is not reported either. */
  function request() {
    clearTimeout(timer);
    drawSoon();
  }
  let state = null;
  const demo = {
    ...{ model, root, signal, request, draw, tell, dark: false },
    edit(changes) {
      send(changes);
      request();
    },
    watch: (names) => watch(model, names, request, signal),
    say: live.say,
    tellState(words) {
      if (state !== null && words !== state) live.say(words);
      state = words;
    },
  };

  function leave() {
    built.leave?.();
    life.abort();
    root.remove();
  }
  function enter(parts) {
    built = parts;
    el.append(root);
    // Asked while the card is empty: the answer for a full one would need its layout, which `draw`
    // is about to change.
    demo.dark = isDark(root);
    root.append(...built.parts.filter(Boolean), live.element);
    onThemeChange(() => {
      // Pages set the same theme again, and change classes that have nothing to do with it.
      const dark = isDark(root);
      if (dark === demo.dark) return;
      demo.dark = dark;
      request();
    }, signal);
    const drawn = draw();
    return drawn ? drawn.then(() => leave) : leave;
  }
  const made = build(demo);
  return made instanceof Promise ? made.then(enter) : enter(made);
}
