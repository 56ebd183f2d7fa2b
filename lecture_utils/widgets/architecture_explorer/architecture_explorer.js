/** ArchitectureExplorer: two networks side by side, as wide as what they cost. See __init__.py. */

import { format, grouped } from "../_shared/math/numbers.js";
import { checkbox, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { COSTS, decode } from "./block.js";
import { networkColumn } from "./column.js";
import { pythonCode } from "./python_code.js";

const HELP =
  "A full bar marks the largest block on the top level. Click a block to open it, or use the keyboard: arrow keys, Home, " +
  "End, and * to open all blocks of a level. Activations are counted for one image, as float32; a layer that works in " +
  "place stores none. A layer without a receptive field reads the whole image.";
const SIDES = ["left", "right"];

/** Return `chosen(side)`: the network on a side, its tree read when it is first needed. */
function networkReader(model, networks) {
  const known = new Map();
  return (side) => {
    const network = networks.get(model.get(side)) ?? networks.values().next().value;
    if (!known.has(network)) known.set(network, { ...network, tree: decode(network.tree) });
    return known.get(network);
  };
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch(["left", "right", "cost", "same_scale", "opened"]);
  const networks = new Map(model.get("networks").map((network) => [network.name, network]));
  const chosen = networkReader(model, networks);
  const options = [...networks.values()].map(({ name, title }) => ({ value: name, label: title }));
  const shown = () => SIDES.map(chosen);
  let drawing = false;

  const onChange = () => drawing || demo.tell(detail());
  const columns = SIDES.map((side) =>
    networkColumn(demo, { side, options, chosen: () => chosen(side), onChange }),
  );
  const cost = segmented({
    legend: "Width of the bars",
    options: Object.entries(COSTS).map(([value, { title }]) => ({ value, label: title })),
    value: model.get("cost"),
    onChange: (value) => edit({ cost: value }),
  });
  const scale = checkbox(
    { name: "arch-check", onChange: (same) => edit({ same_scale: same }) },
    "same scale for both",
  );
  const verdict = h("p", { class: "arch-verdict" });
  const copy = copyButton({ code: () => pythonCode(shown()), signal });

  function draw() {
    drawing = true;
    const now = model.get("cost");
    const same = model.get("same_scale");
    cost.set(now);
    scale.set(same);
    for (const column of columns) column.draw();
    const most = shown().map(({ tree }) => Math.max(...tree.children.map((block) => block[now])));
    columns.forEach(({ color }, i) => color(now, same ? Math.max(...most) : most[i]));
    const words = compare(shown(), now);
    demo.tellState(words);
    setText(verdict, words);
    drawing = false;
    return detail();
  }
  function detail() {
    const sides = Object.fromEntries(SIDES.map((side, i) => [side, columns[i].detail()]));
    return {
      cost: model.get("cost"),
      sameScale: model.get("same_scale"),
      opened: model.get("opened"),
      ...sides,
    };
  }

  const parts = [
    h(
      "div",
      { class: "arch-controls" },
      h("span", { class: "lu-title" }, "Width"),
      cost.element,
      scale.element,
    ),
    verdict,
    h(
      "div",
      { class: "arch-columns" },
      columns.map(({ element }) => element),
    ),
    h("p", { class: "lu-label" }, HELP),
    h("div", { class: "arch-controls" }, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

/**
 * Say how much more one network costs than the other.
 * @param {Record<string, any>[]} networks Two of them.
 * @param {string} cost
 * @returns {string}
 */
function compare([left, right], cost) {
  const { name } = COSTS[cost];
  /** @param {Record<string, any>} network */
  const amount = ({ tree }) =>
    cost === "memory" ? `${format(tree.memory / 2 ** 20, 1)} MiB` : grouped(tree[cost]);
  if (left === right) return `${left.title}: ${amount(left)} ${name}.`;
  const [more, less] = left.tree[cost] >= right.tree[cost] ? [left, right] : [right, left];
  const ratio = more.tree[cost] / less.tree[cost];
  const times =
    ratio < 1.05
      ? `${ratio > 1 ? "about " : ""}as many as`
      : `${format(ratio, ratio < 10 ? 1 : 0)} times as many as`;
  const words = cost === "memory" ? times.replace("many", "much") : times;
  return `${more.title} has ${amount(more)} ${name}, ${words} ${less.title} (${amount(less)}).`;
}

export default {
  render: (context) => mountDemo({ ...context, name: "architecture_explorer" }, build),
};
