(() => {
  // The color mode, before anything is painted.
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const { dataset } = document.documentElement;
  dataset.mode = mode === "light" || mode === "dark" ? mode : "auto";
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : mode;
  // The fonts of the first words, which the style sheet would ask for later; from file: it must.
  if (location.protocol === "file:") return;
  for (const name of ["atkinson-hyperlegible-next", "bricolage-grotesque"]) {
    const link = document.createElement("link");
    const href = `${dataset.content_root}_static/fonts/${name}.woff2`;
    Object.assign(link, { rel: "preload", as: "font", crossOrigin: "", href });
    document.head.append(link);
  }
})();
