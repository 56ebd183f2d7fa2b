/** A thumbnail per recorded filter, of which one is chosen. */

import { format } from "../_shared/math/numbers.js";
import { h, setText } from "../_shared/ui/dom.js";
import { drawTile } from "../_shared/ui/recorded.js";

/**
 * @param {{onChoose: (index: number) => void}} options
 * @returns {{element: HTMLElement, draw(state: *, sheet: *): void, mark(chosen: number): void}}
 */
export function filterCards({ onChoose }) {
  const element = h("div", {
    class: "gallery-cards",
    role: "radiogroup",
    "aria-label": "Filters of this layer",
  });
  const cards = [];

  function makeCard(i) {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const name = h("span", { class: "gallery-name" });
    const button = h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "gallery-card",
        onclick: () => onChoose(i),
        onfocus: () => onChoose(i),
        onkeydown: (event) => onKey(event, i),
      },
      canvas,
      name,
    );
    return { button, canvas, name };
  }

  function onKey(event, i) {
    const visible = cards.filter(({ button }) => !button.hidden);
    const top = visible[0].button.offsetTop;
    const columns = visible.filter(({ button }) => button.offsetTop === top).length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const ends = { Home: 0, End: visible.length - 1 };
    const to = event.key in ends ? ends[event.key] : i + steps[event.key];
    if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    visible[Math.max(0, Math.min(visible.length - 1, to))].button.focus();
  }

  return {
    element,
    draw({ layer, isNeuron }, sheet) {
      while (cards.length < layer.channels.length) {
        const card = makeCard(cards.length);
        cards.push(card);
        element.append(card.button);
      }
      cards.forEach(({ button, canvas, name }, i) => {
        button.hidden = i >= layer.channels.length;
        if (button.hidden) return;
        const kind = isNeuron ? "neuron" : "optima";
        drawTile(canvas, sheet, layer.tiles[kind][i][0]);
        const value = isNeuron ? layer.neuron[i] : layer.optima[i][0];
        setText(name, layer.name(i).replace("filter ", ""));
        button.setAttribute("aria-label", `${layer.name(i)}, activation ${format(value)}`);
      });
    },
    /** Show which card is chosen. */
    mark(chosen) {
      cards.forEach(({ button }, i) => {
        button.setAttribute("aria-checked", i === chosen);
        button.tabIndex = i === chosen ? 0 : -1;
      });
    },
  };
}
