/** The same training as a PyTorch program that runs as it is. */

import { pythonNumber } from "../_shared/math/numbers.js";

/** A kernel as nested Python lists. */
function nested(weights, k) {
  const rows = Array.from({ length: k }, (_, i) =>
    Array.from(weights.subarray(i * k, (i + 1) * k), pythonNumber).join(", "),
  );
  return `[[${rows.join("],\n     [")}]]`;
}

/**
 * @param {Record<string, any>} settings Target, first weights and the numbers of the sliders.
 * @param {{name: string, imports?: string, code?: string}} source Where the image comes from;
 *   without code a line of noise stands in its place, to be replaced.
 * @returns {string}
 */
export function pythonCode(settings, { name, imports = "", code = "" }) {
  const { h, w, k, target, start, rate, batch, noise, momentum, seed, centered, steps } = settings;
  const image = code
    ? `image = ${code}  # ${name}`
    : `# Put ${name} here: a float array from 0 to 1.\n` +
      `image = np.random.default_rng(0).random((${h}, ${w}))`;
  const center = centered ? "\nimage = image - image.mean()" : "";
  const chosen =
    batch === "all"
      ? "error = output - responses"
      : "at = torch.randint(responses.numel(), (batch,))\n    error = (output - responses).flatten()[at]";
  const size = batch === "all" ? "" : `batch = ${batch}\n`;
  return `${["import numpy as np", "import torch", "import torch.nn.functional as F", imports].filter(Boolean).join("\n")}

torch.manual_seed(${seed})
${image}${center}
x = torch.tensor(image, dtype=torch.float64)[None, None]
target = torch.tensor(
    ${nested(target, k)}, dtype=torch.float64
)[None, None]
responses = F.conv2d(x, target)
responses += ${pythonNumber(noise)} * torch.randn(responses.shape, dtype=torch.float64)

# The student: one kernel, with the weights that it starts from on the page.
weight = torch.tensor(
    ${nested(start, k)}, dtype=torch.float64
)[None, None].requires_grad_()
optimizer = torch.optim.SGD([weight], lr=${pythonNumber(rate)}, momentum=${pythonNumber(momentum)})
${size}for step in range(${steps}):
    output = F.conv2d(x, weight)  # forward
    ${chosen}
    loss = error.square().mean()
    optimizer.zero_grad()
    loss.backward()  # the gradient
    optimizer.step()  # the update

print(weight.detach()[0, 0])
print("distance from the target:", (weight - target).norm().item())
`;
}
