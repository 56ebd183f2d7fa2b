/** The settings, and one version's numbers, as a torchvision program. */

import { pythonNumber as number } from "../_shared/math/numbers.js";
import { COLORS, TILES } from "./draws.js";

const BILINEAR = "interpolation=v2.InterpolationMode.BILINEAR";
const pair = ([low, high]) => `(${number(low)}, ${number(high)})`;

/** The transforms that are on, as a list of lines. */
function transforms(settings) {
  const { degrees, translate, scale, shear, crop, ratio, flip, noise, erase } = settings;
  const lines = [];
  const options = [
    `degrees=${number(degrees)}`,
    translate && `translate=${pair([translate, translate])}`,
    (scale[0] !== 1 || scale[1] !== 1) && `scale=${pair(scale)}`,
    shear && `shear=${number(shear)}`,
  ];
  if (degrees || options.slice(1).some(Boolean)) {
    lines.push(`v2.RandomAffine(${options.filter(Boolean).join(", ")}, ${BILINEAR})`);
  }
  if (crop[0] !== 1 || crop[1] !== 1) {
    // 3:4 to 4:3 is what torchvision does by itself.
    const sides =
      Math.abs(ratio - 4 / 3) < 1e-6 ? "" : `, ratio=(1 / ${number(ratio)}, ${number(ratio)})`;
    lines.push(`v2.RandomResizedCrop(size, scale=${pair(crop)}${sides})`);
  }
  if (flip) lines.push(`v2.RandomHorizontalFlip(${number(flip)})`);
  const colors = COLORS.filter((name) => settings[name]).map(
    (name) => `${name}=${number(settings[name])}`,
  );
  if (colors.length) lines.push(`v2.ColorJitter(${colors.join(", ")})`);
  if (noise) lines.push(`v2.GaussianNoise(sigma=${number(noise)})`);
  if (erase) lines.push(`v2.RandomErasing(${number(erase)})`);
  return lines.length ? lines : ["v2.Identity()"];
}

/**
 * The settings as torchvision writes them.
 * @param {Record<string, any>} settings
 * @returns {string}
 */
export function composeCode(settings) {
  const mixup = settings.mixup
    ? `\nmixup = v2.MixUp(alpha=${number(settings.mixup)}, num_classes=2)  # of a batch: mixup(images, labels)`
    : "";
  return `augment = v2.Compose([\n${transforms(settings)
    .map((line) => `    ${line},\n`)
    .join("")}])${mixup}`;
}

/**
 * The numbers that were drawn for one version, as calls that use them.
 * @param {Record<string, any>} drawn
 * @param {string} name Of the variable that becomes the version.
 * @param {string} image Of the variable that holds the image.
 * @returns {string[]}
 */
function calls({ affine, crop, flip, colors, noise, erase }, name, image) {
  const lines = [`${name} = ${image}`];
  const call = (text) => lines.push(`${name} = F.${text}`);
  if (affine) {
    const { angle, dx, dy, scale, shear } = affine;
    call(
      `affine(${name}, angle=${number(angle)}, translate=[${dx}, ${dy}], scale=${number(scale)}, ` +
        `shear=[${number(shear)}, 0.0],\n    ${BILINEAR})`,
    );
  }
  if (crop)
    call(
      `resized_crop(${name}, ${crop.top}, ${crop.left}, ${crop.height}, ${crop.width}, [size, size])`,
    );
  if (flip) call(`horizontal_flip(${name})`);
  for (const [color, value] of colors) call(`adjust_${color}(${name}, ${number(value)})`);
  if (noise) call(`gaussian_noise(${name}, sigma=${number(noise)})  # not the page's own noise`);
  if (erase) {
    call(
      `erase(${name}, ${erase.top}, ${erase.left}, ${erase.height}, ${erase.width}, torch.zeros(3, 1, 1))`,
    );
  }
  return lines;
}

/**
 * @param {{settings: Record<string, any>, image: string|null, other: string|null, tile: number,
 *   drawn: Record<string, any>}} state `image` and `other` are names of photos; null for a reader's
 *   own image.
 * @returns {string}
 */
export function pythonCode({ settings, image, other, tile, drawn }) {
  const load = (name) =>
    name
      ? `torch.tensor(photo("${name}", size=size)).permute(2, 0, 1)`
      : `v2.functional.pil_to_tensor(ImageOps.fit(Image.open("your-image.jpg").convert("RGB"), (size, size)))`;
  const mixed = drawn.partner !== null;
  const own = !image || (mixed && !other);
  const known = image || (mixed && other);
  const imports = [
    "import torch",
    own && "from PIL import Image, ImageOps",
    "from torchvision.transforms import v2",
    known && "\nfrom lecture_utils.datasets import photo",
  ];
  const exact = calls(drawn, "version", "image");
  if (mixed) {
    const share = number(drawn.share);
    exact.push(...calls(drawn.partner, "partner", "other"));
    exact.push(
      `version = (${share} * version + ${number(1 - drawn.share)} * partner).round().to(torch.uint8)`,
    );
  }
  return `${imports.filter(Boolean).join("\n")}

size = 112
image = ${load(image)}  # uint8, (3, 112, 112)
${mixed ? `other = ${load(other)}\n` : ""}
${composeCode(settings)}
versions = torch.stack([augment(image) for _ in range(${TILES})])

# Version ${tile + 1} of the page, with the numbers that were drawn for it there:
F = v2.functional
${exact.join("\n")}
`;
}
