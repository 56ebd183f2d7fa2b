/*
 * What the reader has done, in the sidebar and on the first page. The demos write it into this
 * browser's storage (widgets/_shared/ui/progress.js), and nothing of it leaves the page.
 *
 * A classic script, because browsers refuse modules from file://. It is loaded with `defer`.
 */
(() => {
  const PREFIX = "touchable-cnns:done:";
  /**
   * The questions and challenges of each page, by its address in the book. book/_ext/progress.py
   * writes them here when the book is built.
   * @type {Record<string, {questions: string[], challenges: string[]}>}
   */
  const PAGES = {};
  const FORMAT = "touchable-cnns progress";
  const book = new URL("..", /** @type {HTMLScriptElement} */ (document.currentScript).src);

  // ---- Storage, which may be forbidden, full, or full of nonsense ----

  /** @returns {Record<string, string>} When each item was done, by its name. */
  function done() {
    const marks = {};
    try {
      for (const key of Object.keys(localStorage)) {
        if (key.startsWith(PREFIX)) marks[key.slice(PREFIX.length)] = localStorage.getItem(key);
      }
    } catch {
      // Without storage, nothing is remembered.
    }
    return marks;
  }
  function forget() {
    try {
      for (const name of Object.keys(done())) localStorage.removeItem(PREFIX + name);
    } catch {
      // Nothing to forget.
    }
  }
  /** @returns {number} How many were new. */
  function remember(entries) {
    const before = done();
    const fresh = Object.entries(entries).filter(([name]) => !(name in before));
    for (const [name, date] of fresh) localStorage.setItem(PREFIX + name, date);
    return fresh.length;
  }

  /**
   * Read an exported file; what is in it may come from anybody.
   * @param {string} text
   * @returns {Record<string, string>|null} Null where it is no export.
   */
  function parse(text) {
    try {
      const { format, done: entries } = JSON.parse(text);
      if (format !== FORMAT || typeof entries !== "object") return null;
      const isGood = ([name, date]) =>
        /^[a-z0-9/-]{1,80}$/.test(name) && !Number.isNaN(Date.parse(date)) && date.length < 40;
      return Object.fromEntries(Object.entries(entries).filter(isGood));
    } catch {
      return null;
    }
  }

  // ---- Counting ----

  function count(names, marks) {
    return names.filter((name) => name in marks).length;
  }
  function stateOf({ questions, challenges }, marks) {
    const all = questions.length + challenges.length;
    const part = count([...questions, ...challenges], marks) / (all || 1);
    return { part, complete: part === 1 };
  }

  // ---- The sidebar ----

  const element = (tag, attributes = {}, ...children) => {
    const node = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
    node.append(...children);
    return node;
  };
  function mark(part, complete) {
    const words = complete ? "done" : `${Math.floor(100 * part)}% done`;
    const hidden = element("span", { class: "progress-words" }, ` (${words})`);
    const node = element(
      "span",
      { class: complete ? "progress-mark progress-complete" : "progress-mark", title: words },
      hidden,
    );
    node.style.setProperty("--part", String(part));
    return node;
  }
  /** @type {[HTMLAnchorElement, string][]} */
  const links = [...document.querySelectorAll(".bd-links a.reference.internal")].map((link) => {
    const anchor = /** @type {HTMLAnchorElement} */ (link);
    return [anchor, anchor.href.replace(/[?#].*/, "").replace(book.href, "")];
  });
  function showInSidebar(marks) {
    for (const [link, address] of links) {
      link.querySelector(".progress-mark")?.remove();
      if (!PAGES[address]) continue;
      const { part, complete } = stateOf(PAGES[address], marks);
      if (part) link.append(mark(part, complete));
    }
  }

  // ---- The first page ----

  const box = document.querySelector(".book-progress");
  const rows = element("tbody");
  const note = element("p", { role: "status" });
  function showTable(marks) {
    rows.replaceChildren(
      ...Object.entries(PAGES).map(([address, page]) => {
        const title = links.find((link) => link[1] === address)?.[0].firstChild?.textContent;
        const { part, complete } = stateOf(page, marks);
        const cell = (names) =>
          element("td", {}, names.length ? `${count(names, marks)} of ${names.length}` : "–");
        return element(
          "tr",
          {},
          element(
            "th",
            { scope: "row" },
            element("a", { href: book.href + address }, title ?? address),
          ),
          cell(page.questions),
          cell(page.challenges),
          element("td", {}, part ? mark(part, complete) : ""),
        );
      }),
    );
  }

  function download() {
    const text = JSON.stringify({ format: FORMAT, version: 1, done: done() }, null, 2);
    const url = URL.createObjectURL(new Blob([text], { type: "application/json" }));
    element("a", { href: url, download: "progress.json" }).click();
    setTimeout(() => URL.revokeObjectURL(url), 1000);
    note.textContent = "Your progress is in the file progress.json.";
  }
  async function upload(file) {
    const entries = parse(await file.text());
    if (!entries) {
      note.textContent = "This file was not exported from this book.";
      return;
    }
    try {
      const fresh = remember(entries);
      note.textContent = `${fresh} of the ${Object.keys(entries).length} entries are new.`;
    } catch {
      note.textContent = "This browser does not let the page store anything.";
    }
    show();
  }
  function buildBox() {
    const button = (label, onClick) => {
      const node = element("button", { type: "button", class: "progress-button" }, label);
      node.addEventListener("click", onClick);
      return node;
    };
    const file = /** @type {HTMLInputElement} */ (
      element("input", { type: "file", accept: ".json,application/json", hidden: "" })
    );
    file.addEventListener("change", async () => {
      if (file.files[0]) await upload(file.files[0]);
      file.value = "";
    });
    // Asks once more instead of a dialog.
    const reset = button("Reset", () => {
      if (reset.textContent === "Reset") {
        reset.textContent = "Really reset your progress?";
        // Leaving the button takes this back; Safari does not focus a button that is clicked.
        reset.focus();
        return;
      }
      forget();
      reset.textContent = "Reset";
      note.textContent = "Your progress has been reset.";
      show();
    });
    reset.addEventListener("blur", () => {
      reset.textContent = "Reset";
    });
    const heads = ["Chapter", "Questions", "Challenges", "Done"].map((name) =>
      element("th", { scope: "col" }, name),
    );
    box.replaceChildren(
      element("table", { class: "table" }, element("thead", {}, element("tr", {}, ...heads)), rows),
      element(
        "div",
        { class: "progress-tools" },
        button("Export", download),
        button("Import", () => file.click()),
        reset,
        file,
      ),
      note,
    );
  }

  function show() {
    const marks = done();
    showInSidebar(marks);
    if (box) showTable(marks);
  }
  if (box) buildBox();
  show();
  document.addEventListener("lu:progress", show);
  // Another tab, or a page that returns from the browser's history.
  addEventListener("storage", show);
  addEventListener("pageshow", ({ persisted }) => persisted && show());
})();
