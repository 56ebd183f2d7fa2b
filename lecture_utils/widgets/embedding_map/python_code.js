/** The maps on screen as a Python program. */

const quote = (text) => JSON.stringify(text);
// Written so that the program's imports are not taken for this module's.
const IMPORTS = [
  "import matplotlib.pyplot as plt",
  "import numpy as np",
  "",
  "from lecture_utils.transfer import agreement, align, make_maps",
].join("\n");
const GIVEN = `# stages: a dict from names to embeddings, arrays of shape (images, dimensions), such as
# {"pretrained": features}; labels: one whole number per image.`;

/**
 * @param {{code: string, classes: string[], method: string, seed: number|null}} state
 * @returns {string}
 */
export function pythonCode({ code, classes, method, seed }) {
  const attribute = method === "PCA" ? "pca" : "tsne";
  return `${IMPORTS}

${code.trim() || GIVEN}
class_names = [${classes.map(quote).join(", ")}]
labels = np.asarray(labels)

figure, axes = plt.subplots(1, len(stages), figsize=(4 * len(stages), 4), squeeze=False)
before, results = None, {}
for axis, (name, features) in zip(axes[0], stages.items()):
    maps = make_maps(features, seed=${seed})
    points = maps.${attribute}
    if before is not None:
        ${
          attribute === "tsne"
            ? "points = align(points, before)  # rotations of a t-SNE map mean nothing"
            : "points = points * np.where((points * before).sum(axis=0) < 0, -1, 1)  # the signs of PCA's axes mean nothing"
        }
    before = points
    results[name] = {
        "points": points,
        "same class": agreement(maps.neighbors, labels),
        "variance": maps.explained,
    }
    for kind, marker in zip(range(len(class_names)), "o^sDv>P<" * 2):
        axis.scatter(*points[labels == kind].T, s=12, marker=marker, label=class_names[kind])
    axis.set(title=name, xticks=[], yticks=[], aspect="equal")
    print(f"{name}: {results[name]['same class']:.1%} of the nearest are of the same class")
axes[0][0].legend()
plt.show()
`;
}
