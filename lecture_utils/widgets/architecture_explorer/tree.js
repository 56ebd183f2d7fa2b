/** One network as a tree of blocks to open, with its branches side by side. */

import { h, setText } from "../_shared/ui/dom.js";
import { amount, heading, remark, sentence } from "./block.js";

/**
 * @param {{onSelect: (block: Record<string, any>) => void, onToggle: (names: string[]) => void}}
 *   options `names` are those of the blocks that are open.
 * @returns {{element: HTMLElement, show: Function, color: Function, blocks: () => Record<string,
 *   any>[]}}
 */
export function treeView({ onSelect, onToggle }) {
  const element = h("div", { class: "arch-tree", role: "tree" });
  let total = null;
  let cost = "parameters";
  let largest = 1;
  let open = new Set();
  let closedBranches = new Set();
  let selected = null;
  let rows = new Map(); // From an element of the tree to its block or branch.

  /** Show another network, or the same with other blocks open. */
  function show(network, names, label) {
    if (total !== network) closedBranches = new Set();
    const id = total === network && selected ? rows.get(selected)?.id : null;
    const focused = element.contains(document.activeElement);
    total = network;
    open = new Set(names);
    rows = new Map();
    element.setAttribute("aria-label", label);
    element.replaceChildren(...network.children.flatMap((block) => make(block, 1)));
    const items = [...rows.keys()];
    const again = items.find((item) => rows.get(item).id === id);
    const last = items.filter((item) => names.includes(rows.get(item).name)).at(-1);
    select(again ?? last ?? items[0]);
    if (focused) selected.focus({ preventScroll: true });
  }

  /** Make the elements of a block: one, or for branches what holds them. */
  function make(block, level) {
    if (block.kind !== "parallel") return [item(block, level)];
    const branches = block.branches.map((branch) => branchItem(branch, level));
    return [h("div", { class: "arch-parallel", role: "none" }, branches)];
  }

  function item(block, level) {
    const node = blockNode(block, level, total);
    rows.set(node, block);
    if (block.children.length) unfold(node, open.has(block.name), level);
    paint(node, block);
    return node;
  }

  function branchItem(branch, level) {
    const node = branchNode(branch, level);
    rows.set(node, branch);
    if (branch.blocks.length) unfold(node, !closedBranches.has(branch.id), level);
    return node;
  }

  /** Open or close an element of the tree; what is inside exists only while it is open. */
  function unfold(node, wanted, level = Number(node.getAttribute("aria-level"))) {
    node.setAttribute("aria-expanded", wanted);
    const group = node.querySelector(":scope > .arch-group");
    if (wanted && !group) {
      const { children, blocks } = rows.get(node);
      const inner = (children ?? blocks).flatMap((block) => make(block, level + 1));
      node.append(h("div", { class: "arch-group", role: "group" }, inner));
    } else if (!wanted && group) {
      for (const gone of group.querySelectorAll('[role="treeitem"]')) rows.delete(gone);
      if (group.contains(selected)) select(node);
      group.remove();
    }
  }

  function toggle(node, wanted = node.getAttribute("aria-expanded") !== "true") {
    if (!node.hasAttribute("aria-expanded")) return;
    const shown = rows.get(node);
    unfold(node, wanted);
    const set = shown.blocks ? closedBranches : open;
    const key = shown.blocks ? shown.id : shown.name;
    if (wanted !== Boolean(shown.blocks)) set.add(key);
    else set.delete(key);
    onToggle([...open]);
  }

  function select(node) {
    if (selected) {
      selected.tabIndex = -1;
      selected.setAttribute("aria-selected", "false");
    }
    selected = node;
    selected.tabIndex = 0;
    selected.setAttribute("aria-selected", "true");
    const shown = rows.get(node);
    // A branch has no facts of its own.
    onSelect(shown.blocks ? sum(shown) : shown);
  }

  function paint(node, block) {
    const [row] = node.children;
    const share = Math.min(1, block[cost] / largest);
    row.firstChild.style.width = `${(100 * share).toFixed(2)}%`;
    setText(row.querySelector(".arch-value"), amount(block[cost], cost));
  }

  /** Draw the bars for a cost; `most` is the cost of a bar that fills its width. */
  function color(newCost, most) {
    cost = newCost;
    largest = most || 1;
    for (const [node, block] of rows) if (!block.blocks) paint(node, block);
  }

  function move(node) {
    if (!node) return;
    select(node);
    node.focus();
  }

  listenToKeys(element, { selected: () => selected, move, toggle, has: (node) => rows.has(node) });
  element.addEventListener("click", (event) => {
    const at = /** @type {Element} */ (event.target);
    const node = at.closest('[role="treeitem"]');
    if (!node || !at.closest(".arch-row")) return;
    move(node);
    toggle(node);
  });

  /** What is on screen, from top to bottom. */
  const blocks = () => [...element.querySelectorAll(".arch-item")].map((node) => rows.get(node));
  return { element, show, color, blocks };
}

/** The element of a block: its name, its cost and a bar. */
function blockNode(block, level, total) {
  const row = h(
    "div",
    { class: "arch-row", "aria-hidden": "true" },
    h("span", { class: "arch-bar" }),
    h("span", { class: "arch-mark" }, block.children.length ? "▸" : ""),
    h("span", { class: "arch-name" }, heading(block)),
    h("span", { class: "arch-value" }),
    h("span", { class: "arch-remark" }, remark(block)),
  );
  return treeItem(
    `arch-item${block.trainingOnly ? " training-only" : ""}`,
    level,
    sentence(block, total),
    row,
  );
}

/** The element of a branch. */
function branchNode({ number, of, blocks }, level) {
  const name = blocks.length ? `branch ${number}` : "shortcut";
  const what = blocks.length ? "" : ", a shortcut: nothing is computed";
  const row = h("div", { class: "arch-row", "aria-hidden": "true" }, name);
  return treeItem(
    `arch-branch ${blocks.length ? "" : "shortcut"}`,
    level,
    `Branch ${number} of ${of}${what}`,
    row,
  );
}

function treeItem(kind, level, label, row) {
  const attributes = { class: kind, role: "treeitem", "aria-level": level, tabindex: -1 };
  return h("div", { ...attributes, "aria-selected": "false", "aria-label": label }, row);
}

/** Keys as in every tree: arrows, Home, End, Enter, * and the first letters of a name. */
function listenToKeys(element, { selected, move, toggle, has }) {
  const parent = (node) => node.parentElement.closest('[role="treeitem"]');
  let typed = "";
  let typedAt = 0;
  /** Go to the next block whose name begins with what is being typed. */
  function find(event, items, at) {
    typed =
      event.timeStamp - typedAt < 700 ? typed + event.key.toLowerCase() : event.key.toLowerCase();
    typedAt = event.timeStamp;
    const from = typed.length > 1 ? at : at + 1;
    const order = [...items.slice(from), ...items.slice(0, from)];
    move(
      order.find((node) =>
        node.firstChild.textContent.replace("▸", "").toLowerCase().startsWith(typed),
      ),
    );
  }
  element.addEventListener("keydown", (event) => {
    const here = selected();
    if (event.ctrlKey || event.metaKey || event.altKey || !here) return;
    const items = [...element.querySelectorAll('[role="treeitem"]')];
    const at = items.indexOf(here);
    const expanded = here.getAttribute("aria-expanded");
    const actions = {
      ArrowDown: () => move(items[at + 1]),
      ArrowUp: () => move(items[at - 1]),
      ArrowRight: () => (expanded === "true" ? move(items[at + 1]) : toggle(here, true)),
      ArrowLeft: () => (expanded === "true" ? toggle(here, false) : move(parent(here))),
      Home: () => move(items[0]),
      End: () => move(items.at(-1)),
      Enter: () => toggle(here),
      " ": () => toggle(here),
      "*": () =>
        [...here.parentElement.children].forEach((node) => has(node) && toggle(node, true)),
    };
    if (!actions[event.key] && event.key.length > 1) return;
    event.preventDefault();
    if (actions[event.key]) actions[event.key]();
    else find(event, items, at);
  });
}

/** A branch as if it were a block. */
function sum({ number, of, blocks }) {
  const add = (cost) => blocks.reduce((all, block) => all + block[cost], 0);
  const { shape = 0, field = 0 } = blocks.at(-1) ?? {};
  const label = blocks.length ? `Branch ${number} of ${of}` : "Shortcut: nothing is computed";
  return {
    name: "",
    kind: "branch",
    label,
    shape,
    field,
    children: [],
    parameters: add("parameters"),
    macs: add("macs"),
    memory: add("memory"),
  };
}
