/** ArchitectureExplorer: two networks side by side, as wide as what they cost. See __init__.py. */

import { segmented, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";
import { editor, watch } from "../_shared/ui/model.js";
import { COSTS, count, decode, facts, heading } from "./block.js";
import { pythonCode } from "./python_code.js";
import { treeView } from "./tree.js";

const HELP =
  "A bar that fills its block stands for the largest block on the first level. Click a block to open it; with the " +
  "keyboard: arrows, Home, End, * to open all beside it. Activations are those of one image, as float32; a layer that " +
  "works in place writes none. “No window” under “Sees”: it looks at the whole image.";
const SIDES = ["left", "right"];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const send = editor(model, signal);
  const live = announcer(signal);
  const networks = new Map(model.get("networks").map((network) => [network.name, network]));
  const read = new Map();
  /** The network on a side, its tree read when it is first needed. */
  function chosen(side) {
    const network = networks.get(model.get(side)) ?? networks.values().next().value;
    if (!read.has(network)) read.set(network, { ...network, tree: decode(network.tree) });
    return read.get(network);
  }
  const options = [...networks.values()].map(({ name, title }) => ({ value: name, label: title }));
  let drawing = false;

  const sides = Object.fromEntries(SIDES.map((side) => [side, column(side)]));
  const cost = segmented({
    legend: "Width of the bars",
    options: Object.entries(COSTS).map(([value, { title }]) => ({ value, label: title })),
    value: model.get("cost"),
    onChange: (value) => edit({ cost: value }),
  });
  const scale = h("input", { type: "checkbox", onchange: () => edit({ same_scale: scale.checked }) });
  const verdict = h("p", { class: "arch-verdict" });
  const shown = () => SIDES.map(chosen);
  const copy = copyButton({ code: () => pythonCode(shown()), signal });
  const root = h(
    "div",
    { class: "lu-demo lu-architecture-explorer" },
    h("div", { class: "arch-controls" }, h("span", { class: "lu-title" }, "Width"), cost.element, h("label", { class: "arch-check" }, scale, "same scale for both")),
    verdict,
    h("div", { class: "arch-columns" }, SIDES.map((side) => sides[side].element)),
    h("p", { class: "lu-label" }, HELP),
    h("div", { class: "arch-controls" }, copy.button),
    copy.panel,
    live.element,
  );

  function column(side) {
    const menu = select({ label: `${side === "left" ? "First" : "Second"} network`, options, value: model.get(side), onChange: (value) => edit({ [side]: value }) });
    const sums = h("p", { class: "lu-label" });
    const note = h("p", { class: "lu-message" });
    const name = h("p", { class: "arch-selected" });
    const values = [];
    const list = h("dl", { class: "arch-facts" });
    const panel = h("div", { class: "arch-panel", role: "group" }, name, list);
    let selected = null;
    let last = null;
    const tree = treeView({
      onSelect(block) {
        selected = block;
        const { title, tree: total } = chosen(side);
        const called = block.name && block.name !== heading(block) ? ` · ${block.name}` : "";
        setText(name, `${heading(block)}${called}`);
        panel.setAttribute("aria-label", `Selected block of ${title}`);
        facts(block, total).forEach(([term, value], i) => {
          if (!values[i]) {
            values[i] = h("dd", {});
            list.append(h("div", {}, h("dt", {}, term), values[i]));
          }
          setText(values[i], value);
        });
        if (!drawing) tell();
      },
      onToggle(names) {
        last = stateOf(chosen(side), names); // The tree shows that already.
        send({ opened: { ...model.get("opened"), [chosen(side).name]: names } });
        tell();
      },
    });
    function draw() {
      const network = chosen(side);
      const names = model.get("opened")[network.name] ?? [];
      menu.set(network.name);
      const state = stateOf(network, names);
      setText(sums, `${count(network.tree.parameters)} parameters, image ${network.size.join("×")}`);
      setText(note, network.note);
      note.hidden = !network.note;
      if (state !== last) tree.show(network.tree, names, `Blocks of ${network.title}`);
      last = state;
    }
    const element = h("section", { class: "arch-column" }, menu.element, sums, note, tree.element, panel);
    element.setAttribute("aria-label", side === "left" ? "First network" : "Second network");
    return { element, tree, draw, selected: () => selected };
  }

  function edit(changes) {
    send(changes);
    draw();
  }

  function draw() {
    drawing = true;
    const now = model.get("cost");
    const same = model.get("same_scale");
    cost.set(now);
    if (scale.checked !== same) scale.checked = same;
    for (const side of SIDES) sides[side].draw();
    const most = shown().map(({ tree }) => Math.max(...tree.children.map((block) => block[now])));
    SIDES.forEach((side, i) => sides[side].tree.color(now, same ? Math.max(...most) : most[i]));
    const words = compare(shown(), now);
    if (verdict.textContent && verdict.textContent !== words) live.say(words);
    setText(verdict, words);
    drawing = false;
    tell();
  }

  function tell() {
    const detail = { cost: model.get("cost"), sameScale: model.get("same_scale"), opened: model.get("opened") };
    for (const side of SIDES) {
      detail[side] = { name: chosen(side).name, blocks: sides[side].tree.blocks(), selected: sides[side].selected() };
    }
    root.dispatchEvent(new CustomEvent("architecture", { bubbles: true, detail }));
  }

  watch(model, ["left", "right", "cost", "same_scale", "opened"], draw, signal);
  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

const stateOf = (network, names) => [network.name, ...[...names].sort()].join("\n");

/** Say how much more one network costs than the other. */
function compare([left, right], cost) {
  const { name } = COSTS[cost];
  const amount = ({ tree }) => (cost === "memory" ? `${format(tree.memory / 2 ** 20, 1)} MiB` : count(tree[cost]));
  if (left === right) return `${left.title}: ${amount(left)} ${name}.`;
  const [more, less] = left.tree[cost] >= right.tree[cost] ? [left, right] : [right, left];
  const ratio = more.tree[cost] / less.tree[cost];
  const times = ratio < 1.005 ? "as many as" : `${format(ratio, ratio < 10 ? 1 : 0)} times as many as`;
  const words = cost === "memory" ? times.replace("many", "much") : times;
  return `${more.title} has ${amount(more)} ${name}, ${words} ${less.title} (${amount(less)}).`;
}

export default { render };
