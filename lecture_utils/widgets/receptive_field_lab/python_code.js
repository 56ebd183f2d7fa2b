/** The stack on screen as a program that computes the same sizes. */

/**
 * @param {Record<string, any>[]} layers
 * @returns {string}
 */
export function pythonCode(layers) {
  const specs = layers.map(({ kernel, stride, dilation }) => {
    const options = [stride > 1 && `, stride=${stride}`, dilation > 1 && `, dilation=${dilation}`];
    return `    LayerSpec(${kernel}${options.filter(Boolean).join("")}),`;
  });
  return `import numpy as np

from lecture_utils.geometry import LayerSpec, receptive_field

layers = [
${specs.join("\n")}
]
fields = receptive_field(layers)
print([field.size[0] for field in fields])

# What each pixel along one axis weighs if all kernels average.
profile = np.ones(1)
for layer in reversed(layers):
    spread = np.zeros((len(profile) - 1) * layer.stride + 1)
    spread[:: layer.stride] = profile
    window = np.zeros(layer.dilation * (layer.kernel - 1) + 1)
    window[:: layer.dilation] = 1 / layer.kernel
    profile = np.convolve(spread, window)
`;
}
