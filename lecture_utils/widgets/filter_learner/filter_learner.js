/** FilterLearner: gradient descent on one kernel, until it is the teacher's. See __init__.py. */

import { toTyped } from "../_shared/math/arrays.js";
import { precise } from "../_shared/math/numbers.js";
import { helpList } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { messageLine } from "../_shared/ui/message.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { dropZone } from "../_shared/ui/open_file.js";
import { distanceAfter } from "./engine.js";
import { inputView } from "./input_view.js";
import { pythonCode } from "./python_code.js";
import { STEPS_AT_ONCE, makeRunning } from "./running.js";
import { warning } from "./text.js";
import { TASK, makeSession } from "./state.js";
import { settingsPanel } from "./settings_panel.js";
import { numberLine, outputViews, weightViews } from "./student_views.js";
import { targetPanel } from "./target_panel.js";

const TRAITS = [
  ...TASK,
  "source",
  "target_name",
  "learning_rate",
  "batch",
  "momentum",
  "weights",
  "velocity",
  "steps",
];
const HELP = [
  [
    "One step",
    "first, the student responds to the image (forward). Then each error is multiplied by its patch; twice the mean of these products is the gradient (backward). Finally, the weights move against the gradient (update).",
  ],
  [
    "Batch",
    "a gradient from a few output pixels, drawn at random, only roughly agrees with the gradient from all of them, but costs less. With a batch of 1, the patch is framed in the input.",
  ],
  ["Target", "choose a kernel, or type numbers into its cells."],
  [
    "Your own image",
    "draw one, open a file or drop one here. It stays in your browser, and is resized to 64 pixels.",
  ],
];

/** What the Python program needs of the task on screen. */
function programOf(model, { student, image, start, size, settings }, source) {
  const steps =
    student?.step > student?.firstStep ? student.step - student.firstStep : STEPS_AT_ONCE;
  const target = toTyped(model.get("target"));
  const { noise, seed, centered } = readTraits(model, ["noise", "seed", "centered"]);
  return pythonCode(
    { ...image, k: size(), target, start, noise, seed, centered, steps, ...settings() },
    source,
  );
}

const panel = (kind, title, note, ...parts) =>
  h(
    "div",
    { class: `learner-panel learner-${kind}`, role: "group", "aria-label": title },
    h(
      "p",
      { class: "learner-head" },
      h("span", { class: "lu-title" }, title),
      h("span", { class: "lu-label" }, note),
    ),
    ...parts,
  );

/** A card for each thing that takes part in a step. */
function makeStage({ target, weights, input, outputs, lesson }) {
  return h(
    "div",
    { class: "learner-stage" },
    h(
      "div",
      { class: "learner-kernels" },
      panel("target", "Target kernel", "w*", ...target.elements),
      panel("student", "Student kernel", "w", weights.student),
      panel("gradient", "Gradient", weights.gradientPower, ...weights.gradient),
    ),
    panel("input", "Input", "", input.element, input.images.sketch.tools),
    panel("teacher", "Teacher", "y = x ∗ w* + ε", ...outputs.teacher),
    panel("error", "Error", "ŷ − y", ...outputs.error),
    panel("output", "Student", "ŷ = x ∗ w", ...outputs.student),
    panel("losses", "Loss", "mean of (ŷ − y)², all pixels", weights.curve),
    lesson,
  );
}

function build(demo) {
  const { model, root, signal, edit, request } = demo;
  const session = makeSession(model, edit);
  const { settings, size } = session;
  session.follow();
  demo.watch(TRAITS);

  const message = messageLine();
  let said = "";
  const say = (text) => {
    said = text;
    request();
  };
  const running = makeRunning({ demo, session, say });
  const input = inputView(demo, say);
  dropZone(root, input.images.open);
  const target = targetPanel(demo, say);
  const [numbers, outputs, weights] = [numberLine(), outputViews(), weightViews()];
  const sliders = settingsPanel({ model, edit, onSpeed: running.setSpeed });
  const copy = copyButton({
    code: () => programOf(model, session, input.images.current()),
    signal,
  });

  const detectors = Array.from({ length: 5 }, changeDetector);
  const [newImage, newFacts, newTask, newStep, newGradient] = detectors;
  function draw() {
    session.follow();
    const { task, student, image } = session;
    const now = settings();
    if (newImage(model.get("source"), image)) input.draw(image);
    target.update(demo.dark);
    running.update();
    if (newFacts(task, now.rate, now.batch, now.momentum)) sliders.update(task);
    const problem = warning(task, student, { ...image, k: size(), ...now }) ?? said;
    message.show(problem);
    if (newTask(task, demo.dark)) {
      root.classList.toggle("misfit", !task);
      if (task) outputs.drawTask(task, demo.dark);
    }
    // Sixty steps per second would drown everything else: a run is announced when it pauses.
    if (!running.running) demo.tellState(`${task ? progress(student) : ""} ${problem}`.trim());
    return task ? drawStudent(task, student, now) : null;
  }
  function drawStudent(task, student, now) {
    const moved = newStep(student, student.step, student.diverged, demo.dark);
    if (moved) {
      outputs.drawStudent(student, task, demo.dark);
      weights.drawStudent(student, task, demo.dark);
      numbers.update(student);
    }
    if (!newGradient(now.rate, now.batch, now.momentum) && !moved) return null;
    student.prepare(now);
    weights.drawGradient(student, task, now.momentum, demo.dark);
    const [first] = student.positions;
    input.mark(now.batch === 1, Math.floor(first / task.columns), first % task.columns, task.k);
    const {
      step,
      firstStep,
      weights: w,
      velocity,
      gradient,
      update,
      positions,
      loss,
      losses,
      distance,
    } = student;
    return {
      task,
      step,
      firstStep,
      weights: w,
      velocity,
      gradient,
      update,
      positions,
      loss,
      losses,
      distance,
    };
  }
  function progress({ step, loss, distance }) {
    return `Step ${step}: loss ${precise(loss, 3)}, distance from the target ${precise(distance, 3)}.`;
  }

  const parts = [
    input.images.element,
    h("div", { class: "learner-bar" }, ...running.buttons, numbers.element),
    message.element,
    makeStage({ target, weights, input, outputs, lesson: sliders.lesson }),
    sliders.element,
    h(
      "div",
      { class: "learner-footer" },
      copy.button,
      copy.panel,
      helpList("What can I do here?", HELP),
    ),
  ];
  const newTrial = changeDetector();
  let trial = null;
  /** How far a new student is from its target after 100 steps with these settings. */
  function readings() {
    const { task } = session;
    const now = settings();
    if (newTrial(task, now.rate, now.batch, now.momentum))
      trial = { distance_after_100: task ? distanceAfter(100, task, now) : Infinity };
    return trial;
  }
  return { parts, draw, readings, leave: running.halt };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "filter_learner", label: "Filter learner" }, build),
};
