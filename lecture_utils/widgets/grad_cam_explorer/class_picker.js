/** Choose a class: one of the image's likeliest, or any that is found by its name. */

import { percent } from "../_shared/math/percent.js";
import { h, setText, uniqueId } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { search } from "./evidence.js";

const MOST = 6;

/**
 * @param {{legend: string, names: string[], onChoose: (c: number) => void}} options
 * @returns {{element: HTMLElement, update: (chosen: number, ranked: number[],
 *   shares: Float64Array) => void}}
 */
export function classPicker({ legend, names, onChoose }) {
  const group = uniqueId("class");
  const chips = h("div", { class: "cam-likeliest" });
  const field = h("input", {
    type: "search",
    class: "cam-search",
    "aria-label": `${legend}: find any of ${names.length} classes`,
    placeholder: "any other class",
    autocomplete: "off",
  });
  const found = h("div", { class: "cam-found" });
  const status = h("span", { class: "lu-label", role: "status" });
  const element = h(
    "fieldset",
    { class: "cam-picker" },
    h("legend", { class: "lu-title" }, legend),
    h("div", { class: "cam-chips" }, chips, field, found, status),
  );
  let ranks = new Map();

  const choose = (c) => {
    field.value = "";
    list();
    onChoose(c);
  };
  function list() {
    const matches = search(names, field.value);
    found.replaceChildren(
      ...matches.slice(0, MOST).map((c) => {
        const text = `${names[c]} · rank ${ranks.get(c) + 1}`;
        const pick = () => {
          choose(c);
          field.focus();
        };
        return h("button", { type: "button", class: "lu-button small", onclick: pick }, text);
      }),
    );
    const more = matches.length - MOST;
    setText(
      status,
      more > 0
        ? `and ${more} more: keep typing`
        : field.value.trim() && !matches.length
          ? "no class has this name"
          : "",
    );
  }
  field.addEventListener("input", list);
  field.addEventListener("keydown", (event) => {
    const [first] = search(names, field.value);
    if (event.key === "Enter" && first !== undefined) choose(first);
    if (event.key === "Escape") field.value = "";
    if (event.key === "Escape") list();
  });

  let shown = "";
  const newRanks = changeDetector();
  return {
    element,
    update(chosen, ranked, shares) {
      if (newRanks(ranked)) {
        ranks = new Map(ranked.map((c, rank) => [c, rank]));
        list();
      }
      const five = ranked.slice(0, 5);
      const classes = five.includes(chosen) ? five : [...five, chosen];
      // The same chips are kept, so that the focus stays where it is.
      if (shown !== classes.join()) {
        const focused = chips.contains(document.activeElement);
        chips.replaceChildren(
          ...classes.map((c) => {
            const input = h("input", {
              type: "radio",
              name: group,
              value: c,
              onchange: () => choose(c),
            });
            return h(
              "label",
              { class: "cam-chip" },
              input,
              `${names[c]} `,
              h("span", { class: "cam-share" }),
            );
          }),
        );
        if (focused)
          /** @type {HTMLElement} */ (chips.querySelector(`[value="${chosen}"]`)).focus();
      }
      shown = classes.join();
      for (const input of chips.querySelectorAll("input")) {
        const c = Number(input.value);
        input.checked = c === chosen;
        setText(input.parentElement.querySelector(".cam-share"), percent(shares[c]));
      }
    },
  };
}
