/** The ascent for the chosen filter as a program to take away. */

/** @param {{network: Record<string, any>, layer: Record<string, any>, index: number}} shown */
export function pythonCode({ network, layer, index }) {
  const channel = layer.channels[index];
  const load = network.known
    ? `net = pretrained.load("${network.name}")\nmodel, normalize = net.model, net.normalize`
    : `model, normalize = runs.load("${network.name}").model, None`;
  const frames = `[${network.frames.join(", ")}]`;
  return `from lecture_utils import plotting, pretrained, runs
from lecture_utils.interpretation import maximize_activation

${load}
for method in ("pixel", "fourier"):
    result = maximize_activation(
        model, "${layer.path}", ${channel}, method=method, size=${layer.plain.layout.size[0]}, steps=${network.frames.at(-1)},
        frames=${frames}, normalize=normalize,
    )
    print(method, result.activations.item())
    images = result.frames[:, 0].permute(0, 2, 3, 1).numpy()
    fig = plotting.image_grid(images, [f"{step} steps" for step in result.frame_steps])
    plotting.show(fig, alt=f"Noise becomes an image that maximizes ${layer.name(index)} of ${layer.label}, {method} ascent.")
`;
}
