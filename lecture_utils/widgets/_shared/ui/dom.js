/** Building blocks for a demo's page elements. */

/**
 * @typedef {Node|string|number|null|undefined|false} Child What an element may contain; the last
 *   three are left out.
 */

/**
 * Make an element: h("label", { for: id, class: "name" }, "Stride", input).
 * `on...` attributes with a function become listeners; null, undefined and false are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child|Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

/**
 * The same for SVG elements.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Record<string, any>} [attributes]
 * @param {...(Child|Child[])} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

/**
 * @template {Element} E
 * @param {E} element
 * @param {Record<string, any>} attributes
 * @param {(Child|Child[])[]} children
 * @returns {E}
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/**
 * A text as nodes, in which what stands between backticks is code.
 * @param {string} text
 * @returns {(Node|string)[]}
 */
export function withCode(text) {
  return text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

/**
 * Change the text; setting the same text again would cost the page a new layout.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** The background of each element that `setColor` has painted. */
const backgrounds = new WeakMap();

/**
 * Paint an element in a color of `color.js`, unless it has it already.
 * @param {HTMLElement} element
 * @param {{background: string, ink: string}} color
 */
export function setColor(element, { background, ink }) {
  const before = backgrounds.get(element);
  if (before === background) return;
  // The style protects what has a color from the reader's own colors.
  if (before === undefined) element.dataset.color = "";
  backgrounds.set(element, background);
  element.style.background = background;
  element.style.color = ink;
}

/**
 * Call `callback` whenever the size of an element changes, and when it gets its first size.
 * @param {Element} element
 * @param {(size: DOMRectReadOnly) => void} callback
 * @param {AbortSignal} signal
 */
export function onResize(element, callback, signal) {
  const observer = new ResizeObserver(([entry]) => callback(entry.contentRect));
  observer.observe(element);
  signal.addEventListener("abort", () => observer.disconnect());
}

let lastId = 0;
// Several demos on one page each carry their own copy of this module, so a counter is not enough.
const instance = Math.random().toString(36).slice(2, 8);

/**
 * An id that no other element of the page has, however many demos it shows.
 * @param {string} [prefix]
 * @returns {string}
 */
export function uniqueId(prefix = "lu") {
  lastId += 1;
  return `${prefix}-${instance}-${lastId}`;
}

/**
 * A line icon from the path of a 24x24 drawing; the text beside it, not the icon, is read aloud.
 * @param {string} path
 */
export function icon(path) {
  return svg(
    "svg",
    { class: "lu-icon", viewBox: "0 0 24 24", "aria-hidden": "true", focusable: "false" },
    svg("path", { d: path }),
  );
}

/**
 * A polite live region: what is said into it is read aloud when the reader pauses.
 * A newer sentence replaces one that has not been told yet, at most one every `delay` milliseconds.
 * What is said twice is read twice: only a change of the text is read, so a space is appended.
 * @param {AbortSignal} signal
 * @param {number} [delay]
 * @returns {{element: HTMLElement, say: (text: string) => void}}
 */
export function announcer(signal, delay = 500) {
  const element = h("div", { class: "lu-visually-hidden", role: "status", "aria-live": "polite" });
  let timer = 0;
  let next = "";
  signal.addEventListener("abort", () => clearTimeout(timer));
  const say = (text) => {
    next = text;
    if (timer || signal.aborted) return;
    timer = setTimeout(() => {
      timer = 0;
      element.textContent = next && next === element.textContent ? `${next}\u00a0` : next;
    }, delay);
  };
  return { element, say };
}
