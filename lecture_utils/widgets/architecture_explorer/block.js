/** Blocks as the page shows them; see data.py for how they travel. */

import { format, grouped, memory, short } from "../_shared/math/numbers.js";

export const COSTS = {
  parameters: { name: "parameters", title: "Parameters" },
  macs: { name: "MACs", title: "MACs" },
  memory: { name: "of activations", title: "Activation memory" },
};

/**
 * Read a block. Every block gets an `id` that is its own in its network.
 * @param {any[]} row
 * @param {string} [above]
 * @returns {Record<string, any>} name, kind, label, shape, parameters, macs, memory, field,
 *   children, branches, trainingOnly, id; a branch is {id, number, of, blocks}.
 */
export function decode(row, above = "") {
  const [
    name,
    kind,
    label,
    shape = 0,
    parameters = 0,
    macs = 0,
    memory = 0,
    field = 0,
    children = [],
    branches = [],
    training = 0,
  ] = row;
  const id = `${above}/${name || kind}`;
  return {
    ...{
      id,
      name,
      kind,
      label,
      shape,
      parameters,
      macs,
      memory,
      field,
      trainingOnly: Boolean(training),
    },
    children: children.map((child, i) => decode(child, `${id}.${i}`)),
    branches: branches.map((blocks, i) => ({
      id: `${id}|${i}`,
      number: i + 1,
      of: branches.length,
      blocks: blocks.map((block, j) => decode(block, `${id}|${i}.${j}`)),
    })),
  };
}

const times = (numbers) => numbers.join("×");

/**
 * A cost in few characters: "102.8 M", "12.3 MiB", "0".
 * @param {number} value
 * @param {string} cost
 * @returns {string}
 */
export function amount(value, cost) {
  return cost === "memory" && value ? memory(value) : short(value);
}

/**
 * Whether a block is a part of the network with a name of its own, not a layer or one with its
 * activation.
 */
const isPart = (block) =>
  block.children.length > 0 && (block.label === block.kind || block.kind === "stage");

/**
 * @param {Record<string, any>} block
 */
export function heading(block) {
  return isPart(block) ? block.name : block.label;
}

/**
 * What stands under the heading: class or number of parts, and the output's shape.
 * @param {Record<string, any>} block
 * @returns {string}
 */
export function remark(block) {
  const words = [];
  if (isPart(block) && block.kind === "Sequential") words.push(`${block.children.length} blocks`);
  else if (isPart(block) && block.kind !== "stage") words.push(block.kind);
  if (block.shape) words.push(times(block.shape));
  if (block.trainingOnly) words.push("only in training");
  return words.join(" · ");
}

/**
 * @param {Record<string, any>} block
 * @param {Record<string, any>} total
 * @returns {[string, string][]} Name and value of everything that is known about a block.
 */
export function facts(block, total) {
  const percent = (cost) => {
    const share = (100 * block[cost]) / total[cost];
    return block[cost] && total[cost] && !block.trainingOnly
      ? ` (${format(share, share < 10 ? 1 : 0)}%)`
      : "";
  };
  return [
    ["Output", block.shape ? times(block.shape) : "not run"],
    ["Parameters", grouped(block.parameters) + percent("parameters")],
    ["MACs", (block.macs < 1e6 ? grouped(block.macs) : short(block.macs)) + percent("macs")],
    ["Activations", block.memory ? memory(block.memory) + percent("memory") : "none written"],
    ["Receptive field", block.field ? `${times(block.field)} pixels` : "none"],
  ];
}

/**
 * All of it in one sentence, for a screen reader.
 * @param {Record<string, any>} block
 * @param {Record<string, any>} total
 * @returns {string}
 */
export function sentence(block, total) {
  const words = facts(block, total).map(([name, value]) => `${name} ${value}`);
  return [heading(block), ...(block.name === heading(block) ? [] : [block.name]), ...words].join(
    ", ",
  );
}
