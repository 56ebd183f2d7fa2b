/**
 * One layer of the list: its settings, its numbers, or the sentence that says why it does not fit.
 */

/** @import { Traits } from "../_shared/ui/model.js" */
import { grouped, memory, short } from "../_shared/math/numbers.js";
import { button } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { DOWN, REMOVE, UP } from "../_shared/ui/icons.js";
import { settingField } from "./setting_field.js";
import { times } from "./stack.js";

export const COLUMNS = ["output", "parameters", "MACs", "memory", "sees"];

/**
 * @param {{type: string, settings: Record<string, any>[], onSet: (changes: Traits, name: string)
 *   => void, onMove: (by: number) => void, onRemove: () => void, onFix: (fix: Record<string, any>)
 *   => void, say: (text: string) => void}} options `say` reads aloud.
 */
export function layerRow({ type, settings, onSet, onMove, onRemove, onFix, say }) {
  let typed = ""; // why the number typed last is refused
  let latest = null;
  const show = (text) => {
    typed = text;
    if (text) say(text);
    if (latest) explain(latest);
  };
  const fields = settings.map((setting) =>
    settingField({
      setting,
      onChange: (value) => onSet({ [setting.name]: value }, setting.name),
      onProblem: show,
    }),
  );
  const handle = h(
    "span",
    { class: "builder-handle", "aria-hidden": "true", title: "Drag to move" },
    "⠿",
  );
  const number = h("span", { class: "builder-number" });
  const cells = COLUMNS.map((name) => {
    const value = h("span", { class: "builder-value" });
    const bar =
      ["parameters", "MACs"].includes(name) &&
      h("span", { class: "builder-bar", "aria-hidden": "true" });
    const label = h("span", { class: "builder-cell-name" }, `${name} `);
    return { value, bar, element: h("span", { class: `builder-cell ${name}` }, label, value, bar) };
  });
  const tool = (path, onClick) => button({ path, title: " ", kind: "small", onClick });
  const [up, down, remove] = [
    tool(UP, () => onMove(-1)),
    tool(DOWN, () => onMove(1)),
    tool(REMOVE, onRemove),
  ];
  const message = h("p", { class: "lu-message builder-problem", hidden: true });
  const fix = button({ label: "Fix", kind: "small", onClick: () => onFix(latest.row.fix) });
  const problem = h("span");
  message.append(problem, " ", fix);
  const note = h("p", { class: "builder-note", hidden: true });
  const settingsElement = h(
    "div",
    { class: "builder-settings" },
    ...fields.map(({ element }) => element),
  );
  const element = h(
    "li",
    { class: "builder-layer" },
    h("div", { class: "builder-name" }, handle, number, h("span", { class: "builder-type" }, type)),
    ...cells.map((cell) => cell.element),
    h("div", { class: "builder-tools" }, up, down, remove),
    fields.length ? settingsElement : null,
    message,
    note,
  );

  function hide(target, hidden) {
    if (target.hidden !== hidden) target.hidden = hidden;
  }
  function explain({ row, waiting }) {
    const text = typed || (waiting ? "" : (row.problem ?? ""));
    hide(message, !text);
    setText(problem, text);
    hide(fix, Boolean(typed) || !row.fix);
    if (row.fix) setText(fix.querySelector("span"), row.fix.label);
    const remark = waiting ? row.problem : (row.note ?? "");
    hide(note, !remark);
    setText(note, remark);
  }
  function name(target, text) {
    if (target.title === text) return;
    target.title = text;
    target.setAttribute("aria-label", text);
  }
  /**
   * @param {{layer: Record<string, any>, row: Record<string, any>, index: number, last: number,
   *   waiting: boolean, more: boolean, costs: {parameters: number, macs: number}, macs: string}}
   *   state `row` is from `describe`, `costs` are the stack's, `macs` names the way of counting.
   */
  function update(state) {
    latest = state;
    const { layer, row, index, last, waiting, more, costs, macs } = state;
    const called = `layer ${index + 1}, ${type}`;
    setText(number, `${index + 1}`);
    for (const { setting, element: field, set } of fields) {
      set(layer[setting.name], `${setting.label} of ${called}`);
      hide(field, setting.more && !more && layer[setting.name] === setting.default);
    }
    if (fields.length)
      hide(
        settingsElement,
        fields.every(({ element: field }) => field.hidden),
      );
    name(up, `Move ${called} up`);
    name(down, `Move ${called} down`);
    name(remove, `Remove ${called}`);
    if (up.disabled !== (index === 0)) up.disabled = index === 0;
    if (down.disabled !== (index === last)) down.disabled = index === last;
    const texts = row.problem
      ? ["", "", "", "", ""]
      : [
          times(row.output),
          grouped(row.parameters),
          short(row[macs], { from: 1e4 }),
          memory(row.bytes),
          row.field ? times(row.field) : "–",
        ];
    cells.forEach(({ value, element: cell }, i) => {
      setText(value, texts[i]);
      hide(cell, Boolean(row.problem));
    });
    fill(cells[1].bar, row.parameters / costs.parameters);
    fill(cells[2].bar, row[macs] / costs.macs);
    const free = !row.parameters && !row[macs];
    const kind = `builder-layer${row.problem ? (waiting ? " waiting" : " wrong") : free ? " free" : ""}`;
    if (!element.classList.contains("dragged") && element.className !== kind)
      element.className = kind;
    explain(state);
  }
  /** After a move the focus stays on the button, or on its neighbor where there is no further. */
  const focusMove = (by) => {
    const wanted = by < 0 ? up : down;
    (wanted.disabled ? (by < 0 ? down : up) : wanted).focus();
  };
  const focusInput = () => (settingsElement.querySelector("input") ?? remove).focus();
  /** Drop the message about a refused number: something else has been done since. */
  const forget = () => {
    typed = "";
  };
  return { type, element, update, forget, focusMove, focusInput };
}

function fill(bar, share) {
  const width = `${(100 * (share || 0)).toFixed(1)}%`;
  if (bar.style.width !== width) bar.style.width = width;
}
