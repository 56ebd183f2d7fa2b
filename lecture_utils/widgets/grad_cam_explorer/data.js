/** The arrays that Python packed (`traits.py`), read when they are needed. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { readFloats } from "../_shared/nn/float16.js";
import { weightedSum } from "./evidence.js";

const TOP = 8;

/** Two bytes per whole number. */
function readIndices(bytes, from, count) {
  return Array.from(
    { length: count },
    (_, i) => bytes[from + 2 * i] + 256 * bytes[from + 2 * i + 1],
  );
}

/** Bytes with a sign: 128 stands for zero. */
function readSigned(bytes, from, count, scale) {
  return Float32Array.from({ length: count }, (_, i) => (bytes[from + i] - 128) * scale);
}

/**
 * @param {Model} model The anywidget model.
 * @returns {Record<string, any>} Functions that give the numbers of an image `p`, a layer `l` and a
 *   class `c`.
 */
export function readData(model) {
  const get = (name) => model.get(name);
  const array = (name) => toTyped(get(name));
  const layers = get("layers").map((layer) => ({ ...layer, area: layer.rows * layer.columns }));
  const final = layers.length - 1;
  const listed = get("listed");
  const row = new Map(listed.map((c, i) => [c, i]));
  const images = get("photos").length;
  const classes = get("class_names").length;
  const [logits, biases, maps, scales] = ["logits", "biases", "maps", "map_scales"].map(array);
  const [tops, topWeights, topScales] = ["top_channels", "top_weights", "top_scales"].map(array);
  const [masks, kept, falls] = ["last_masks", "last_values", "falls"].map(array);
  const [innerMaps, innerRanges, innerWeights] = [
    "inner_maps",
    "inner_ranges",
    "inner_weights",
  ].map(array);
  const steps = get("last_steps");
  const [fallRows, fallColumns] = get("fall_shape");

  // Where each layer begins: one after the other, in each of them one image after the other.
  const begins = { maps: [0], ranges: [0], weights: [0] };
  layers.slice(0, final).forEach(({ channels, area }, l) => {
    begins.maps.push(begins.maps[l] + images * channels * area);
    begins.ranges.push(begins.ranges[l] + images * channels * 2);
    begins.weights.push(begins.weights[l] + images * channels * listed.length * 2);
  });

  const cache = new Map();
  function once(key, make) {
    if (!cache.has(key)) cache.set(key, make());
    return cache.get(key);
  }

  /** All feature maps of a layer, K * area numbers. */
  const features = (p, l) =>
    once(`maps ${p} ${l}`, () => (l === final ? lastFeatures(p) : innerFeatures(p, l)));

  function innerFeatures(p, l) {
    const { channels, area } = layers[l];
    const from = begins.maps[l] + p * channels * area;
    const range = begins.ranges[l] + p * channels * 2;
    return Float32Array.from({ length: channels * area }, (_, i) => {
      const k = Math.floor(i / area);
      return innerRanges[range + 2 * k] + innerMaps[from + i] * innerRanges[range + 2 * k + 1];
    });
  }

  /** Most numbers of the last layer are zero: a bit per number says whether it was sent. */
  function lastFeatures(p) {
    const size = layers[final].channels * layers[final].area;
    const length = masks.length / images;
    const isKept = (mask, i) => (masks[mask * length + (i >> 3)] >> (7 - (i & 7))) & 1;
    let at = 0;
    for (let mask = 0; mask < p; mask += 1) for (let i = 0; i < size; i += 1) at += isKept(mask, i);
    const values = new Float32Array(size);
    for (let i = 0; i < size; i += 1) if (isKept(p, i)) values[i] = kept[at++] * steps[p];
    return values;
  }

  function weightsOf(p, l, c) {
    const { channels } = layers[l];
    const from = begins.weights[l] + 2 * channels * (p * listed.length + row.get(c));
    return readFloats(innerWeights.subarray(from, from + 2 * channels), "float16");
  }

  /** What `channels` below returns. */
  function readChannels(p, l, c, order) {
    const { area } = layers[l];
    const all = features(p, l);
    const mapOf = (k) => all.subarray(k * area, (k + 1) * area);
    let found;
    if (l === final) {
      const list = (order === "weight" ? images : p) * classes + c;
      const weights = readSigned(topWeights, list * TOP, TOP, topScales[list]);
      found = readIndices(tops, 2 * TOP * list, TOP).map((channel, i) => ({
        channel,
        weight: weights[i],
      }));
    } else {
      const weights = weightsOf(p, l, c);
      const worth = Array.from(weights, (weight, k) =>
        order === "weight"
          ? weight
          : Math.abs(weight) * mapOf(k).reduce((sum, value) => sum + Math.abs(value), 0),
      );
      const ranked = [...worth.keys()].sort((a, b) => worth[b] - worth[a] || a - b);
      found = ranked.slice(0, TOP).map((channel) => ({ channel, weight: weights[channel] }));
    }
    return found.map((one) => ({
      ...one,
      part: mapOf(one.channel).map((value) => value * one.weight),
    }));
  }

  function readFalls(p, c) {
    const size = fallRows * fallColumns;
    const from = 2 * size * (p * listed.length + row.get(c));
    return readFloats(falls.subarray(from, from + 2 * size), "float16");
  }

  return {
    layers,
    final,
    listed,
    classes,
    biases,
    fallRows,
    fallColumns,
    logits: (p) => logits.subarray(p * classes, (p + 1) * classes),
    /** Whether a class can be shown at a layer. */
    has: (l, c) => l === final || row.has(c),
    hasFalls: (c) => row.has(c),

    /** The signed map of Grad-CAM. */
    cam(p, l, c) {
      return once(`cam ${p} ${l} ${c}`, () => {
        const { area } = layers[l];
        if (l < final) return weightedSum(weightsOf(p, l, c), features(p, l), area);
        return readSigned(maps, (p * classes + c) * area, area, scales[p * classes + c]);
      });
    },

    /**
     * The channels that come first.
     * @param {"effect"|"weight"} order
     * @returns {{channel: number, weight: number, part: Float32Array}[]} `part` is the weighted
     *   map.
     */
    channels: (p, l, c, order) =>
      once(`channels ${p} ${l} ${c} ${order}`, () => readChannels(p, l, c, order)),

    /** By how much the logit falls when a cell is covered. */
    falls: (p, c) => once(`falls ${p} ${c}`, () => readFalls(p, c)),
  };
}
