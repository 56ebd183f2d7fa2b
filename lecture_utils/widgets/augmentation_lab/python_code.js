/** The settings as torchvision's random transforms, and one picture as the calls that make it. */

import { pythonNumber } from "../_shared/numbers.js";
import { COLORS } from "./draws.js";

const num = (value) => pythonNumber(Math.round(value * 1e6) / 1e6);
const pair = (values) => `(${values.map(num).join(", ")})`;
const BILINEAR = "interpolation=v2.InterpolationMode.BILINEAR";

/** Lines that load the picture as uint8, shape (3, side, side). */
function load(variable, name, side, own) {
  if (!own) return `${variable} = torch.from_numpy(photo(${JSON.stringify(name)}, size=${side})).permute(2, 0, 1)`;
  const file = JSON.stringify(`${name}.png`);
  return `${variable} = v2.functional.pil_to_tensor(
    ImageOps.fit(Image.open(${file}).convert("RGB"), (${side}, ${side}))  # your picture
)`;
}

function head({ side, pictures }) {
  const imports = ["import torch"];
  if (pictures.some(({ own }) => own)) imports.push("from PIL import Image, ImageOps");
  imports.push("from torchvision.transforms import v2");
  if (pictures.some(({ own }) => !own)) imports.push("", "from lecture_utils.datasets import photo");
  const variables = ["image", "other"];
  const loads = pictures.map(({ name, own }, i) => load(variables[i], name, side, own));
  return `${imports.join("\n")}\n\n${loads.join("\n")}`;
}

/** @param {object} settings As the traits of AugmentationLab. */
export function transformLines(settings, side) {
  const { degrees, translate, zoom, shear, crop, ratio, flip, noise, erase } = settings;
  const lines = [];
  const zoomed = zoom[0] !== 1 || zoom[1] !== 1;
  if (degrees || translate || shear || zoomed) {
    const options = [`degrees=${num(degrees)}`];
    if (translate) options.push(`translate=${pair([translate, translate])}`);
    if (zoomed) options.push(`scale=${pair(zoom)}`);
    if (shear) options.push(`shear=${num(shear)}`);
    lines.push(`v2.RandomAffine(${options.join(", ")}, ${BILINEAR})`);
  }
  if (crop[0] !== 1 || crop[1] !== 1) {
    // torchvision's own ratio need not be said.
    const sides = Math.abs(ratio - 4 / 3) < 1e-9 ? "" : `, ratio=${pair([1 / ratio, ratio])}`;
    lines.push(`v2.RandomResizedCrop(${side}, scale=${pair(crop)}${sides})`);
  }
  if (flip) lines.push(`v2.RandomHorizontalFlip(${num(flip)})`);
  const colors = COLORS.filter((name) => settings[name]).map((name) => `${name}=${num(settings[name])}`);
  if (colors.length) lines.push(`v2.ColorJitter(${colors.join(", ")})`);
  if (noise) lines.push(`v2.GaussianNoise(sigma=${num(noise)})`);
  if (erase) lines.push(`v2.RandomErasing(${num(erase)})`);
  return lines.length ? lines : ["v2.Identity()"];
}

/** The pipeline: other random numbers than on the page, with the same distribution. */
export function pipelineCode({ settings, side, seed, count, pictures }) {
  const mixed = settings.mixup > 0;
  const lines = transformLines(settings, side).map((line) => `    ${line},`);
  const code = `${head({ side, pictures: mixed ? pictures : pictures.slice(0, 1) })}

augment = v2.Compose([
${lines.join("\n")}
])

torch.manual_seed(${seed})
`;
  if (!mixed) return `${code}epochs = torch.stack([augment(image) for _ in range(${count})])  # uint8\nprint(epochs.shape)\n`;
  return `${code}mixup = v2.MixUp(alpha=${num(settings.mixup)}, num_classes=2)  # needs floats, and a batch with its labels
epochs = []
for _ in range(${count}):
    batch = torch.stack([augment(image), augment(other)]).float() / 255
    batch, labels = mixup(batch, torch.tensor([0, 1]))
    epochs.append(batch[0])
epochs = torch.stack(epochs)  # from 0 to 1
print(epochs.shape, labels)
`;
}

/** What was drawn for one picture, as calls of v2.functional. */
function calls(variable, { affine, crop, flip, colors, noise, erase }, side) {
  const lines = [];
  const say = (call) => lines.push(`${variable} = v2.functional.${call}`);
  if (affine) {
    const { angle, dx, dy, zoom, shear } = affine;
    say(
      `affine(\n    ${variable}, angle=${angle}, translate=[${dx}, ${dy}], scale=${zoom}, shear=[${shear}, 0],\n    ${BILINEAR},\n)`,
    );
  }
  if (crop) {
    const { top, left, height, width } = crop;
    say(`resized_crop(${variable}, ${top}, ${left}, ${height}, ${width}, size=[${side}, ${side}])`);
  }
  if (flip) say(`horizontal_flip(${variable})`);
  for (const [name, value] of colors) say(`adjust_${name}(${variable}, ${value})`);
  if (noise) say(`gaussian_noise(${variable}, sigma=${num(noise)})  # with numbers of its own`);
  if (erase) {
    const { top, left, height, width } = erase;
    say(`erase(${variable}, ${top}, ${left}, ${height}, ${width}, torch.tensor(0))`);
  }
  return lines;
}

/** One picture of the twelve, step by step. */
export function pictureCode({ tile, side, pictures }) {
  const mixed = tile.share !== 1;
  const lines = [head({ side, pictures: mixed ? pictures : pictures.slice(0, 1) }), ""];
  lines.push(...calls("image", tile, side));
  if (mixed) {
    lines.push(...calls("other", tile.other, side));
    lines.push(`image = (${tile.share} * image + ${1 - tile.share} * other).round().to(torch.uint8)`);
  }
  return `${lines.join("\n")}\n`;
}
