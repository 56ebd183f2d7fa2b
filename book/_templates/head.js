(() => {
  // The color mode, before anything is painted.
  let mode = null, fontsAreHere = false;
  try {
    mode = localStorage.getItem("mode");
    fontsAreHere = sessionStorage.getItem("fonts") === "here";
  } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const { dataset } = document.documentElement;
  dataset.mode = mode === "light" || mode === "dark" ? mode : "auto";
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : mode;

  // Fonts come after the first paint: on a slow line they would take the place of the page itself, and
  // their stand-ins (book.css) have the same widths. They are used when all are there, so that the page
  // is laid out once more, not four times. A browser that has fetched them for an earlier page uses them
  // at once, and so does a page in a folder. (Slides have them in their style sheet.)
  if (!("content_root" in dataset)) return;
  const folder = `${dataset.content_root}_static/`;
  const knowsPaint = PerformanceObserver.supportedEntryTypes.includes("paint");
  if (fontsAreHere || location.protocol === "file:" || !knowsPaint) {
    const sheet = { rel: "stylesheet", href: `${folder}fonts.css` };
    document.head.append(Object.assign(document.createElement("link"), sheet));
    return;
  }
  const fonts = [ // as in fonts.css
    ["Atkinson Hyperlegible Next", "atkinson-hyperlegible-next", { weight: "200 800" }],
    ["Atkinson Hyperlegible Next", "atkinson-hyperlegible-next-italic", { weight: "200 800", style: "italic" }],
    ["Bricolage Grotesque", "bricolage-grotesque", { weight: "200 800" }],
    ["STIX Two Math", "stix-two-math", {}],
  ];
  const fetchFonts = async () => {
    const fetched = await Promise.allSettled(
      fonts.map(([family, file, how]) => new FontFace(family, `url("${folder}fonts/${file}.woff2")`, how).load()),
    );
    keepLines(() => {
      for (const { value } of fetched) if (value) document.fonts.add(value);
    });
    try { sessionStorage.setItem("fonts", "here"); } catch {}
  };
  // Text on the screen that would come to stand on other lines gets slightly other spaces between its
  // words instead, so that nothing moves; at least it keeps its number of lines.
  const spaces = ["", ...[1, -1, 2, -2, 3, -3, 4, -4].map((n) => `${0.03 * n}em`)];
  const range = document.createRange();
  const linesOf = (block) =>
    [block, ...block.childNodes].flatMap((node) => {
      range.selectNodeContents(node);
      const { top, height } = range.getBoundingClientRect();
      return [top, height];
    });
  const keepLines = (change) => {
    const blocks = [];
    for (const block of document.querySelectorAll("article :is(p, li, dt, dd, h1, h2, h3)")) {
      const { top, bottom } = block.getBoundingClientRect();
      if (top > innerHeight) break;
      if (bottom > 0 && !block.querySelector("p, ul, ol, dl, div")) blocks.push([block, linesOf(block)]);
    }
    change();
    // Where the first look finds everything in its place, nothing is written: the page is laid out anew only
    // for each try with a block that has moved.
    for (const [block, before] of blocks) {
      const { style } = block;
      let second = null;
      const best = spaces.find((space) => {
        style.wordSpacing = space;
        const same = linesOf(block).map((length, i) => Math.abs(length - before[i]) < 9);
        if (same[0] && same[1]) second ??= space;
        return same.every(Boolean);
      });
      style.wordSpacing = best ?? second ?? "";
    }
  };
  new PerformanceObserver((_, observer) => {
    observer.disconnect();
    fetchFonts();
  }).observe({ type: "paint", buffered: true });
})();
