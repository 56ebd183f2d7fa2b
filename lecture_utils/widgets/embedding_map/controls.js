/** What can be chosen: stage, method, and what is drawn of the images. */

/** @import { Maps } from "./data.js" */
/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { checkbox, segmented } from "../_shared/ui/controls.js";
import { h, svg } from "../_shared/ui/dom.js";
import { METHODS } from "./data.js";
import { color, shape } from "./points.js";

const swatch = (attributes) =>
  svg(
    "svg",
    { class: "map-swatch", viewBox: "0 0 14 14", "aria-hidden": "true" },
    svg("path", attributes),
  );

/**
 * @param {{model: Model, edit: Edit, maps: Maps, hasImages: boolean}} options
 * @returns {{choices: HTMLElement, checks: HTMLElement, update: (stage: string, method: string)
 *   => void}}
 */
export function mapControls({ model, edit, maps: { stages, classes }, hasImages }) {
  const stageChoice = segmented({
    legend: "Stage",
    options: stages.map(({ name }) => ({ value: name, label: name })),
    value: model.get("stage"),
    onChange: (value) => edit({ stage: value }),
  });
  const methodChoice = segmented({
    legend: "Method",
    options: METHODS.map((value) => ({ value, label: value })),
    value: model.get("method"),
    onChange: (value) => edit({ method: value }),
  });
  const check = (onChange, ...content) => checkbox({ name: "map-check", onChange }, ...content);
  const classChecks = classes.map((name, place) =>
    check(
      (on) => {
        const others = model.get("hidden").filter((other) => other !== name);
        edit({ hidden: on ? others : [...others, name] });
      },
      swatch({ d: shape(place, 7, 7, 4.5), fill: color(place) }),
      name,
    ),
  );
  const cross = swatch({ class: "cross", d: "M3 3l8 8M3 11l8-8" });
  const onlyWrong = check((on) => edit({ only_wrong: on }), cross, "misclassified images only");
  const asImages = check((on) => edit({ as_images: on }), "images instead of shapes");
  asImages.element.hidden = !hasImages;
  function update(stage, method) {
    stageChoice.set(stage);
    methodChoice.set(method);
    const hidden = model.get("hidden");
    classChecks.forEach(({ set }, i) => set(!hidden.includes(classes[i])));
    onlyWrong.set(model.get("only_wrong"));
    asImages.set(model.get("as_images"));
  }
  const legend = h("legend", { class: "lu-visually-hidden" }, "Classes");
  return {
    choices: h("div", { class: "map-choose" }, stageChoice.element, methodChoice.element),
    checks: h(
      "div",
      { class: "map-checks" },
      h("fieldset", { class: "map-classes" }, legend, ...classChecks.map(({ element }) => element)),
      onlyWrong.element,
      asImages.element,
    ),
    update,
  };
}
