/** All feature maps of the layer, one of which is chosen. */

import { maxMagnitude } from "../_shared/math/image.js";
import { h } from "../_shared/ui/dom.js";
import { signed, tile } from "./views.js";

/**
 * @param {(index: number) => void} onChoose
 * @returns {{element: HTMLElement, draw: (state: Record<string, any>, names: string[],
 *   chosen: number, dark: boolean) => void}}
 */
export function mapCards(onChoose) {
  const element = h("div", {
    class: "maps-stack",
    role: "radiogroup",
    "aria-label": "Feature maps",
  });
  const cards = [];
  function makeCard(i) {
    const view = tile();
    const card = h("button", {
      type: "button",
      class: "maps-card",
      role: "radio",
      onclick: () => onChoose(i),
      onkeydown: (event) => {
        const to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1 }[
          event.key
        ];
        if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
        event.preventDefault();
        const next = (to + cards.length) % cards.length;
        onChoose(next);
        cards[next].card.focus();
      },
    });
    card.append(view.element);
    element.append(card);
    return { card, view };
  }
  function draw({ d, maps, mapSize }, names, chosen, dark) {
    while (cards.length > d) cards.pop().card.remove();
    while (cards.length < d) cards.push(makeCard(cards.length));
    cards.forEach(({ card, view }, i) => {
      view.draw(
        maps[i],
        mapSize,
        signed(maxMagnitude(maps[i]), dark),
        `Map ${i + 1}: ${names[i]}`,
        names[i],
      );
      card.setAttribute("aria-checked", i === chosen);
      card.setAttribute("aria-label", names[i]);
      card.tabIndex = i === chosen ? 0 : -1;
    });
  }
  return { element, draw };
}
