/** Quiz: questions with a verdict on every answer. See __init__.py. */

import { h, uniqueId } from "../_shared/ui/dom.js";
import { mountDemo } from "../_shared/ui/mount.js";

/** Text with `code` between backticks, as DOM nodes. */
function inline(text) {
  return text.split(/`([^`]+)`/).map((part, i) => (i % 2 ? h("code", {}, part) : part));
}

/** One question: radio buttons where one option is right, checkboxes where several are. */
function question({ question: text, options }, number) {
  const name = uniqueId("quiz");
  const several = options.filter((o) => o.right).length > 1;
  const verdict = h("p", { class: "quiz-verdict", "aria-live": "polite" });
  const inputs = options.map((_, i) =>
    h("input", { type: several ? "checkbox" : "radio", name, id: `${name}-${i}` }),
  );
  const items = options.map((option, i) =>
    h("li", {}, inputs[i], h("label", { for: `${name}-${i}` }, ...inline(option.text))),
  );

  function judge(picked) {
    items.forEach((item, i) => {
      item.classList.toggle("right", inputs[i].checked && options[i].right);
      item.classList.toggle("wrong", inputs[i].checked && !options[i].right);
    });
    const { right, why } = options[picked];
    const missing = options.some((o, i) => o.right && !inputs[i].checked);
    const lead = right
      ? several && missing
        ? "Right, and there is more. "
        : "Right. "
      : "Not quite. ";
    verdict.className = `quiz-verdict ${right ? "right" : "wrong"}`;
    verdict.replaceChildren(h("strong", {}, lead), ...inline(why));
  }
  inputs.forEach((input, i) =>
    input.addEventListener("change", () => {
      if (input.checked) judge(i);
      else items[i].classList.remove("right", "wrong");
    }),
  );

  return h(
    "fieldset",
    { class: "quiz-question" },
    h("legend", {}, h("span", { class: "quiz-number" }, `${number}. `), ...inline(text)),
    several ? h("p", { class: "quiz-hint" }, "Tick all that apply.") : null,
    h("ul", { class: "quiz-options" }, ...items),
    verdict,
  );
}

function build({ model, root, watch }) {
  watch(["questions"]);
  let shown = [];
  function draw() {
    for (const old of shown) old.remove();
    shown = model.get("questions").map((entry, i) => question(entry, i + 1));
    root.prepend(...shown);
    return { count: shown.length };
  }
  return { parts: [], draw };
}

export default {
  render: (context) => mountDemo({ ...context, name: "quiz" }, build),
};
