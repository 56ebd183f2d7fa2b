/** The two plans as PyTorch code. */

const call = ([inputs, outputs, height, width, groups]) =>
  `    nn.Conv2d(${inputs}, ${outputs}, (${height}, ${width}), padding=(${(height - 1) / 2}, ${(width - 1) / 2}), ` +
  `groups=${groups}, bias=False),`;

/**
 * @param {any[][]} before
 * @param {any[][]} after
 * @param {number} inputs
 * @param {number} size
 * @returns {string}
 */
export function pythonCode(before, after, inputs, size) {
  return `import torch
from torch import nn

before = nn.Sequential(
${before.map(call).join("\n")}
)
after = nn.Sequential(
${after.map(call).join("\n")}
)
image = torch.zeros(1, ${inputs}, ${size}, ${size})
for network in (before, after):
    parameters = sum(weight.numel() for weight in network.parameters())
    print(parameters, parameters * ${size}**2, tuple(network(image).shape))
`;
}
