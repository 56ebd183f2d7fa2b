/** The layers of the stack, one row each: kind, numbers, and what it sees. */

import { button } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { DOWN, REMOVE, UP } from "../_shared/ui/icons.js";

const KINDS = { conv: "convolution", max: "max pooling", average: "average pooling" };
const NUMBERS = ["kernel", "stride", "dilation"];

/**
 * @param {{limits: Record<string, any>, current: () => Record<string, any>[],
 *   change: (layers: Record<string, any>[]) => void, draw: () => void}} options `current` gives the
 *   stack as it is now: what is on screen is older if something was changed since the last frame.
 *   `draw` shows it at once.
 * @returns {{element: HTMLElement, update: (layers: Record<string, any>[], fields: Record<string,
 *   any>[]) => void}}
 */
export function layerList({ limits, current, change, draw }) {
  const body = h("tbody");
  const heads = ["", "Layer", "Kernel", "Stride", "Dilation", "Sees", "Jump", ""];
  const element = h(
    "table",
    { class: "field-layers" },
    h("caption", { class: "lu-visually-hidden" }, "Layers, first layer first"),
    h(
      "thead",
      {},
      h(
        "tr",
        {},
        ...heads.map((name) => h(name ? "th" : "td", name ? { scope: "col" } : {}, name)),
      ),
    ),
    body,
  );
  const rows = [];

  const edit = (row, changes) =>
    change(current().map((layer, i) => (i === row ? { ...layer, ...changes } : layer)));
  function move(row, by) {
    const next = [...current()];
    [next[row], next[row + by]] = [next[row + by], next[row]];
    change(next);
    draw();
    // At the end of the list, the focus goes to the button that leads back.
    const { up, down } = rows[row + by].buttons;
    const [wanted, other] = by < 0 ? [up, down] : [down, up];
    (wanted.disabled ? other : wanted).focus();
  }
  function remove(row) {
    change(current().filter((_, i) => i !== row));
    draw();
    // The focus goes to what took the position of the removed layer.
    const { buttons, kind } = rows[Math.min(row, rows.length - 1)];
    (buttons.remove.disabled ? kind : buttons.remove).focus();
  }

  function makeRow(row) {
    const kind = h(
      "select",
      {
        class: "lu-select",
        "aria-label": `Layer ${row + 1}, kind`,
        onchange: () => edit(row, { kind: kind.value }),
      },
      ...Object.entries(KINDS).map(([value, text]) => h("option", { value }, text)),
    );
    const inputs = Object.fromEntries(
      NUMBERS.map((name) => {
        const [min, max] = limits[name];
        const input = h("input", {
          type: "number",
          min,
          max,
          step: 1,
          "aria-label": `Layer ${row + 1}, ${name}`,
        });
        const isGood = () =>
          Number.isInteger(input.valueAsNumber) &&
          input.valueAsNumber >= min &&
          input.valueAsNumber <= max;
        input.addEventListener(
          "input",
          () => isGood() && edit(row, { [name]: input.valueAsNumber }),
        );
        // Anything but a whole number in range is reset to the current value.
        input.addEventListener("change", () => {
          if (!isGood()) input.value = current()[row][name];
        });
        return [name, input];
      }),
    );
    const act = (what, path, onClick) =>
      button({ path, kind: "small", title: `${what} layer ${row + 1}`, onClick });
    const buttons = {
      up: act("Move up", UP, () => move(row, -1)),
      down: act("Move down", DOWN, () => move(row, 1)),
      remove: act("Remove", REMOVE, () => remove(row)),
    };
    const [size, jump] = [h("td", { class: "field-number" }), h("td", { class: "field-number" })];
    const element = h(
      "tr",
      {},
      h("th", { scope: "row" }, row + 1),
      h("td", {}, kind),
      ...NUMBERS.map((name) => h("td", { "data-name": name }, inputs[name])),
      size,
      jump,
      h("td", { class: "field-buttons" }, ...Object.values(buttons)),
    );
    return { element, kind, inputs, buttons, size, jump };
  }

  function update(layers, fields) {
    while (rows.length > layers.length) rows.pop().element.remove();
    while (rows.length < layers.length) {
      rows.push(makeRow(rows.length));
      body.append(rows.at(-1).element);
    }
    rows.forEach(({ kind, inputs, buttons, size, jump }, i) => {
      const layer = layers[i];
      if (kind.value !== layer.kind) kind.value = layer.kind;
      for (const name of NUMBERS) {
        // Not while somebody is typing the same number.
        if (inputs[name].valueAsNumber !== layer[name]) inputs[name].value = layer[name];
      }
      setText(size, `${fields[i + 1].size}`);
      setText(jump, `${fields[i + 1].jump}`);
      buttons.up.disabled = i === 0;
      buttons.down.disabled = i === layers.length - 1;
      buttons.remove.disabled = layers.length === 1;
    });
  }
  return { element, update };
}
