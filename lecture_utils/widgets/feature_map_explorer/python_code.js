/** The maps of the chosen layer, computed by a program to take away. */

const IMPORTS =
  "import numpy as np\nimport torch\nfrom PIL import Image, ImageOps\nfrom torch import nn\n";
const quote = (text) => JSON.stringify(text);

/** Python for an image by its name here; the reader's own images are the reader's to load. */
function imageCode(name) {
  const drawn = { "drawn cat": ["cat", "(0, 2, 0, 21)"], "drawn dog": ["dog", "(0, 2, 1, 4)"] }[
    name
  ];
  if (drawn) return `draw_pet("${drawn[0]}", np.random.default_rng(${drawn[1]}))`;
  const test = { "test photo, cat": ["cats", 8], "test photo, dog": ["dogs", 4] }[name];
  if (test)
    return `Image.open(sorted((datasets.cats_vs_dogs().folder / "test" / "${test[0]}").iterdir())[${test[1]}])`;
  const photos = ["cat", "coffee", "rocket"];
  return photos.includes(name)
    ? `Image.fromarray(datasets.photo("${name}"))`
    : `Image.open("...")  # ${name}`;
}

/**
 * @param {{network: Record<string, any>, layer: Record<string, any>, filter: number,
 *   names: string[]}} shown
 * @returns {string}
 */
export function pythonCode({ network, layer, filter, names }) {
  const load =
    network.code ||
    `# Your network, and a function that turns images from 0 to 1 into its input\nnetwork = ...\nprepare = ...`;
  return `${IMPORTS}
from lecture_utils import datasets
from lecture_utils.datasets.pets import draw_pet
from lecture_utils.interpretation import dead_filters, feature_maps
${load}

images = [
${names.map((name) => `    ${imageCode(name)},`.replace(/( {2}# .*),$/, ",$1")).join("\n")}
]
images = [np.asarray(ImageOps.fit(image.convert("RGB"), (224, 224))) for image in images]
batch = prepare(torch.tensor(np.stack(images)).permute(0, 3, 1, 2) / 255)
maps = feature_maps(network, ${quote(layer.path)}, batch)  # (2, filters, rows, columns)
responses = maps.abs().mean(dim=(2, 3))
print(maps.shape)
print("filter ${filter}:", responses[:, ${filter}])
print("strongest filters:", responses.amax(dim=0).argsort(descending=True)[:10])
print("silent for both:", dead_filters(network, ${quote(layer.path)}, batch).sum())
`;
}
