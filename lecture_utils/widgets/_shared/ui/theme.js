/** Light or dark: what the page around the demo has chosen (see the selectors in demo.css). */

/**
 * @param {Element} element
 * @returns {boolean} Whether the style in force for `element` is the dark one.
 */
export function isDark(element) {
  return getComputedStyle(element).getPropertyValue("--lu-dark").trim() === "1";
}

/**
 * Call `callback` whenever the page's theme may have changed, until `signal` is aborted.
 * The static site, Colab and JupyterLab mark the theme by an attribute, VS Code by a class.
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function onThemeChange(callback, signal) {
  const observer = new MutationObserver(callback);
  const attributes = [
    "data-theme",
    "theme",
    "class",
    "data-jp-theme-light",
    "data-vscode-theme-kind",
  ];
  for (const element of [document.documentElement, document.body]) {
    observer.observe(element, { attributes: true, attributeFilter: attributes });
  }
  signal.addEventListener("abort", () => observer.disconnect());
}
