/** What the gallery shows: derived from its traits and the recorded numbers. */

/** @import { Model } from "../_shared/ui/model.js" */

export const PRIORS = [
  { key: "fourier", label: "Fourier: power of 1/f" },
  { key: "color", label: "Decorrelated color" },
  { key: "transformations", label: "Transformations" },
  { key: "total_variation", label: "Total variation" },
];

/**
 * @param {Model} model
 * @param {Map<string, Record<string, any>>} networks
 */
export function readState(model, networks) {
  const network = networks.get(model.get("model")) ?? networks.values().next().value;
  const layer = network.layers.get(model.get("layer")) ?? network.layers.values().next().value;
  const index = Math.max(0, layer.channels.indexOf(model.get("filter")));
  const objective = layer.names ? "logit" : model.get("objective");
  const isNeuron = objective === "neuron";
  // The strengths of the priors were varied for some filters, and not for the objective "neuron".
  const isSwept = index < layer.swept.length && !isNeuron;
  const setting = isSwept ? Math.min(model.get("setting"), network.settings.length - 1) : 0;
  return { network, layer, index, objective, isNeuron, isSwept, setting };
}

/** @typedef {ReturnType<typeof readState>} State */

/**
 * The image that is shown large: number of its tile, and its activation.
 * @param {State} state
 */
export function largeImage({ layer, index, isNeuron, isSwept, setting }) {
  if (isNeuron) return { tile: layer.tiles.neuron[index][0], value: layer.neuron[index] };
  if (isSwept)
    return { tile: layer.tiles.swept[index][setting], value: layer.swept[index][setting] };
  return { tile: layer.tiles.optima[index][0], value: layer.optima[index][0] };
}

/**
 * Number of the setting in which one prior has this strength and the others have their default.
 * @param {Record<string, number>[]} settings
 * @param {string} prior
 * @param {number} strength
 */
export function settingWith(settings, prior, strength) {
  const wanted = { ...settings[0], [prior]: strength };
  return settings.findIndex((each) =>
    Object.keys(wanted).every((key) => each[key] === wanted[key]),
  );
}

/**
 * The strengths of a prior that were recorded, in ascending order.
 * @param {Record<string, number>[]} settings
 * @param {string} prior
 * @returns {number[]}
 */
export function strengthsOf(settings, prior) {
  return [...new Set(settings.map((each) => each[prior]))].sort((a, b) => a - b);
}
