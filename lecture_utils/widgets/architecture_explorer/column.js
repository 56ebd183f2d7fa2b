/** One of the two networks: a menu, its blocks, and the block that is selected. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { grouped } from "../_shared/math/numbers.js";
import { select } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { facts, heading } from "./block.js";
import { treeView } from "./tree.js";

const stateOf = (network, names) => [network.name, ...[...names].sort()].join("\n");

/** The numbers of the selected block. */
function blockPanel() {
  const name = h("p", { class: "arch-selected" });
  const list = h("dl", { class: "arch-facts" });
  const element = h("div", { class: "arch-panel", role: "group" }, name, list);
  const values = [];
  /**
   * @param {Record<string, any>} block
   * @param {Record<string, any>} network
   */
  function show(block, { title, tree }) {
    const called = block.name && block.name !== heading(block) ? ` · ${block.name}` : "";
    setText(name, `${heading(block)}${called}`);
    element.setAttribute("aria-label", `Selected block of ${title}`);
    facts(block, tree).forEach(([term, value], i) => {
      if (!values[i]) {
        values[i] = h("dd", {});
        list.append(h("div", {}, h("dt", {}, term), values[i]));
      }
      setText(values[i], value);
    });
  }
  return { element, show };
}

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {{side: string, options: Record<string, any>[], chosen: () => Record<string, any>,
 *   onChange: () => void}} settings `chosen` gives the network, `onChange` is called when another
 *   block is selected or opened.
 * @returns {{element: HTMLElement, draw: () => void, color: Function, detail: () => {name: *,
 *   blocks: *[], selected: *}}}
 */
export function networkColumn({ model, edit }, { side, options, chosen, onChange }) {
  const title = `${side === "left" ? "First" : "Second"} network`;
  const menu = select({
    label: title,
    options,
    value: model.get(side),
    onChange: (value) => edit({ [side]: value }),
  });
  const sums = h("p", { class: "lu-label" });
  const note = h("p", { class: "lu-message" });
  const panel = blockPanel();
  let selected = null;
  let last = null;
  const tree = treeView({
    onSelect(block) {
      selected = block;
      panel.show(block, chosen());
      onChange();
    },
    onToggle(names) {
      last = stateOf(chosen(), names); // The tree shows that already.
      edit({ opened: { ...model.get("opened"), [chosen().name]: names } });
      onChange();
    },
  });
  function draw() {
    const network = chosen();
    const names = model.get("opened")[network.name] ?? [];
    menu.set(network.name);
    const state = stateOf(network, names);
    setText(
      sums,
      `${grouped(network.tree.parameters)} parameters, image ${network.size.join("×")}`,
    );
    setText(note, network.note);
    note.hidden = !network.note;
    if (state !== last) tree.show(network.tree, names, `Blocks of ${network.title}`);
    last = state;
  }
  const element = h(
    "div",
    { class: "arch-column", role: "group", "aria-label": title },
    menu.element,
    sums,
    note,
    tree.element,
    panel.element,
  );
  return {
    element,
    draw,
    color: tree.color,
    detail: () => ({ name: chosen().name, blocks: tree.blocks(), selected }),
  };
}
