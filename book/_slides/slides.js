/*
 * Starts reveal.js, and adds what the book's slides need: the book's light and dark look, legible
 * letters in figures, and keys that a demo keeps for itself.
 */
(() => {
  /** Pixels of a slide, 1280 by 720; the smallest letters that the back row can read. */
  const SMALLEST = 20;
  const root = document.documentElement;
  const { Reveal, RevealNotes } = /** @type {any} */ (window);

  function remember(theme) {
    try {
      localStorage.setItem("mode", theme);
    } catch {
      // Storage is forbidden: the theme lasts as long as the page.
    }
  }

  function switchTheme() {
    const theme = root.dataset.theme === "dark" ? "light" : "dark";
    root.dataset.theme = theme;
    root.dataset.mode = theme;
    remember(theme);
  }

  /** Enlarge the letters of a figure that would be too small on the slide. */
  function enlargeLetters(svg) {
    const matrix = svg.getScreenCTM();
    if (!matrix?.a || !svg.getClientRects().length) return;
    const pixels = matrix.a / Reveal.getScale();
    for (const text of svg.querySelectorAll("text, tspan")) {
      const size = Number.parseFloat(getComputedStyle(text).fontSize);
      if (size * pixels >= SMALLEST) continue;
      const larger = (SMALLEST + 0.2) / pixels;
      text.style.fontSize = `${larger}px`;
      // The label of a vertical axis makes room for the numbers beside it.
      const transform = text.getAttribute("transform") ?? "";
      if (/rotate\(-?90/.test(transform)) {
        text.setAttribute("transform", `translate(${-2.6 * (larger - size)} 0) ${transform}`);
      }
    }
  }

  /** Use smaller type for long or wide listings: 27 pixels where there is room, 23, or 20. */
  function fitListing(listing) {
    const lines = listing.textContent.trimEnd().split("\n");
    const widest = Math.max(...lines.map((line) => line.length));
    const isLong = lines.length > 15 || widest > 82;
    listing.classList.toggle("long", isLong);
    listing.classList.toggle("wrapped", widest > 94);
    listing.classList.toggle("wide", !isLong && (lines.length > 11 || widest > 70));
  }

  /** Use larger type where a slide has few words, and all of them still fit. */
  function fillSlide(stage) {
    if (stage.matches(".opening, .goals, :has(.figure, .figures, .demo-window)")) return;
    stage.classList.add("roomy");
    const isFull = (box) =>
      box.scrollHeight > box.clientHeight + 1 || box.scrollWidth > box.clientWidth + 1;
    if (isFull(stage) || [...stage.querySelectorAll("pre")].some(isFull)) {
      stage.classList.remove("roomy");
    }
  }

  /** Fit what is on the screen: a slide that is not shown has no sizes. */
  function prepare(part) {
    for (const svg of part.querySelectorAll(".figure svg")) enlargeLetters(svg);
    for (const stage of part.querySelectorAll(".stage")) fillSlide(stage);
  }

  /** Show a whole demo at once, as small as that needs; or back at the size of the slides. */
  function fitDemo(box, whole) {
    const demo = box.querySelector(".demo");
    demo.style.removeProperty("--demo-zoom");
    box.classList.toggle("whole", whole);
    let zoom = 1.7;
    for (let round = 0; whole && round < 4; round += 1) {
      const { clientHeight, clientWidth, scrollHeight, scrollWidth } = box;
      const share = Math.min(clientHeight / scrollHeight, clientWidth / scrollWidth);
      if (share >= 1) break;
      zoom *= Math.max(0.3, share);
      demo.style.setProperty("--demo-zoom", String(zoom));
    }
  }

  const doing = {
    theme: switchTheme,
    notes: () => Reveal.getPlugin("notes").open(),
    help: () => Reveal.toggleHelp(),
    whole() {
      for (const box of Reveal.getCurrentSlide().querySelectorAll(".demo-window"))
        fitDemo(box, !box.classList.contains("whole"));
    },
  };
  const KEYS = [
    { keyCode: 84, key: "T", description: "Light or dark", action: doing.theme },
    { keyCode: 87, key: "W", description: "The whole demo, or large letters", action: doing.whole },
  ];

  /**
   * A demo that has the focus gets the keys: arrows move its sliders or scroll it, not the slides.
   * Escape gives the keys back. A presenter's remote control, which sends Page Up and Page Down,
   * always turns the slides.
   */
  const isInDemo = (target) => target instanceof Element && target.closest(".demo-window") !== null;
  function keepKeys(event) {
    if (!isInDemo(event.target)) return;
    // A number that is being typed: Escape drops it, and `blur` would keep it.
    if (event.key === "Escape" && event.target.matches(".lu-over-cell")) return;
    if (["Escape", "PageDown", "PageUp"].includes(event.key)) event.target.blur();
    if (event.key === "PageDown") Reveal.next();
    else if (event.key === "PageUp") Reveal.prev();
    else if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  addEventListener("keydown", keepKeys, { capture: true });

  document.addEventListener("click", (event) => {
    if (!(event.target instanceof Element)) return;
    const button = event.target.closest("button[data-do]");
    if (button instanceof HTMLElement) doing[button.dataset.do ?? ""]?.();
  });

  for (const listing of document.querySelectorAll("pre")) fitListing(listing);

  Reveal.initialize({
    width: 1280,
    height: 720,
    margin: 0,
    maxScale: 4,
    center: false,
    hash: true,
    transition: "none",
    slideNumber: "c/t",
    viewDistance: 2,
    pdfMaxPagesPerSlide: 1,
    pdfSeparateFragments: false,
    keyboardCondition: (event) => !isInDemo(event.target),
    plugins: [RevealNotes],
  }).then(() => {
    for (const { action, ...key } of KEYS) Reveal.addKeyBinding(key, action);
    prepare(Reveal.getCurrentSlide());
    Reveal.on("slidechanged", () => prepare(Reveal.getCurrentSlide()));
    // A font is fetched when a slide first needs it, and its letters have other widths.
    document.fonts.addEventListener("loadingdone", () => prepare(Reveal.getCurrentSlide()));
    Reveal.on("pdf-ready", () => {
      prepare(document.body);
      for (const box of document.querySelectorAll(".demo-window")) fitDemo(box, true);
    });
    document.fonts.ready.then(() => {
      root.dataset.slides = "ready";
    });
  });
})();
