/** What every demo does with its model: listen as long as it is on the page, and send edits calmly. */

/**
 * Call `callback` after each change of one of the named traits, until `signal` is aborted.
 * @param {object} model The anywidget model.
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
 * @param {object} model
 * @param {string[]} names
 * @returns {Object<string, *>}
 */
export function readTraits(model, names) {
  return Object.fromEntries(names.map((name) => [name, model.get(name)]));
}

/**
 * Return `edit(changes)`: the page follows at once, Python hears of it when the hand rests for
 * `delay` milliseconds. Nothing is lost at the end: what is still unsent goes when the demo leaves.
 * @param {Record<string, any>} model
 * @param {AbortSignal} signal
 * @param {number} [delay]
 * @returns {(changes: Object<string, *>) => void}
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
