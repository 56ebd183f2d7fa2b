(() => {
  let mode = null;
  try { mode = localStorage.getItem("mode"); } catch {}
  const dark = matchMedia("(prefers-color-scheme: dark)").matches;
  const { dataset } = document.documentElement;
  dataset.mode = mode === "light" || mode === "dark" ? mode : "auto";
  dataset.theme = dataset.mode === "auto" ? (dark ? "dark" : "light") : mode;
})();
