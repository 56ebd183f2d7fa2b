/** The filters on screen and their similarity as a Python program that runs as it is. */

/** @import { Evolution } from "./data.js" */

const IMPORTS = [
  "import matplotlib.pyplot as plt",
  "import numpy as np",
  "",
  "from lecture_utils import runs",
];

/**
 * @param {Evolution} evolution
 * @param {{name: string, seed: number, root: string}[]} sources
 * @param {number} step
 * @returns {string}
 */
export function pythonCode({ sizes }, sources, step) {
  const loads = sources.map(({ name, seed, root }, i) => {
    const where = root ? `, root=${JSON.stringify(root)}` : "";
    return `    ${sizes[i]}: runs.load(${JSON.stringify(name)}, ${seed}${where}),`;
  });
  return `${IMPORTS.join("\n")}

step = ${step}
recorded = {  # from number of training images to run
${loads.join("\n")}
}

similarity = {}
figure, axes = plt.subplots(1, len(recorded), figsize=(12, 3), squeeze=False)
for axis, (size, run) in zip(axes[0], recorded.items()):
    steps, weights = run.snapshots
    filters = weights[list(steps).index(step), :, 0]
    start = weights[0].reshape(len(filters), -1)
    now = filters.reshape(len(filters), -1)
    lengths = np.linalg.norm(start, axis=1) * np.linalg.norm(now, axis=1)
    similarity[size] = ((start * now).sum(axis=1) / lengths).mean()

    # Each filter on its own scale; eight in a row, with a gap between them.
    scaled = filters / np.abs(filters).max(axis=(1, 2), keepdims=True)
    tiles = np.pad(scaled, ((0, -len(scaled) % 8), (0, 1), (0, 1)))
    rows = [np.concatenate(tiles[i : i + 8], axis=1) for i in range(0, len(tiles), 8)]
    axis.imshow(np.concatenate(rows), cmap="RdBu_r", vmin=-1, vmax=1)
    axis.set_title(f"{size:,} images: similarity {similarity[size]:.2f}")
    axis.axis("off")
print({size: round(float(value), 3) for size, value in similarity.items()})
plt.show()
`;
}
