/** The stack on screen as a Python program that runs as it is. */

const python = (value) => (typeof value === "boolean" ? (value ? "True" : "False") : String(value));

/** One layer as a call; what PyTorch assumes anyway is left out. */
function call(layer, input) {
  const { type } = layer;
  const option = (name, usual) => (layer[name] === usual ? [] : [`${name}=${python(layer[name])}`]);
  const usual = (names, values) => names.flatMap((name, i) => option(name, values[i]));
  let parts = [];
  if (type === "Conv2d") {
    parts = [input[0], layer.out_channels, `kernel_size=${layer.kernel_size}`];
    parts.push(...usual(["stride", "padding", "dilation", "groups", "bias"], [1, 0, 1, 1, true]));
  } else if (type === "MaxPool2d" || type === "AvgPool2d") {
    parts = [layer.kernel_size, ...option("stride", layer.kernel_size)];
    parts.push(...usual(["padding", "ceil_mode"], [0, false]));
  } else if (type === "Linear")
    parts = [layer.in_features, layer.out_features, ...option("bias", true)];
  else if (type === "BatchNorm2d") parts = [input[0]];
  else if (type === "Dropout") parts = [layer.p];
  else if (type === "AdaptiveAvgPool2d") parts = [1];
  return `nn.${type}(${parts.join(", ")})`;
}

/**
 * @param {Record<string, any>[]} layers
 * @param {Record<string, any>[]} rows
 * @param {number[]} inputShape
 * @param {number} batchSize
 * @returns {string} All layers, or those before the first that does not fit.
 */
export function pythonCode(layers, rows, inputShape, batchSize) {
  const lines = [];
  for (const [i, row] of rows.entries()) {
    if (row.problem) {
      lines.push(
        `    # Layer ${i + 1}, ${layers[i].type}, does not fit yet:`,
        `    # ${row.problem}`,
      );
      break;
    }
    lines.push(`    ${call(layers[i], row.input)},`);
  }
  const body = lines.length ? `\n${lines.join("\n")}\n` : "";
  const shape = [batchSize, ...inputShape].join(", ");
  return `import torch
from torch import nn

model = nn.Sequential(${body})
parameters = sum(parameter.numel() for parameter in model.parameters())
output = model(torch.zeros(${shape}))
print(f"{parameters:,} parameters, output {tuple(output.shape)}")
`;
}
