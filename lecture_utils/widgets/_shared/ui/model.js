/**
 * What every demo does with its model: listen while it is on the page, and send edits when the
 * reader pauses.
 */

/** @typedef {Record<string, any>} Traits Values of traits by their names. */

/** @typedef {(changes: Traits) => void} Edit Change traits. */

/**
 * @typedef {object} Model The anywidget model: the traits that Python's class and the page share.
 * @property {(name: string) => any} get
 * @property {(name: string, value: any) => void} set
 * @property {() => void} save_changes Send to Python what has been set.
 * @property {(event: string, callback: () => void) => void} on Such as `change:sigma`.
 * @property {(event: string, callback: () => void) => void} off
 */

/**
 * Call `callback` after each change of one of the named traits, until `signal` is aborted.
 * @param {Model} model The anywidget model.
 * @param {string[]} names
 * @param {() => void} callback
 * @param {AbortSignal} signal
 */
export function watch(model, names, callback, signal) {
  const events = names.map((name) => `change:${name}`);
  for (const event of events) model.on(event, callback);
  signal.addEventListener("abort", () => {
    for (const event of events) model.off(event, callback);
  });
}

/**
 * The values of some traits by their names.
 * @param {Model} model
 * @param {string[]} names
 * @returns {Traits}
 */
export function readTraits(model, names) {
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

/**
 * Return `read()`: what `compute` makes of some traits, computed anew only when one of them has
 * another value than at the last call.
 * @template T
 * @param {Model} model
 * @param {string[]} names
 * @param {(values: any[], before: T | null, valuesBefore: any[]) => T} compute Gets the values in
 *   the order of the names, and the last result with its values (null and [] at first).
 * @returns {() => T}
 */
export function computed(model, names, compute) {
  /** @type {any[]} */
  let seen = [];
  /** @type {T | null} */
  let result = null;
  return () => {
    const values = names.map((name) => model.get(name));
    if (result === null || values.some((value, i) => value !== seen[i])) {
      result = compute(values, result, seen);
      seen = values;
    }
    return result;
  };
}

/**
 * Return `edit(changes)`: the page follows at once, and Python is told when nothing has changed for
 * `delay` milliseconds. Nothing is lost at the end: what is still unsent goes when the demo leaves.
 * @param {Model} model
 * @param {AbortSignal} signal
 * @param {number} [delay]
 * @returns {Edit}
 */
export function editor(model, signal, delay = 100) {
  let timer = 0;
  const send = () => {
    clearTimeout(timer);
    timer = 0;
    model.save_changes();
  };
  signal.addEventListener("abort", () => timer && send());
  return (changes) => {
    for (const [name, value] of Object.entries(changes)) model.set(name, value);
    clearTimeout(timer);
    timer = setTimeout(send, delay);
  };
}
