/**
 * A card per filter, with its maps for the two images; one card is chosen: by mouse, finger or
 * keys.
 */

import { raster } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { format } from "../_shared/math/numbers.js";

const FIRST = 48;

/**
 * @param {{label: string, onChoose: (filter: number) => void}} options
 */
export function cardGrid({ label, onChoose }) {
  const grid = h("div", { class: "fme-grid", role: "radiogroup", "aria-label": label });
  const more = h("button", {
    type: "button",
    class: "lu-button small fme-more",
    hidden: true,
    onclick: showMore,
  });
  const element = h("div", { class: "fme-scroll" }, grid, more);
  const cards = [];
  let limit = FIRST;
  let shown = null;
  let stop = null; // The card that the Tab key reaches: the chosen one, or else the first.

  function makeCard() {
    const maps = [h("canvas"), h("canvas")];
    const values = [h("span"), h("span")];
    const name = h("span", { class: "fme-number" });
    const mark = h("span", { class: "fme-dead" }, "dead");
    const button = h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "fme-card",
        "aria-checked": "false",
        tabindex: -1,
        onkeydown: (event) => onKey(event, card),
      },
      h("span", { class: "fme-heading" }, name, mark),
      h("span", { class: "fme-maps" }, maps),
      h("span", { class: "fme-values" }, values),
    );
    const card = { button, name, mark, values, paint: maps.map(raster), filter: -1 };
    const choose = () => onChoose(card.filter);
    button.addEventListener("click", choose);
    button.addEventListener("focus", choose);
    return card;
  }

  function onKey(event, card) {
    const visible = cards.filter(({ button }) => !button.hidden);
    const { offsetTop: top } = visible[0].button;
    const columns = visible.filter(({ button }) => button.offsetTop === top).length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const ends = { Home: 0, End: visible.length - 1 };
    const to = event.key in ends ? ends[event.key] : visible.indexOf(card) + steps[event.key];
    if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    visible[Math.max(0, Math.min(visible.length - 1, to))].button.focus();
  }

  function showMore() {
    const first = limit;
    limit *= 3;
    draw();
    cards[first]?.button.focus();
  }

  /** Show what `update` was told, as many cards as there is room for. */
  function draw() {
    const { filters, levels, size, scale, describe, values, isDead } = shown;
    const count = Math.min(limit, filters.length);
    while (cards.length < count) {
      const card = makeCard();
      cards.push(card);
      grid.append(card.button);
    }
    cards.forEach((card, i) => {
      card.button.hidden = i >= count;
      if (i >= count) return;
      const filter = filters[i];
      card.filter = filter;
      setText(card.name, `${filter}`);
      card.mark.hidden = !isDead(filter);
      values(filter).forEach((value, side) => {
        setText(card.values[side], format(value, 2));
        card.paint[side](levels(filter, side), ...size, scale);
      });
      card.button.classList.toggle("dead", isDead(filter));
      card.button.setAttribute("aria-label", describe(filter));
    });
    more.hidden = count >= filters.length;
    setText(more, `Show more of the ${filters.length} filters`);
    mark(shown.chosen);
  }

  function mark(chosen) {
    shown.chosen = chosen;
    const visible = cards.filter(({ button }) => !button.hidden);
    const next = visible.find(({ filter }) => filter === chosen) ?? visible[0];
    if (stop && stop !== next) put(stop, false, -1);
    stop = next;
    put(stop, stop.filter === chosen, 0);
  }
  function put({ button }, checked, tabIndex) {
    button.setAttribute("aria-checked", String(checked));
    button.tabIndex = tabIndex;
  }

  return {
    element,
    mark,
    /**
     * @param {{filters: number[], chosen: number, size: number[], scale: Record<string, any>,
     *   levels: (filter: number, side: number) => Uint8Array, values: (filter: number) => number[],
     *   describe: (filter: number) => string, isDead: (filter: number) => boolean}} what
     */
    update(what, restart) {
      if (restart) {
        limit = FIRST;
        element.scrollTop = 0;
      }
      shown = what;
      element.classList.toggle("smooth", what.size[0] > 50);
      draw();
    },
    filters: () => cards.filter(({ button }) => !button.hidden).map(({ filter }) => filter),
  };
}
