/** The chosen image as a program to take away. */

/** @import { State } from "./state.js" */

/** @param {State} state */
export function pythonCode({ network, layer, index, objective, isNeuron, isSwept, setting }) {
  const load = network.pretrained
    ? `net = pretrained.load("${network.name}")\nmodel, normalize = net.model, net.normalize`
    : `model, normalize = runs.load("${network.name}").model, None`;
  const { steps, learning_rate: rate, diversity } = network.plan;
  const priors = Object.entries(network.settings[setting])
    .map(([name, strength]) => `${name}=${strength}`)
    .join(", ");
  const channel = layer.channels[index];
  const alone = isNeuron || isSwept;
  const wanted = alone ? `${channel}` : `[${channel}] * ${layer.optima[index].length}`;
  const options = [
    isNeuron && 'objective="neuron"',
    !alone && `diversity=${diversity}`,
    `priors=Priors(${priors})`,
    `size=${layer.size}, steps=${steps}, learning_rate=${rate}`,
    "normalize=normalize",
  ].filter(Boolean);
  const what = objective === "logit" ? "logit" : "activation";
  return `from lecture_utils import plotting, pretrained, runs
from lecture_utils.interpretation import Priors, maximize_activation

${load}
result = maximize_activation(
    model,
    "${layer.path}",
    ${wanted},
    ${options.join(",\n    ")},
)
print("${what}", *result.activations.tolist())
images = result.images.permute(0, 2, 3, 1).numpy()
fig = plotting.image_grid(images, [f"{value:.2f}" for value in result.activations])
plotting.show(fig, alt="What maximizes ${layer.name(index)} of ${layer.label}.")
`;
}
