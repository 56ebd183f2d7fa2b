/** Budget, strength of the selected method, and what the curves show. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
/** @import { Lab } from "./data.js" */
/** @import { Shown } from "./state.js" */
import { segmented } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { capital, settingNote } from "./text.js";

const titled = (name, ...content) =>
  h(
    "div",
    { class: "regularization-setting" },
    name && h("span", { class: "lu-label", "aria-hidden": "true" }, name),
    ...content,
  );

/**
 * @param {{lab: Lab, model: Model, edit: Edit}} options
 * @returns {{budget: HTMLElement, strength: HTMLElement, quantity: HTMLElement,
 *   update: (shown: Shown) => void}}
 */
export function settingsPanel({ lab, model, edit }) {
  const budget = segmented({
    legend: "Budget in epochs",
    options: lab.budgets.map((epochs) => ({ value: epochs, label: String(epochs) })),
    value: null,
    onChange: (epochs) => edit({ budget: epochs }),
  });
  const quantity = segmented({
    legend: "Curves of",
    options: ["accuracy", "loss"].map((value) => ({ value, label: value })),
    value: "accuracy",
    onChange: (value) => edit({ quantity: value }),
  });
  function choose(method, strength) {
    const others = { ...model.get("strengths") };
    delete others[method];
    edit({ strengths: strength ? { ...others, [method]: strength } : others });
  }
  // One per method: what is recorded differs.
  const strengths = lab.methods.map(({ name, label, strengths: known }) => {
    if (known[0] === "on") return null;
    return segmented({
      legend: `Strength of ${label}`,
      options: [
        { value: "", label: "best on validation" },
        ...known.map((value) => ({ value, label: value })),
      ],
      value: "",
      onChange: (strength) => choose(name, strength),
    });
  });
  const none = h("span", { class: "regularization-none" });
  const [note, title] = [h("p", { class: "lu-label regularization-note" }), h("span")];

  /** @param {Shown} shown */
  function update({ rows, selected, budget: epochs, quantity: what }) {
    budget.set(epochs);
    quantity.set(what);
    rows.forEach((row, i) => {
      const control = strengths[i];
      if (!control) return;
      control.set(row.byHand ? row.strength : "");
      control.element.hidden = row !== selected;
    });
    none.hidden = selected.graded;
    setText(none, selected.method === "none" ? "nothing to set" : "either on or off");
    setText(title, selected.graded ? `Strength of ${selected.label}` : capital(selected.label));
    setText(note, settingNote(selected));
  }
  return {
    budget: titled("Budget, in epochs", budget.element),
    quantity: titled("Curves of", quantity.element),
    strength: h(
      "div",
      { class: "regularization-strength" },
      titled(
        "",
        h("span", { class: "lu-title", "aria-hidden": "true" }, title),
        ...strengths.flatMap((control) => (control ? [control.element] : [])),
        none,
      ),
      note,
    ),
    update,
  };
}
