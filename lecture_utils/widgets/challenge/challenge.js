/** Challenge: a task to be solved with a demo, which is shown inside. See __init__.py. */

import { button, disclosure, enable } from "../_shared/ui/controls.js";
import { h, icon, setText, withCode } from "../_shared/ui/dom.js";
import { CHECK } from "../_shared/ui/icons.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { isDone, markDone } from "../_shared/ui/progress.js";
import { holds, lack } from "./goal.js";

/**
 * @typedef {object} Host What anywidget and the static page offer for showing another widget.
 * @property {(reference: string) => Promise<import("../_shared/ui/model.js").Model>} getModel
 * @property {(reference: string) => Promise<{render: (view: {el: HTMLElement, signal:
 *   AbortSignal}) => Promise<void>}>} getWidget
 */

/** The conditions as a list: what is asked for, and what is missing. */
function goalList(goal) {
  const items = goal.map(({ label }) => {
    const words = h("span", { class: "goal-lack" });
    const state = h("span", { class: "lu-visually-hidden" }, "Not met. ");
    const element = h("li", {}, icon(CHECK), h("span", {}, state, ...withCode(label)), words);
    return { element, state, words };
  });
  function update(readings) {
    goal.forEach((condition, i) => {
      const { element, state, words } = items[i];
      const met = holds(condition, readings);
      element.classList.toggle("met", met);
      setText(state, met ? "Met. " : "Not met. ");
      setText(words, met ? "" : lack(condition, readings));
    });
  }
  const element = h("ul", { class: "challenge-goal" }, ...items.map((item) => item.element));
  return { element, update };
}

/** Hints, of which each click shows one more. */
function hintList(hints, say) {
  let shown = 0;
  const list = h("ol", { class: "challenge-hints", hidden: true });
  const label = () => (shown ? `Show hint ${shown + 1} of ${hints.length}` : "Show a hint");
  const more = button({
    label: label(),
    onClick() {
      const hint = hints[shown];
      shown += 1;
      list.hidden = false;
      list.append(h("li", {}, ...withCode(hint)));
      say(hint);
      const isLast = shown === hints.length;
      enable(more, !isLast);
      setText(more.querySelector("span"), isLast ? "No more hints" : label());
    },
  });
  return { list, more: hints.length > 0 && more };
}

const imageOf = ({ source, width, height, alt }) =>
  h("img", { src: source, width, height, alt, decoding: "async" });

/**
 * @param {import("../_shared/ui/mount.js").Demo} demo
 * @param {Host|undefined} host
 */
function build(demo, host) {
  const { model, root, signal, request } = demo;
  const [name, goal, title] = ["name", "goal", "title"].map((trait) => model.get(trait));
  const minutes = model.get("minutes");
  const goals = goalList(goal);
  const hints = hintList(model.get("hints"), demo.say);
  const verdict = h("p", { class: "challenge-verdict" });
  const before = h(
    "span",
    { class: "challenge-before", hidden: !isDone(name) },
    icon(CHECK),
    "solved",
  );
  // The demo inside tells what it computes only where somebody asks.
  const stage = h("div", { class: "challenge-demo", "data-readings": "" });
  const images = model.get("images").map(imageOf);

  let reported = null;
  let inner = null;
  stage.addEventListener(
    "lu:readings",
    (/** @type {CustomEvent} */ { detail }) => {
      reported = read(detail);
      request();
    },
    { signal },
  );
  /** The readings that the goal is about: those that the demo computed, and its traits then. */
  function read(computed) {
    const names = goal.map(({ reading }) => reading);
    const current = (each) => (each in computed ? computed[each] : inner.get(each));
    return Object.fromEntries(names.map((each) => [each, current(each)]));
  }

  async function showDemo() {
    // ipywidgets and anywidget write references in two ways.
    const reference = model.get("demo").replace(/^IPY_MODEL_/, "anywidget:");
    try {
      if (!host) throw new Error("it needs anywidget 0.11 or newer, so update that first");
      inner = await host.getModel(reference);
      const widget = await host.getWidget(reference);
      await widget.render({ el: stage, signal });
    } catch (error) {
      // The task, its hints and its solution are still worth reading.
      console.error("The demo of a challenge could not start:", error);
      const text = `The demo could not start: ${error.message}. Reload the page to try again.`;
      stage.replaceChildren(h("p", { class: "lu-message", role: "alert" }, text));
      return null;
    }
    return update();
  }

  function update() {
    if (!reported) return null;
    const readings = reported;
    const lacks = goal.filter((each) => !holds(each, readings)).map((each) => lack(each, readings));
    const solved = lacks.length === 0;
    goals.update(readings);
    if (solved) markDone(name);
    root.classList.toggle("solved", solved);
    before.hidden = !isDone(name);
    setText(
      verdict,
      solved
        ? "Solved! Open the solution to see why this works."
        : "Not solved yet. All of these conditions must be met:",
    );
    demo.tellState(solved ? `${title}: solved.` : `Not solved yet. ${lacks.join(" ")}`);
    return { name, solved, missing: lacks, readings };
  }
  let started = null;
  function draw() {
    if (started) return update();
    started = showDemo();
    return started;
  }

  const parts = [
    h(
      "p",
      { class: "challenge-head" },
      h("span", { class: "challenge-kicker" }, "Challenge"),
      h("span", { class: "lu-label" }, minutes === 1 ? "a minute" : `${minutes} minutes`),
      before,
    ),
    h("p", { class: "challenge-title lu-title" }, ...withCode(title)),
    h("p", { class: "challenge-task" }, ...withCode(model.get("task"))),
    images.length > 0 && h("div", { class: "challenge-images" }, ...images),
    h("div", { class: "challenge-state" }, verdict, goals.element),
    stage,
    h("div", { class: "challenge-footer" }, hints.more, hints.list),
    disclosure("Solution", h("p", {}, ...withCode(model.get("answer")))),
  ];
  return { parts, draw };
}

export default {
  render: (context) =>
    mountDemo(
      { ...context, name: "challenge", label: `Challenge: ${context.model.get("title")}` },
      (demo) => build(demo, context.host),
    ),
};
