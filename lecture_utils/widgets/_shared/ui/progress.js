/**
 * What the reader has done, kept in this browser alone. book/_static/progress.js reads the same
 * keys. Storage may be full, forbidden or full of nonsense: then nothing is remembered.
 */

/** Prefix of the keys of this book; other sites on the same host have other prefixes. */
export const PREFIX = "touchable-cnns:done:";

/**
 * Whether something has been done before.
 * @param {string} name Such as "1/same-size".
 * @returns {boolean}
 */
export function isDone(name) {
  try {
    return localStorage.getItem(PREFIX + name) !== null;
  } catch {
    return false;
  }
}

/**
 * Remember that something is done, and tell the page.
 * @param {string} name
 */
export function markDone(name) {
  if (isDone(name)) return;
  try {
    localStorage.setItem(PREFIX + name, new Date().toISOString());
  } catch {
    return;
  }
  document.dispatchEvent(new CustomEvent("lu:progress"));
}
