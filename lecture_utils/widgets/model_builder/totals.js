/** The stack's totals, and two strips that show which layers have them. */

import { grouped, memory, short } from "../_shared/math/numbers.js";
import { percent } from "../_shared/math/percent.js";
import { h, setText } from "../_shared/ui/dom.js";

/**
 * @returns {{element: HTMLElement, update: (totals: Record<string, any>, layers: Record<string,
 *   any>[], rows: Record<string, any>[], macs: string) => void}}
 */
export function totalsPanel() {
  const facts = h("p", { class: "builder-totals" });
  const strips = ["Parameters", "MACs"].map((name) => {
    const strip = h("span", { class: "builder-strip", "aria-hidden": "true" });
    const words = h("span", { class: "lu-label" });
    const title = h("span", { class: "lu-title" }, name);
    return {
      strip,
      words,
      pieces: [],
      element: h("div", { class: "builder-share" }, title, strip, words),
    };
  });
  const element = h(
    "div",
    { class: "builder-sums" },
    facts,
    ...strips.map((strip) => strip.element),
  );

  function share({ strip, words, pieces }, layers, values) {
    const total = values.reduce((sum, value) => sum + value, 0);
    while (pieces.length < values.length) {
      pieces.push(h("span", { class: "builder-piece" }));
      strip.append(pieces.at(-1));
    }
    while (pieces.length > values.length) pieces.pop().remove();
    let shown = 0;
    values.forEach((value, i) => {
      const part = total ? value / total : 0;
      pieces[i].hidden = part === 0;
      pieces[i].style.flexGrow = part;
      pieces[i].classList.toggle("other", part > 0 && shown++ % 2 === 1);
      setText(pieces[i], part > 0.06 ? `${i + 1}` : "");
    });
    const most = values.indexOf(Math.max(...values));
    const part = percent(values[most] / total, 0).replace(">", "more than ");
    setText(
      words,
      total ? `Layer ${most + 1} (${layers[most].type}) has ${part} of them.` : "There are none.",
    );
  }
  function update(totals, layers, rows, macs) {
    const known = totals.valid ? "" : "So far: ";
    const output = totals.output ? ` Output shape: ${totals.output.join("×")}.` : "";
    const text =
      `${known}${grouped(totals.parameters)} parameters (${memory(4 * totals.parameters)}), ` +
      `${grouped(totals.macs)} MACs per image (${short(totals.macs, { from: 1e4 })}), ${memory(totals.bytes)} of activations.${output}`;
    setText(facts, text);
    share(
      strips[0],
      layers,
      rows.map((row) => row.parameters ?? 0),
    );
    share(
      strips[1],
      layers,
      rows.map((row) => row[macs] ?? 0),
    );
  }
  return { element, update };
}
