/**
 * The line in which a demo says what is not possible, and what to change. Screen readers get it with
 * the demo's state (`tellState`): many do not read a line that was hidden until it got its text.
 */

import { h, setText } from "./dom.js";

/**
 * @returns {{element: HTMLElement, show: (text: string) => void}} `show("")` takes the line away.
 */
export function messageLine() {
  const element = h("p", { class: "lu-message", hidden: true });
  function show(text) {
    setText(element, text);
    if (element.hidden === Boolean(text)) element.hidden = !text;
  }
  return { element, show };
}
