/*
 * What a page does besides its demos: figures that wait for their reader, the color mode, sidebars,
 * search, the copy buttons of code. It does on our pages what 150 kB of the theme's scripts did, and
 * does nothing for what is out of sight.
 *
 * A classic script, because browsers refuse modules from file://. It is loaded with `defer`.
 */
(() => {
  const root = document.documentElement;
  const address = /** @type {HTMLScriptElement} */ (document.currentScript).src;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  // ---- Figures and still images of demos, which wait in <noscript> ----

  /** @param {Element} noscript */
  function reveal(noscript) {
    const box = noscript.parentElement;
    if (box.matches(".figure-later")) box.outerHTML = noscript.textContent;
    else noscript.outerHTML = noscript.textContent;
  }

  /**
   * Call `act` once for each element, when it is less than `margin` away from what a reader sees.
   * @param {string} selector
   * @param {string} margin
   * @param {(element: HTMLElement) => void} act
   */
  function whenNear(selector, margin, act) {
    const observer = new IntersectionObserver(
      (entries) => {
        for (const { isIntersecting, target } of entries) {
          if (!isIntersecting) continue;
          observer.unobserve(target);
          act(/** @type {HTMLElement} */ (target));
        }
      },
      { rootMargin: margin },
    );
    for (const element of all(selector)) observer.observe(element);
  }

  whenNear(".figure-later", "200% 0%", (box) => reveal(box.querySelector("noscript")));
  // Paper is white: the dark look waits until the page has been printed.
  let screenTheme = root.dataset.theme;
  addEventListener("beforeprint", () => {
    screenTheme = root.dataset.theme;
    root.dataset.theme = "light";
    for (const noscript of all(".figure-later > noscript, .demo-figure > noscript")) {
      reveal(noscript);
    }
    // A lazy image that is far down would be missing.
    for (const image of all(".bd-article img")) image.loading = "eager";
  });
  addEventListener("afterprint", () => {
    root.dataset.theme = screenTheme;
  });

  // ---- Code: reachable by keyboard where it scrolls, and copied by a button ----

  const widths = new ResizeObserver((entries) => {
    for (const { target } of entries) {
      const box = /** @type {HTMLElement} */ (target);
      const scrolls = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (scrolls) box.tabIndex = 0;
      else box.removeAttribute("tabindex");
    }
  });
  const MAY_SCROLL = "pre, .cell_output > .output, .pst-scrollable-table-container";
  // Until a box has been measured, which takes a layout, it counts as one that scrolls.
  for (const box of all(MAY_SCROLL)) box.tabIndex = 0;
  whenNear(MAY_SCROLL, "100% 0%", (box) => widths.observe(box));

  const icon = (paths) =>
    '<svg viewBox="0 0 24 24" stroke-width="1.5" stroke="currentColor" fill="none" ' +
    `stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${paths}</svg>`;
  const COPY = icon(
    '<rect x="8" y="8" width="12" height="12" rx="2"/>' +
      '<path d="M16 8v-2a2 2 0 0 0-2-2h-8a2 2 0 0 0-2 2v8a2 2 0 0 0 2 2h2"/>',
  );
  const COPIED = icon('<path d="M5 12l5 5l10-10" stroke="#22863a"/>');

  const status = document.createElement("div");
  status.className = "copy-status";
  status.setAttribute("role", "status");
  document.body.append(status);

  whenNear("div.highlight", "100% 0%", (block) => {
    const code = block.querySelector("pre");
    if (!code) return;
    const button = document.createElement("button");
    button.className = "copybtn o-tooltip--left";
    const label = (text, picture) => {
      button.dataset.tooltip = text;
      button.ariaLabel = text;
      button.innerHTML = picture;
    };
    label("Copy", COPY);
    button.addEventListener("click", async () => {
      const done = await copy(code.textContent.replace(/\n$/, ""));
      label(done ? "Copied!" : "Failed to copy", done ? COPIED : COPY);
      status.textContent = button.ariaLabel;
      button.classList.toggle("success", done);
      setTimeout(() => {
        label("Copy", COPY);
        status.textContent = "";
        button.classList.remove("success");
      }, 2000);
    });
    block.append(button);
  });

  /** Copy text; from file:// and plain http: browsers know the old way only. */
  async function copy(text) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const before = /** @type {HTMLElement} */ (document.activeElement);
      const area = document.createElement("textarea");
      area.value = text;
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      before.focus({ preventScroll: true });
      return done;
    }
  }

  // ---- Color mode ----

  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  function setMode(mode) {
    const theme = mode === "auto" ? (prefersDark.matches ? "dark" : "light") : mode;
    root.dataset.mode = mode;
    root.dataset.theme = theme;
    for (const list of all(".dropdown-menu")) {
      list.classList.toggle("dropdown-menu-dark", theme === "dark");
    }
    try {
      localStorage.setItem("mode", mode);
      localStorage.setItem("theme", theme);
    } catch {
      // Without storage, the mode holds for this page.
    }
  }
  setMode(root.dataset.mode);
  prefersDark.addEventListener("change", () => root.dataset.mode === "auto" && setMode("auto"));
  for (const button of all(".theme-switch-button")) {
    button.addEventListener("click", () => {
      const modes = prefersDark.matches ? ["auto", "light", "dark"] : ["auto", "dark", "light"];
      setMode(modes[(modes.indexOf(root.dataset.mode) + 1) % 3]);
    });
  }

  // ---- Dialogs: search, and the sidebars of a narrow window ----

  /** @param {HTMLDialogElement} dialog */
  function closeOnClickBeside(dialog) {
    dialog.addEventListener("click", (event) => {
      const { left, right, top, bottom } = dialog.getBoundingClientRect();
      const { clientX: x, clientY: y, target } = event;
      if (target === dialog && (x < left || x > right || y < top || y > bottom)) dialog.close();
    });
  }

  const search = /** @type {HTMLDialogElement|null} */ (
    document.querySelector("#pst-search-dialog")
  );
  function toggleSearch() {
    const field = /** @type {HTMLInputElement|null} */ (
      document.querySelector(":not(#pst-search-dialog) > form.bd-search input")
    );
    if (field) {
      field.focus();
      field.select();
    } else if (search.open) search.close();
    else search.showModal();
  }
  if (search) {
    closeOnClickBeside(search);
    const isMac = navigator.platform.startsWith("Mac") || navigator.platform === "iPhone";
    if (isMac) for (const key of all(".kbd-shortcut__modifier")) key.textContent = "⌘";
    for (const button of all(".search-button__button")) {
      button.addEventListener("click", toggleSearch);
    }
    addEventListener("keydown", (event) => {
      const modified = isMac ? event.metaKey && !event.ctrlKey : event.ctrlKey && !event.metaKey;
      if (!modified || event.shiftKey || event.altKey || event.key.toLowerCase() !== "k") return;
      event.preventDefault();
      toggleSearch();
    });
  }
  if (/\/search\.html$/.test(location.pathname)) toggleSearch();

  const isWide = matchMedia("(min-width: 992px)");
  for (const name of ["primary", "secondary"]) {
    const button = document.querySelector(`.${name}-toggle`);
    const sidebar = document.querySelector(`#pst-${name}-sidebar`);
    const dialog = /** @type {HTMLDialogElement|null} */ (
      document.querySelector(`#pst-${name}-sidebar-modal`)
    );
    if (!button || !sidebar || !dialog) continue;
    const move = (from, to) => {
      to.append(...from.childNodes);
      to.classList.add(...from.classList);
      from.removeAttribute("class");
    };
    button.addEventListener("click", () => {
      if (name === "primary" && isWide.matches) sidebar.classList.toggle("pst-sidebar-hidden");
      else {
        move(sidebar, dialog);
        dialog.showModal();
      }
    });
    dialog.addEventListener("close", () => move(dialog, sidebar));
    closeOnClickBeside(dialog);
    // A link leads to a place on this page, which should then be seen.
    dialog.addEventListener("click", ({ target }) => {
      if (/** @type {Element} */ (target).closest("a")) dialog.close();
    });
  }

  // ---- Menus in the header ----

  const menus = all(".dropdown").map((menu) => ({
    menu,
    button: menu.querySelector("button"),
    list: menu.querySelector(".dropdown-menu"),
  }));
  function openMenu(opened) {
    for (const { menu, button, list } of menus) {
      const open = menu === opened;
      for (const part of [button, list]) part.classList.toggle("show", open);
      button.setAttribute("aria-expanded", String(open));
    }
  }
  for (const { menu, button, list } of menus) {
    const items = all("a, button", list);
    button.addEventListener("click", () =>
      openMenu(button.classList.contains("show") ? null : menu),
    );
    // Tab leads out of the menu.
    menu.addEventListener("focusout", ({ relatedTarget }) => {
      const left = relatedTarget instanceof Node && !menu.contains(relatedTarget);
      if (left && button.classList.contains("show")) openMenu(null);
    });
    menu.addEventListener("keydown", (event) => {
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (event.key === "Escape") {
        openMenu(null);
        button.focus();
      } else if (step) {
        event.preventDefault();
        openMenu(menu);
        const at = items.indexOf(document.activeElement);
        // From the button, ↑ goes to the last entry.
        const next = at < 0 && step < 0 ? -1 : at + step;
        items[(next + items.length) % items.length].focus();
      }
    });
  }
  addEventListener("click", ({ target }) => {
    if (!(/** @type {Element} */ (target).closest(".dropdown"))) openMenu(null);
  });
  for (const button of all(".btn-download-pdf-button")) {
    button.addEventListener("click", () => print());
  }

  // ---- Where the reader is ----

  const links = new Map(all("#pst-page-toc-nav a").map((link) => [link.hash, link]));
  const places = new IntersectionObserver(
    (entries) => {
      const seen = entries.filter((entry) => entry.isIntersecting).pop();
      if (!seen) return;
      for (const [hash, link] of links) {
        const here = hash === `#${seen.target.closest("section").id}`;
        link.classList.toggle("active", here);
        link.closest(".toc-entry").classList.toggle("active", here);
        if (here) link.setAttribute("aria-current", "true");
        else link.removeAttribute("aria-current");
      }
    },
    { rootMargin: "0px 0px -70% 0px" },
  );
  for (const heading of all(".bd-article section > :is(h1, h2, h3, h4)")) {
    if (links.has(`#${heading.parentElement.id}`)) places.observe(heading);
  }

  const top = document.querySelector(".sbt-scroll-pixel-helper");
  if (top) {
    new IntersectionObserver(([{ boundingClientRect }]) =>
      document.body.classList.toggle("scrolled", boundingClientRect.y < 0),
    ).observe(top);
  }
  // A note in the margin takes the place of the table of contents.
  const notes = new Set();
  const contents = document.querySelector("div.bd-sidebar-secondary");
  const beside = new IntersectionObserver(
    (entries) => {
      for (const { isIntersecting, target } of entries) {
        notes[isIntersecting ? "add" : "delete"](target);
      }
      contents?.classList.toggle("hide", notes.size > 0);
    },
    { rootMargin: "0px 0px -33% 0px" },
  );
  for (const note of all(".bd-article .margin, .bd-article .sidebar")) beside.observe(note);

  // The sidebar stays where it was on the page before.
  const sidebar = document.querySelector("div.bd-sidebar-primary");
  try {
    const before = sessionStorage.getItem("sidebar-scroll-top");
    if (sidebar && before && before !== "0") sidebar.scrollTop = Number(before);
    addEventListener("pagehide", () =>
      sessionStorage.setItem("sidebar-scroll-top", String(sidebar?.scrollTop ?? 0)),
    );
  } catch {
    // Without storage, it starts at its top.
  }

  // ---- Words that were searched for: Sphinx's own scripts mark them ----

  let words = null;
  try {
    words = localStorage.getItem("sphinx_highlight_terms");
  } catch {
    // Without storage, the search page cannot tell.
  }
  if (words && !/\/search\.html$/.test(location.pathname)) {
    for (const name of ["documentation_options", "doctools", "sphinx_highlight"]) {
      const script = document.createElement("script");
      script.src = new URL(`${name}.js`, address).href;
      script.async = false; // One after the other.
      document.head.append(script);
    }
  }
})();
