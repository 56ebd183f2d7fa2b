/** The output and cost of each layer, or why it does not fit; stack.py computes the same. */

const product = (shape) => shape.reduce((all, size) => all * size, 1);
/**
 * @param {number[]} shape
 * @returns {string}
 */
export const times = (shape) => shape.join("×");

/**
 * Follow the shapes through a stack.
 * @param {Record<string, any>[]} layers Complete layers: {type, ...settings by PyTorch's names}.
 * @param {number[]} inputShape Channels, height, width.
 * @param {number} batchSize
 * @returns {Record<string, any>[]} Per layer {input, output, parameters, macs, multAdds, bytes,
 *   field, problem, fix, note}; after a problem only `problem` is there, and at the problem itself
 *   a `fix` if there is one: {label, set?: settings, flatten?: true} (true: a Flatten before the
 *   layer).
 */
export function describe(layers, inputShape, batchSize = 1) {
  let shape = inputShape;
  let field = { size: [1, 1], jump: [1, 1] };
  let flattened = null; // the maps that became this vector
  let waits = null;
  return layers.map((layer, i) => {
    if (waits) return { problem: waits };
    const trouble = findProblem(layer, shape, flattened);
    if (trouble) {
      waits = `Waits for layer ${i + 1}.`;
      return { input: shape, ...trouble };
    }
    const output = outputShape(layer, shape);
    field = nextField(layer, shape, field, flattened);
    const row = {
      input: shape,
      output,
      ...costs(layer, shape, output),
      bytes: 4 * batchSize * product(output),
      field: field?.size ?? null,
      problem: null,
      note: layer.type === "Linear" && shape.length === 3 ? lastAxisNote(shape) : "",
    };
    if (layer.type === "Flatten" && shape.length === 3) flattened = shape;
    else if (layer.type === "Linear") flattened = null;
    shape = output;
    return row;
  });
}

/**
 * @param {Record<string, any>} layer
 * @param {number[]} shape
 * @param {boolean} flattened
 * @returns {{problem: string, fix?: Record<string, any>}|null}
 */
export function findProblem(layer, shape, flattened) {
  const { type } = layer;
  if (type === "Linear") return linearProblem(layer.in_features, shape, flattened);
  if (["ReLU", "Dropout", "Flatten"].includes(type)) return null;
  if (shape.length === 1) {
    const problem =
      `${type} works on maps (channels × height × width), but it receives a vector of ` +
      `${shape[0]} values. Move it up, before Flatten.`;
    return { problem };
  }
  if (type === "BatchNorm2d" || type === "AdaptiveAvgPool2d") return null;
  const [channels, height, width] = shape;
  const { kernel_size: kernel, padding, dilation = 1, groups = 1 } = layer;
  if (type === "Conv2d") {
    for (const [count, what] of [
      [channels, "incoming"],
      [layer.out_channels, "outgoing"],
    ]) {
      if (count % groups === 0) continue;
      const noun = count === 1 ? "channel" : "channels";
      const problem = `${count} ${what} ${noun} cannot be divided into ${groups} equal groups.`;
      return { problem, fix: { label: "Fix: one group", set: { groups: 1 } } };
    }
  } else if (padding > Math.floor(kernel / 2)) {
    const most = Math.floor(kernel / 2);
    const problem =
      `Padding is ${padding}, but pooling allows at most half of its kernel, here ${most}: ` +
      "otherwise a window could lie on padding alone.";
    return { problem, fix: { label: `Fix: padding ${most}`, set: { padding: most } } };
  }
  if (Math.min(windows(layer, height), windows(layer, width)) > 0) return null;
  const covered = dilation * (kernel - 1) + 1;
  const spread = dilation > 1 ? ` (${kernel}×${kernel}, spread by dilation ${dilation})` : "";
  const inside = padding
    ? `; with padding ${padding}, ${height + 2 * padding}×${width + 2 * padding}`
    : "";
  const problem =
    `The kernel covers ${covered}×${covered} pixels${spread}, but its input has only ` +
    `${height}×${width}${inside}. Use a smaller kernel, or pool less before it.`;
  return { problem, fix: smallerKernel(layer, Math.min(height, width)) };
}

/**
 * @param {Record<string, any>} layer
 * @param {number} side
 */
function smallerKernel({ type, padding, dilation = 1 }, side) {
  // Less kernel would allow a pooling layer less padding: without any, the window fits for sure.
  const set =
    type === "Conv2d"
      ? { kernel_size: Math.floor((side + 2 * padding - 1) / dilation) + 1 }
      : { kernel_size: side, padding: 0 };
  return { label: `Fix: kernel ${set.kernel_size}`, set };
}

function linearProblem(wanted, shape, flattened) {
  const arriving = product(shape);
  if (shape.at(-1) === wanted) return null;
  if (shape.length === 3) {
    const problem =
      `Linear reads vectors of ${wanted} values, but it receives maps of ${times(shape)}. Put a Flatten ` +
      `before it: that makes ${arriving} values.`;
    return {
      problem,
      fix: { label: "Fix: add Flatten", flatten: true, set: { in_features: arriving } },
    };
  }
  const origin = flattened ? ` (${times(flattened)}, flattened)` : "";
  const problem = `in_features is ${wanted}, but the layer receives ${arriving} values${origin}.`;
  return { problem, fix: { label: `Fix: use ${arriving}`, set: { in_features: arriving } } };
}

/** @param {number[]} shape */
const lastAxisNote = ([channels, height, width]) =>
  `Without Flatten, Linear works on each of the ${channels * height} rows of ${width} values by itself.`;

/**
 * How often the window of a convolution or pooling layer fits along one axis; 0 if it does not.
 * @param {Record<string, any>} layer
 * @param {number} size
 * @returns {number}
 */
function windows(
  { kernel_size: kernel, stride, padding, dilation = 1, ceil_mode: ceil = false },
  size,
) {
  const room = (size + 2 * padding - dilation * (kernel - 1) - 1) / stride;
  const steps = ceil ? Math.ceil(room) : Math.floor(room);
  // A window that would start in the padding beyond the input sees nothing of it.
  const dropped = ceil && steps * stride >= size + padding;
  return Math.max(0, steps + (dropped ? 0 : 1));
}

function outputShape(layer, shape) {
  const { type } = layer;
  if (type === "Linear") return [...shape.slice(0, -1), layer.out_features];
  if (type === "Flatten") return [product(shape)];
  if (type === "AdaptiveAvgPool2d") return [shape[0], 1, 1];
  if (!layer.kernel_size) return shape;
  return [layer.out_channels ?? shape[0], windows(layer, shape[1]), windows(layer, shape[2])];
}

/**
 * `macs` counts uses of a weight, `multAdds` what torchinfo counts: biases and normalization, too.
 */
function costs(layer, shape, output) {
  const { type } = layer;
  if (type === "Conv2d") {
    const weights = layer.out_channels * (shape[0] / layer.groups) * layer.kernel_size ** 2;
    const parameters = weights + (layer.bias ? layer.out_channels : 0);
    const places = output[1] * output[2];
    return { parameters, macs: weights * places, multAdds: parameters * places };
  }
  if (type === "Linear") {
    const parameters = (layer.in_features + (layer.bias ? 1 : 0)) * layer.out_features;
    return { parameters, macs: product(output) * layer.in_features, multAdds: parameters };
  }
  const parameters = type === "BatchNorm2d" ? 2 * shape[0] : 0;
  return { parameters, macs: 0, multAdds: parameters };
}

function nextField(layer, shape, field, flattened) {
  const { type } = layer;
  // A dense layer on one axis of maps: no window any more.
  if (!field || (type === "Linear" && shape.length === 3)) return null;
  const { size, jump } = field;
  if (layer.kernel_size) {
    const reach = (layer.dilation ?? 1) * (layer.kernel_size - 1);
    return {
      size: size.map((n, a) => n + reach * jump[a]),
      jump: jump.map((by) => by * layer.stride),
    };
  }
  // A layer that reads all positions has the union of all their fields.
  const places = type === "AdaptiveAvgPool2d" ? shape : type === "Linear" ? flattened : null;
  if (!places) return field;
  return { size: size.map((n, a) => n + (places[a + 1] - 1) * jump[a]), jump };
}
