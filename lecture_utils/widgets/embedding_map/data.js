/** What Python sent: the maps of all stages, the classes, and the nearest neighbors. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { mapAgreement } from "./travel.js";
import { UNKNOWN } from "./text.js";

export const METHODS = ["PCA", "t-SNE"];

/**
 * A map has the number 2 * stage + method.
 * @param {Model} model
 */
export function readMaps(model) {
  const stages = model.get("stages");
  const labels = toTyped(model.get("labels"));
  const total = labels.length;
  const nearest = model.get("neighbors").shape[2];
  /** How many neighbors on the map count; as many as in all dimensions, if those are known. */
  const counted = Math.min(nearest || 5, total - 1);
  const [neighbors, predicted, points] = ["neighbors", "predicted", "points"].map((name) =>
    toTyped(model.get(name)),
  );
  const pointsOf = (map) => points.subarray(map * 2 * total, (map + 1) * 2 * total);
  const predictedAt = (stage) => predicted.subarray(stage * total, (stage + 1) * total);
  const wrongAt = stages.map((_, stage) =>
    Uint8Array.from(predictedAt(stage), (value, i) =>
      Number(value !== UNKNOWN && value !== labels[i]),
    ),
  );
  const agreements = new Map();
  return {
    stages,
    labels,
    total,
    nearest,
    counted,
    classes: model.get("class_names"),
    names: model.get("names"),
    pointsOf,
    predictedAt,
    /** For each image whether it is misclassified. */
    wrongAt,
    neighborsOf: (stage, i) =>
      Array.from(
        neighbors.subarray((stage * total + i) * nearest, (stage * total + i + 1) * nearest),
      ),
    agreementOf(map) {
      if (!agreements.has(map)) agreements.set(map, mapAgreement(pointsOf(map), labels, counted));
      return agreements.get(map);
    },
    stageIndex: () =>
      Math.max(
        0,
        stages.findIndex(({ name }) => name === model.get("stage")),
      ),
    methodIndex: () => METHODS.indexOf(model.get("method")),
  };
}

/** @typedef {ReturnType<typeof readMaps>} Maps */

/**
 * Return `visible()`: the images that are drawn.
 * @param {Model} model
 * @param {Maps} maps
 * @returns {() => number[]}
 */
export function visibleReader(model, { classes, labels, total, wrongAt, stageIndex }) {
  let listed = { key: null, images: [] };
  return () => {
    const [hidden, onlyWrong, stage] = [model.get("hidden"), model.get("only_wrong"), stageIndex()];
    const key = JSON.stringify([hidden, onlyWrong, stage]);
    if (listed.key !== key) {
      const off = classes.map((name) => hidden.includes(name));
      const images = [];
      for (let i = 0; i < total; i += 1)
        if (!off[labels[i]] && (!onlyWrong || wrongAt[stage][i])) images.push(i);
      listed = { key, images };
    }
    return listed.images;
  };
}
