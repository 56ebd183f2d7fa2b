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
  // at once, and so does a page in a folder, which may not preload. (Slides have them in their style sheet.)
  if (!("content_root" in dataset)) return;
  const add = (properties) =>
    document.head.append(Object.assign(document.createElement("link"), properties));
  const folder = `${dataset.content_root}_static/`;
  const useFonts = () => {
    add({ rel: "stylesheet", href: `${folder}fonts.css` });
    try { sessionStorage.setItem("fonts", "here"); } catch {}
  };
  const names = ["atkinson-hyperlegible-next", "atkinson-hyperlegible-next-italic", "bricolage-grotesque", "stix-two-math"];
  const fetchFonts = () => {
    let missing = names.length;
    const onload = () => { if (!--missing) useFonts(); };
    const how = { rel: "preload", as: "font", type: "font/woff2", crossOrigin: "", onload, onerror: onload };
    for (const name of names) add({ ...how, href: `${folder}fonts/${name}.woff2` });
  };
  const knowsPaint = PerformanceObserver.supportedEntryTypes.includes("paint");
  if (fontsAreHere || location.protocol === "file:" || !knowsPaint) useFonts();
  else
    new PerformanceObserver((_, observer) => {
      observer.disconnect();
      fetchFonts();
    }).observe({ type: "paint", buffered: true });
})();
