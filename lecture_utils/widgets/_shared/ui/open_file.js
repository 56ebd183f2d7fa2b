/** Ways to open an image file: a button, and dropping it onto the demo. It stays in the browser. */

import { button } from "./controls.js";
import { h } from "./dom.js";
import { UPLOAD } from "./icons.js";

/**
 * A button that lets the reader choose an image file.
 * @param {{onFile: (file: File) => void, kind?: string}} options `kind` is a class of the button.
 * @returns {{button: HTMLButtonElement, input: HTMLInputElement}} `input` must be on the page, where
 *   nobody sees it.
 */
export function filePicker({ onFile, kind = "" }) {
  const input = h("input", {
    type: "file",
    accept: "image/*",
    hidden: true,
    "aria-label": "Image file",
  });
  input.addEventListener("change", () => {
    if (input.files.length) onFile(input.files[0]);
    input.value = ""; // The same file can be chosen again.
  });
  const title = "Open an image file (it stays in your browser)";
  const opener = button({ path: UPLOAD, kind, title, onClick: () => input.click() });
  return { button: opener, input };
}

/**
 * Have a demo take files that are dropped anywhere on it.
 * @param {HTMLElement} element
 * @param {(file: File) => void} onFile
 */
export function dropZone(element, onFile) {
  element.addEventListener("dragover", (event) => event.preventDefault());
  element.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) onFile(event.dataTransfer.files[0]);
  });
}
