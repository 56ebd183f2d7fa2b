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

/**
 * Return `read()`, which gives the present state: the `filters` of the bank, the `images` chosen,
 * per image the `responses` (see responses.js), what is `measured` of them, how they are `judged`,
 * and the `order` of the filters that have a row.
 * @param {Model} model
 */
export function explorerReader(model) {
  const gallery = unpackGallery(model.get("gallery"), toTyped(model.get("gallery_pixels")));
  const unpacked = remembered((banks, weights) => unpackBanks(banks, toTyped(weights)));
  const filtersOf = remembered((bank, banks, frequencies, orientations, sigma) => {
    if (bank !== GABOR) return banks.get(bank)();
    return gaborParameters(frequencies, orientations, sigma).map((gabor) => gaborFilter(gabor));
  });
  const imagesOf = remembered((names) => gallery.filter(({ name }) => names.includes(name)));
  // Responses are kept as long as the bank stays: another image costs only its own.
  const cacheFor = remembered(() => new Map());
  const responsesOf = remembered((filters, images) => {
    const cache = cacheFor(filters);
    return images.map((image) => {
      if (!cache.has(image.name)) cache.set(image.name, respond(image, filters));
      return cache.get(image.name);
    });
  });
  const measuredOf = remembered(measure);
  const judgedOf = remembered(judge);
  const orderOf = remembered((sort, filters, judged, hide) =>
    sorted(sort, filters, judged).filter((i) => !hide || judged.marks[i] === "kept"),
  );
  const get = (name) => model.get(name);

  function read() {
    const banks = unpacked(get("banks"), get("bank_weights"));
    const grid = ["frequencies", "orientations", "sigma"].map(get);
    const filters = filtersOf(get("bank"), banks, ...grid);
    const images = imagesOf(get("images"));
    const responses = responsesOf(filters, images);
    const measured = measuredOf(filters, responses);
    const judged = judgedOf(measured, get("weak_below"), get("redundant_above"));
    const order = orderOf(get("sort"), filters, judged, get("hide"));
    return { filters, images, responses, measured, judged, order };
  }
  return { gallery, read };
}
