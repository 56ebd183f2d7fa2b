/**
 * Bytes that are loaded only when a reader wants to see them: the trait `deferred`, a dictionary.
 *
 * In a notebook they come with the other traits. In the built book, `book/_ext/demo_data.py` has
 * put each into a script of its own. (A script and not something to fetch: from file:// a page may
 * not fetch.)
 */

/** @import { Model } from "./model.js" */

import { fromBase64 } from "../math/base64.js";

/**
 * @param {Model} model
 * @param {string} key
 * @returns {Promise<Uint8Array<ArrayBuffer>>} Is rejected with a sentence that names what is missing.
 */
export async function loadDeferred(model, key) {
  const value = model.get("deferred")?.[key];
  if (!value) throw new Error(`there is nothing called ${key}`);
  if (!value.script) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  return fromBase64(await loadScript(value.script));
}

/**
 * Tell whether a reader has come near an element, less than two windows away; call `then` when it
 * happens later. The first answer comes with the next frame.
 * @param {Element} element
 * @param {() => void} then
 * @param {AbortSignal} signal
 * @returns {() => Promise<boolean>}
 */
export function nearReader(element, then, signal) {
  let isNear = false;
  const known = new Promise((resolve) => {
    let isFirst = true;
    const observer = new IntersectionObserver(
      (entries) => {
        isNear = entries.some((entry) => entry.isIntersecting);
        if (isNear) observer.disconnect();
        if (isNear && !isFirst) then();
        isFirst = false;
        resolve(null);
      },
      { rootMargin: "200% 0%" },
    );
    observer.observe(element);
    signal.addEventListener("abort", () => {
      observer.disconnect();
      resolve(null);
    });
  });
  return () => known.then(() => isNear);
}

/**
 * @param {string} url
 * @returns {Promise<string>} What the script left on its own tag.
 */
function loadScript(url) {
  const script = document.createElement("script");
  script.src = url;
  const loaded = new Promise((resolve, reject) => {
    script.onload = () => resolve(/** @type {any} */ (script).base64);
    script.onerror = () => reject(new Error(`${url} cannot be loaded`));
  });
  document.head.append(script);
  return loaded.finally(() => script.remove());
}
