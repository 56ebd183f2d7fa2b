/** Digits of the test set to choose from. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { thumbnails } from "../_shared/ui/gallery.js";
import { SIZE } from "./center.js";

/**
 * @param {{model: Model, edit: Edit}} demo
 * @param {() => void} onChoose
 * @returns {{element: HTMLElement, current: () => (Record<string, any>|undefined), update: ()
 *   => void}}
 */
export function exampleStrip({ model, edit }, onChoose) {
  const bytes = toTyped(model.get("example_pixels"));
  const examples = model.get("examples").map((entry, i) => {
    const values = Float32Array.from(
      bytes.subarray(i * SIZE * SIZE, (i + 1) * SIZE * SIZE),
      (byte) => byte / 255,
    );
    return { ...entry, values, rows: SIZE, columns: SIZE };
  });
  const strip = thumbnails({
    legend: "Examples",
    onChoose: (name) => {
      const { values } = examples.find((example) => example.name === name);
      onChoose();
      edit({ source: name, image: fromTyped(values, [SIZE, SIZE]) });
    },
  });
  for (const { name, label, predicted, ...image } of examples) {
    const wrong = label !== predicted;
    strip.put(name, {
      image,
      title: wrong ? `Digit ${label}, misread as ${predicted}` : `Digit ${label}`,
    });
    strip.element
      .querySelector(`input[value="${name}"]`)
      .parentElement.classList.toggle("wrong", wrong);
  }
  return {
    element: strip.element,
    current: () => examples.find(({ name }) => name === model.get("source")),
    update: () => strip.set(model.get("source")),
  };
}
