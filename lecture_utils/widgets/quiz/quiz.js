/** Quiz: questions with a verdict on every answer. See __init__.py. */

import { h, icon, uniqueId, withCode } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { CHECK } from "../_shared/ui/icons.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { isDone, markDone } from "../_shared/ui/progress.js";

/** One question: radio buttons where one option is right, checkboxes where several are. */
function question({ question: text, options, key }, number) {
  const name = uniqueId("quiz");
  const several = options.filter((o) => o.right).length > 1;
  const verdict = h("p", { class: "quiz-verdict", "aria-live": "polite" });
  const inputs = options.map((_, i) =>
    h("input", { type: several ? "checkbox" : "radio", name, id: `${name}-${i}` }),
  );
  const items = options.map((option, i) =>
    h("li", {}, inputs[i], h("label", { for: `${name}-${i}` }, ...withCode(option.text))),
  );
  const before = h(
    "span",
    { class: "quiz-done", hidden: !isDone(key), title: "You have answered this correctly." },
    icon(CHECK),
    h("span", { class: "lu-visually-hidden" }, "Answered correctly before."),
  );

  let picked = []; // the options that are selected, the latest one at the end
  function judge() {
    items.forEach((item, i) => {
      item.classList.toggle("right", inputs[i].checked && options[i].right);
      item.classList.toggle("wrong", inputs[i].checked && !options[i].right);
    });
    verdict.className = "quiz-verdict";
    if (!picked.length) {
      verdict.replaceChildren();
      return;
    }
    const { right, why } = options[picked.at(-1)];
    const missing = options.some((o, i) => o.right && !inputs[i].checked);
    const extra = options.some((o, i) => !o.right && inputs[i].checked);
    let lead = "Not quite. ";
    if (right && extra) lead = "This option is correct, but not everything you selected is. ";
    else if (right) lead = missing ? "Correct so far, but there is more. " : "Correct. ";
    verdict.classList.add(right ? "right" : "wrong");
    verdict.replaceChildren(h("strong", {}, lead), ...withCode(why));
  }
  inputs.forEach((input, i) =>
    input.addEventListener("change", () => {
      picked = [...picked.filter((at) => at !== i), i].filter((at) => inputs[at].checked);
      judge();
      if (options.every((option, at) => option.right === inputs[at].checked)) {
        markDone(key);
        before.hidden = false;
      }
    }),
  );

  return h(
    "fieldset",
    { class: "quiz-question" },
    h("legend", {}, h("span", { class: "quiz-number" }, `${number}. `), ...withCode(text), before),
    several ? h("p", { class: "quiz-hint" }, "Select all that apply.") : null,
    h("ul", { class: "quiz-options" }, ...items),
    verdict,
  );
}

function build({ model, root, watch }) {
  watch(["questions"]);
  let entries = [];
  const newQuestions = changeDetector();
  function draw() {
    // New elements would forget what has been answered.
    if (!newQuestions(model.get("questions"))) return null;
    for (const old of entries) old.remove();
    entries = model.get("questions").map((entry, i) => question(entry, i + 1));
    root.prepend(...entries);
    return { count: entries.length };
  }
  return { parts: [], draw };
}

export default {
  render: (context) => mountDemo({ ...context, name: "quiz" }, build),
};
