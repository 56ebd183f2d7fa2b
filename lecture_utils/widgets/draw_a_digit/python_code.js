/** The digit on screen and the network's prediction, as a PyTorch program that runs as it is. */

import { pythonNumber } from "../_shared/math/numbers.js";
import { SIZE } from "./center.js";

/**
 * @param {{run: string, image: Float32Array, code: string, right: number, down: number,
 *   degrees: number}} state `code` makes the image, where it is one of MNIST's; otherwise its bytes
 *   are written out.
 * @returns {string}
 */
export function pythonCode({ run, image, code, right, down, degrees }) {
  const moved = right || down || degrees;
  const network = run
    ? `model = runs.load("${run}").model`
    : "# `model` is the network that you gave to DrawADigit.\nmodel.eval()";
  const imports = ["import numpy as np", "import torch", "import torch.nn.functional as F"];
  if (run) imports.push("from lecture_utils import runs");
  if (code) imports.push("from lecture_utils.datasets import mnist");
  return `${imports.join("\n")}

${network}
image = ${code || written(image)}
x = torch.tensor(image, dtype=torch.float32)[None, None]
${moved ? moving(right, down, degrees) : ""}
with torch.no_grad():
    logits = model(x)[0]
probabilities = logits.softmax(0)
for digit in range(10):
    print(digit, f"{logits[digit]:8.3f} {probabilities[digit]:8.2%}")
`;
}

/** Bytes as hexadecimal digits, a line per row. */
function written(image) {
  const lines = Array.from({ length: SIZE }, (_, row) => {
    const bytes = Array.from(image.subarray(row * SIZE, (row + 1) * SIZE), (value) =>
      Math.round(value * 255)
        .toString(16)
        .padStart(2, "0"),
    );
    return `    "${bytes.join("")}"`;
  });
  return `np.frombuffer(bytes.fromhex(\n${lines.join("\n")}\n), np.uint8).reshape(${SIZE}, ${SIZE}) / 255`;
}

/** grid_sample asks for each pixel where it comes from, so everything is the other way around. */
function moving(right, down, degrees) {
  const [x, y] = [right, down].map((pixels) => pythonNumber((-2 * pixels) / SIZE));
  return `
# Rotate counterclockwise by ${degrees} degrees, then shift ${right} pixels right and ${down} down.
angle = np.radians(${degrees})
rotate = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
back = rotate @ [${x}, ${y}]
theta = torch.tensor(np.column_stack([rotate, back]), dtype=torch.float32)[None]
grid = F.affine_grid(theta, x.shape, align_corners=False)
x = F.grid_sample(x, grid, align_corners=False)
`;
}
