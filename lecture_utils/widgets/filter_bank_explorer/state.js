/**
 * What the explorer shows, read from its model. Each step is computed only when its input changed.
 */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { unpackGallery } from "../_shared/ui/gallery.js";
import { gaborFilter, gaborParameters, unpackBanks } from "./banks.js";
import { respond } from "./responses.js";
import { judge, measure, sorted } from "./statistics.js";

export const GABOR = "Gabor";

/** Remember the result of `make(...inputs)` until an input is another one. */
function remembered(make) {
  let seen = null;
  let result = null;
  return (...inputs) => {
    if (!seen || inputs.some((input, i) => input !== seen[i])) {
      result = make(...inputs);
      seen = inputs;
    }
    return result;
  };
}

/** How many bytes of kernels and responses may be kept for banks that were left. */
const KEPT = 16e6;

/**
 * Banks, made when asked for, with their responses by the names of the images. Those of the last
 * ones are kept, so that a slider that goes back is followed at once.
 */
function bankMemory() {
  const known = new Map(); // from the one that was left longest ago to the latest
  const size = ({ filters, responses }) => {
    const maps = [...responses.values()].flatMap((response) => response.maps);
    const arrays = [...filters.flatMap(({ re, im }) => (im ? [re, im] : [re])), ...maps];
    return arrays.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  };
  return (key, make) => {
    const bank = known.get(key) ?? { filters: make(), responses: new Map() };
    known.delete(key);
    known.set(key, bank);
    let bytes = 0;
    for (const [name, each] of [...known].reverse()) {
      bytes += size(each);
      if (bytes > KEPT && each !== bank) known.delete(name);
    }
    return bank;
  };
}

/**
 * What the explorer works with: its `gallery`, and two ways to its state, which is the `filters` of
 * the bank, the `images` chosen, per image the `responses` (see responses.js), what is `measured`
 * of them, how they are `judged`, and the `order` of the filters that have a row.
 *
 * `read()` gives the present state, however long it takes. A large bank takes several frames, so
 * `work(enough)` only computes until `enough()`, and returns the state that it then knows, or null.
 * It finishes what it has begun before it turns to newer settings, so that a slider in motion shows
 * results, too. `isBehind()` says that there are newer ones.
 * @param {Model} model
 */
export function explorerReader(model) {
  const get = (name) => model.get(name);
  const gallery = unpackGallery(get("gallery"), toTyped(get("gallery_pixels")));
  const unpacked = remembered((banks, weights) => unpackBanks(banks, toTyped(weights)));
  const memoryOf = remembered((_banks) => bankMemory());
  const bankOf = remembered((name, banks, frequencies, orientations, sigma) => {
    const isGrid = name === GABOR;
    const gabors = () =>
      gaborParameters(frequencies, orientations, sigma).map((gabor) => gaborFilter(gabor));
    const key = isGrid ? [name, frequencies, orientations, sigma].join() : name;
    return memoryOf(banks)(key, isGrid ? gabors : banks.get(name));
  });
  const imagesOf = remembered((names) => gallery.filter(({ name }) => names.includes(name)));
  const measuredOf = remembered(measure);
  const judgedOf = remembered(judge);
  const orderOf = remembered((sort, filters, judged, hide) =>
    sorted(sort, filters, judged).filter((i) => !hide || judged.marks[i] === "kept"),
  );

  const inputsOf = remembered((bank, images) => ({ ...bank, images }));
  function inputs() {
    const banks = unpacked(get("banks"), get("bank_weights"));
    const grid = ["frequencies", "orientations", "sigma"].map(get);
    return inputsOf(bankOf(get("bank"), banks, ...grid), imagesOf(get("images")));
  }

  // Another image costs only its own responses.
  function* respondToAll({ filters, responses, images }) {
    for (const image of images) {
      if (!responses.has(image.name)) responses.set(image.name, yield* respond(image, filters));
    }
    return images.map(({ name }) => responses.get(name));
  }
  let begun = null; // { inputs, steps } of what is not finished.
  let known = null; // { inputs, responses } of what was finished last.
  function advance(wanted, enough) {
    if (begun?.inputs !== wanted) begun = { inputs: wanted, steps: respondToAll(wanted) };
    let step = begun.steps.next();
    while (!step.done && !enough()) step = begun.steps.next();
    if (!step.done) return false;
    known = { inputs: wanted, responses: step.value };
    begun = null;
    return true;
  }

  function state() {
    const { responses } = known;
    const { filters, images } = known.inputs;
    const measured = measuredOf(filters, responses);
    const judged = judgedOf(measured, get("weak_below"), get("redundant_above"));
    const order = orderOf(get("sort"), filters, judged, get("hide"));
    return { filters, images, responses, measured, judged, order };
  }
  const isBehind = () => known?.inputs !== inputs();

  function read() {
    if (isBehind()) advance(inputs(), () => false);
    return state();
  }
  function work(enough) {
    if (isBehind() && !advance(begun?.inputs ?? inputs(), enough)) return null;
    return state();
  }
  return { gallery, read, work, isBehind };
}
