/** A card per recorded filter, with its plain and its strong image; one is chosen. */

import { h, setText } from "../_shared/ui/dom.js";
import { METHODS, drawTile } from "./data.js";

/**
 * @param {{onChoose: (index: number) => void}} options
 * @returns {{element: HTMLElement, update(layer: *, sheets: *, frame: *, chosen: *): void}}
 */
export function filterCards({ onChoose }) {
  const element = h("div", {
    class: "gallery-cards",
    role: "radiogroup",
    "aria-label": "Filters of this layer",
  });
  const cards = [];

  function makeCard(i) {
    const canvases = METHODS.map(() => h("canvas", { "aria-hidden": "true" }));
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
      h("span", { class: "gallery-pair" }, canvases),
      name,
    );
    return { button, canvases, name };
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
    update(layer, sheets, frame, chosen) {
      while (cards.length < layer.channels.length) {
        const card = makeCard(cards.length);
        cards.push(card);
        element.append(card.button);
      }
      cards.forEach(({ button, canvases, name }, i) => {
        button.hidden = i >= layer.channels.length;
        if (button.hidden) return;
        METHODS.forEach((method, m) =>
          drawTile(canvases[m], layer, method, sheets[method], i, frame),
        );
        setText(name, layer.name(i));
        button.setAttribute("aria-label", layer.name(i));
        button.setAttribute("aria-checked", i === chosen);
        button.tabIndex = i === chosen ? 0 : -1;
      });
    },
  };
}
