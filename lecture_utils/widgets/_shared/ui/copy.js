/** "Copy as Python": the computation on screen as a program to take away. */

import { button } from "./controls.js";
import { h } from "./dom.js";
import { COPY } from "./icons.js";

/**
 * A button that copies what `code()` returns. Where the browser refuses (a page opened from a file,
 * a notebook in a frame), the text appears selected, ready for Ctrl+C.
 * @param {{code: () => string, signal: AbortSignal, label?: string}} options
 * @returns {{button: HTMLButtonElement, panel: HTMLElement}} The panel stays empty until it is
 *   needed.
 */
export function copyButton({ code, signal, label = "Copy as Python" }) {
  const status = h("span", { class: "lu-label", role: "status", "aria-live": "polite" });
  const panel = h("div", { class: "lu-copied" }, status);
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));

  const tell = (text) => {
    status.textContent = text;
    clearTimeout(timer);
    timer = setTimeout(() => status.replaceChildren(), 4000);
  };

  async function copy() {
    const text = code();
    panel.querySelector("textarea")?.remove();
    try {
      await navigator.clipboard.writeText(text);
      tell("Copied. Paste it into a notebook.");
    } catch {
      const area = h("textarea", { class: "lu-code", readonly: true, "aria-label": "Python code" });
      area.value = text;
      panel.append(area);
      area.select();
      const copied = document.execCommand("copy");
      if (copied) {
        area.remove();
        element.focus({ preventScroll: true }); // `select` has taken the focus.
      }
      tell(copied ? "Copied. Paste it into a notebook." : "Press Ctrl+C (on a Mac: ⌘C) to copy.");
    }
  }
  const element = button({ label, path: COPY, onClick: copy });
  return { button: element, panel };
}
