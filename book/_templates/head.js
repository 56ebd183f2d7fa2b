(() => {
  // The color mode, before anything is painted. Fonts are not preloaded: on a slow line they would
  // take the style sheet's place, and their stand-ins (book.css) have the same widths.
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const { dataset } = document.documentElement;
  dataset.mode = mode === "light" || mode === "dark" ? mode : "auto";
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : mode;
})();
