/**
 * Twelve tiles of which one is chosen: by mouse, finger or arrow keys. A mouse only has to hover.
 */

import { h } from "../_shared/ui/dom.js";
import { TILES } from "./draws.js";
import { painter } from "./images.js";

/**
 * @param {{side: number, onChoose: (tile: number) => void, onHover: (tile: number|null) => void}}
 *   options
 * @returns {{element: HTMLElement, update(versions: *, chosen: *): void}}
 */
export function grid({ side, onChoose, onHover }) {
  const tiles = Array.from({ length: TILES }, (_, tile) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const element = h(
      "button",
      {
        type: "button",
        role: "radio",
        class: "aug-tile",
        "aria-label": `Version ${tile + 1}`,
        onclick: () => onChoose(tile),
        onfocus: () => onChoose(tile),
        onpointerenter: ({ pointerType }) => pointerType === "mouse" && onHover(tile),
        onpointerleave: () => onHover(null),
        onkeydown: (event) => onKey(event, tile),
      },
      canvas,
    );
    return { element, paint: painter(canvas, side) };
  });
  const element = h(
    "div",
    { class: "aug-grid", role: "radiogroup", "aria-label": "Versions of the image" },
    ...tiles.map((tile) => tile.element),
  );

  function onKey(event, tile) {
    const top = tiles[0].element.offsetTop;
    const columns = tiles.filter((each) => each.element.offsetTop === top).length;
    const steps = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns, ArrowUp: -columns };
    const ends = { Home: 0, End: TILES - 1 };
    const to = event.key in ends ? ends[event.key] : tile + steps[event.key];
    if (Number.isNaN(to) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    tiles[(to + TILES) % TILES].element.focus();
  }

  let marked = null;
  return {
    element,
    update(versions, chosen) {
      tiles.forEach(({ paint }, i) => paint(versions[i].pixels));
      if (marked === chosen) return;
      marked = chosen;
      tiles.forEach(({ element: tile }, i) => {
        tile.setAttribute("aria-checked", String(i === chosen));
        tile.tabIndex = i === chosen ? 0 : -1;
      });
    },
  };
}
