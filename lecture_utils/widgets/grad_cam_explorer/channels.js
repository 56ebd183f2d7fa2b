/** The channels that a map is the sum of: each with its weight, and added one by one. */

import { segmented, slider } from "../_shared/ui/controls.js";
import { raster, signedScale } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { signedLegend } from "../_shared/ui/legend.js";
import { format, grouped, precise } from "../_shared/math/numbers.js";
import { total } from "./evidence.js";

const COUNT = 8;

function tile(kind) {
  const canvas = h("canvas", { role: "img" });
  const text = h("figcaption");
  const paint = raster(canvas);
  return {
    element: h("figure", { class: `cam-tile ${kind}` }, canvas, text),
    draw(values, rows, columns, scale, name, caption) {
      paint(values, rows, columns, scale);
      canvas.setAttribute("aria-label", name);
      if (text.dataset.caption !== caption.join())
        text.replaceChildren(...caption.map((line) => h("span", {}, line)));
      text.dataset.caption = caption.join();
    },
  };
}

/**
 * @param {{onAdded: (count: number) => void, onOrder: (order: string) => void}} options
 * @returns {{element: HTMLElement, draw({layer, channels, count, ordered, sum, map, name, away,
 *   dark, limits }: Record<string, any>): void}}
 */
export function channelView({ onAdded, onOrder }) {
  const title = h("p", { class: "lu-title" });
  const order = segmented({
    legend: "Which channels come first",
    options: [
      { value: "effect", label: "largest effect" },
      { value: "weight", label: "largest weight" },
    ],
    value: "effect",
    onChange: onOrder,
  });
  const added = slider({
    label: "Channels added up",
    min: 0,
    max: COUNT,
    value: COUNT,
    onInput: onAdded,
  });
  const tiles = Array.from({ length: COUNT }, (_, i) => {
    const one = tile("");
    const card = h(
      "button",
      { type: "button", class: "cam-card", onclick: () => onAdded(i + 1) },
      one.element,
    );
    return { ...one, card };
  });
  const [partial, whole] = [tile("sum"), tile("sum")];
  const [partLegend, legend] = [signedLegend(), signedLegend()];
  const verdict = h("p", { class: "cam-verdict" });
  const element = h(
    "div",
    { class: "cam-channels", role: "group", "aria-label": "Channels" },
    h("div", { class: "cam-row" }, title, order.element),
    h(
      "div",
      { class: "cam-cards" },
      tiles.map(({ card }) => card),
    ),
    partLegend.element,
    added.element,
    h(
      "div",
      { class: "cam-sums" },
      partial.element,
      h("span", { class: "cam-sign", "aria-hidden": "true" }, "→"),
      whole.element,
      h("div", {}, verdict, legend.element),
    ),
  );
  return {
    element,
    /** @param {Record<string, any>} state What `grad_cam_explorer.js` has computed. */
    draw({ layer, channels, count, ordered, sum, map, name, away, dark, limits }) {
      const { rows, columns, channels: all } = layer;
      order.set(ordered);
      added.set(count);
      setText(title, `${COUNT} of the ${grouped(all)} channels`);
      const [parts, scale] = [signedScale(limits.partLimit, dark), signedScale(limits.limit, dark)];
      partLegend.update(limits.partLimit, dark);
      channels.forEach(({ channel, weight, part }, i) => {
        const share = format(total(part), 2);
        const text = `Channel ${channel}: weight ${precise(weight, 2)}, adds ${share}`;
        tiles[i].draw(part, rows, columns, parts, text, [
          `#${channel}`,
          `× ${precise(weight, 2)}`,
          `adds ${share}`,
        ]);
        tiles[i].card.classList.toggle("off", i >= count);
        tiles[i].card.setAttribute("aria-pressed", String(i < count));
        tiles[i].card.setAttribute("aria-label", `${text}. Add the first ${i + 1}`);
      });
      const first = count === 1 ? "the first channel" : `the first ${count} channels`;
      const words = count ? `Sum of ${first}` : "Empty sum";
      partial.draw(sum, rows, columns, scale, words, [
        count ? `sum of ${first}` : "nothing added yet",
      ]);
      whole.draw(map, rows, columns, scale, `The whole map for ${name}`, [
        `all ${grouped(all)} channels`,
      ]);
      legend.update(limits.limit, dark);
      setText(
        verdict,
        `The cells of the sum total ${format(total(sum), 2)}; the other ${grouped(all - count)} channels add ` +
          `${format(total(map) - total(sum), 2)}. So far, the sum differs from the whole map by ${format(100 * away, 0)}%.`,
      );
    },
  };
}
