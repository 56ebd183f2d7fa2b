/** The layers of a network, from the image to the output, of which one is chosen. */

import { h, uniqueId } from "./dom.js";

/**
 * @param {(label: string) => void} onChoose
 * @returns {{element: HTMLElement, update(network: Record<string, any>, layers: {label: string,
 *   note: string}[], chosen: string): void}}
 */
export function layerStrip(onChoose) {
  const group = uniqueId("layer");
  const row = h("div", { class: "lu-layers" });
  const element = h("fieldset", {}, h("legend", { class: "lu-visually-hidden" }, "Layer"), row);
  let built = null;
  return {
    element,
    /**
     * @param {Record<string, any>} network Whose layers these are; if it is the same as before,
     *   they are, too.
     * @param {{label: string, note: string}[]} layers
     * @param {string} chosen
     */
    update(network, layers, chosen) {
      if (built !== network) {
        row.replaceChildren(
          ...layers.map(({ label, note }) =>
            h(
              "label",
              { class: "lu-layer" },
              h("input", {
                type: "radio",
                name: group,
                value: label,
                onchange: () => onChoose(label),
              }),
              h("span", { class: "lu-title" }, label),
              h("span", { class: "lu-label" }, note),
            ),
          ),
        );
        built = network;
      }
      for (const input of row.querySelectorAll("input")) input.checked = input.value === chosen;
    },
  };
}
