/** What the explorer shows, computed from its traits and from what Python sent. */

/** @import { Model } from "../_shared/ui/model.js" */
import { changeDetector } from "../_shared/ui/frame.js";
import { readTraits } from "../_shared/ui/model.js";
import { addMaps, difference, distance, keep, largest, peak, total } from "./evidence.js";

export const TRAITS = [
  "photo",
  "class_index",
  "other_class",
  "layer",
  "evidence",
  "beside",
  "opacity",
  "smooth",
  "added",
  "order",
];

/**
 * Return `read()`, which gives the present state: the photo, the layer, the map of the class and
 * what is shown of it, the channels that it is the sum of, and the `second` map beside it.
 * @param {Model} model
 * @param {Record<string, any>} data As from `readData`.
 * @param {Record<string, any>[]} photos Each with its index `p` and with its classes `ranked`.
 * @returns {() => Record<string, any>}
 */
export function stateReader(model, data, photos) {
  const { layers, final } = data;
  const newScale = changeDetector();
  let limits = null;
  /**
   * One scale per photo and layer: the strongest evidence, for or against, among its five likeliest
   * classes.
   */
  function scales(p, l, order) {
    const five = photos[p].ranked.slice(0, 5);
    const parts = five.flatMap((c) => data.channels(p, l, c, order).map(({ part }) => part));
    return {
      partLimit: largest(parts) || 1,
      limit: largest(five.map((c) => data.cam(p, l, c))) || 1,
      fallLimit: largest(five.map((c) => data.falls(p, c))) || 1,
    };
  }
  function secondMap({ traits, p, c, map, otherMap, hasOther, layer }) {
    if (traits.beside === "occlusion") {
      const [rows, columns] = [data.fallRows, data.fallColumns];
      const there = data.hasFalls(c);
      return {
        there,
        rows,
        columns,
        map: there ? data.falls(p, c) : new Float32Array(rows * columns),
        limit: limits.fallLimit,
      };
    }
    const apart =
      traits.beside === "difference" ? difference(map, otherMap) : keep(otherMap, traits.evidence);
    return {
      there: hasOther,
      rows: layer.rows,
      columns: layer.columns,
      map: hasOther ? apart : otherMap,
      limit: limits.limit,
    };
  }
  return () => {
    const traits = readTraits(model, TRAITS);
    const photo = photos.find(({ name }) => name === traits.photo) ?? photos[0];
    const { p } = photo;
    const [c, other] = [traits.class_index, traits.other_class];
    const wanted = layers.findIndex(({ name }) => name === traits.layer);
    // A class that was not computed there is shown at the last layer.
    const l = wanted >= 0 && data.has(wanted, c) ? wanted : final;
    const layer = layers[l];
    const hasOther = data.has(l, other);
    const { rows, columns, area } = layer;
    if (newScale(p, l, traits.order)) limits = scales(p, l, traits.order);
    const map = data.cam(p, l, c);
    const otherMap = hasOther ? data.cam(p, l, other) : new Float32Array(area);
    const list = data.channels(p, l, c, traits.order);
    const sum = addMaps(
      list.slice(0, traits.added).map(({ part }) => part),
      area,
    );
    const second = secondMap({ traits, p, c, map, otherMap, hasOther, layer });
    return {
      ...{
        state: traits,
        photo,
        p,
        c,
        other,
        wanted,
        l,
        isLast: l === final,
        layer,
        rows,
        columns,
        area,
        limits,
      },
      ...{
        limit: limits.limit,
        fallLimit: limits.fallLimit,
        map,
        otherMap,
        hasOther,
        list,
        sum,
        second,
      },
      shown: keep(map, traits.evidence),
      peak: peak(map),
      away: distance(sum, map),
      gap: total(second.map),
    };
  };
}
