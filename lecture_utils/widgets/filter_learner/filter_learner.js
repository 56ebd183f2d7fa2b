/** FilterLearner: gradient descent on one kernel, until it is the teacher's. See __init__.py. */

import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { grayScale, raster, signedLegend, signedScale } from "../_shared/ui/canvas.js";
import { button, disclosure, select } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { changeDetector, clock, promptly } from "../_shared/ui/frame.js";
import { maxMagnitude, resize } from "../_shared/math/image.js";
import { DRAWING, imagePanel } from "../_shared/ui/image_panel.js";
import { editor, watch } from "../_shared/ui/model.js";
import { precise } from "../_shared/math/numbers.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { kernelGrid } from "../_shared/ui/kernel_grid.js";
import { lossCurve, powerOfTen } from "./loss_curve.js";
import { pythonCode } from "./python_code.js";
import { warning } from "./sentences.js";
import { TASK, makeSession } from "./session.js";
import { settingsPanel } from "./settings_panel.js";
import { commonPower, weightTable } from "./weight_table.js";

const TRAITS = [...TASK, "source", "target_name", "learning_rate", "batch", "momentum", "weights", "velocity", "steps"];
const PLAY = "M7 4.5v15l12-7.5z";
const PAUSE = "M8 5v14M16 5v14";
const STEP = "M6 4.5v15l9-7.5zM18 5v14";
const RESET = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";
const DICE = "M4 4h16v16H4zM8.500 8.500h.010M15.500 15.500h.010M12 12h.010";
/** Files are made this small: a step must fit into a frame many times. */
const LARGEST_FILE = 64;
const LARGEST_TARGET = 100;
/** With reduced motion a run is not animated: so many steps are shown at once. */
const STEPS_AT_ONCE = 300;
const LEARNED = 0.01;
const HELP = [
  ["One step", "forward: the student answers to the image. Backward: each error pushes the weights along its patch; the gradient is the mean push. Update: the weights move against it."],
  ["Batch", "the gradient of a few output pixels, drawn at random, points only roughly downhill, but costs less. With a batch of 1 the patch is framed in the input."],
  ["Target", "choose a kernel, or type numbers into its cells."],
  ["Your own image", "draw one, open a file or drop one here. It stays in your browser and is made 64 pixels large."],
];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const edit = editor(model, signal);
  const request = promptly(draw, signal);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");

  const session = makeSession(model, edit);
  const { settings, size } = session;
  session.follow();
  let speed = 1;

  // ---- Running
  const time = clock(() => {
    if (!session.advance(speed)) halt();
    draw();
  }, signal);
  function halt() {
    if (!time.running) return;
    time.stop();
    settle();
  }
  function settle() {
    session.settle();
    request();
  }
  function run() {
    if (time.running) return halt();
    say("");
    if (!session.student || session.student.diverged) return request();
    if (calm.matches) {
      session.advance(STEPS_AT_ONCE);
      return settle();
    }
    time.start();
    return request();
  }
  const runButton = button({ label: "Run", path: PLAY, kind: "primary lu-play", onClick: run });
  const stepButton = button({
    label: "Step",
    path: STEP,
    onClick: () => {
      halt();
      session.advance(1);
      settle();
    },
  });
  const again = (change) => () => {
    halt();
    say("");
    change();
    request();
  };
  const resetButton = button({ label: "Reset", path: RESET, onClick: again(session.reset) });
  const otherStart = button({ label: "Other start", path: DICE, onClick: again(() => edit({ seed: (model.get("seed") + 1) % 2 ** 32 })) });

  // ---- Panels
  let said = "";
  function say(text) {
    said = text;
    request();
  }
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const images = imagePanel({ model: withoutPosition(model), edit: chooseImage, say });
  function chooseImage({ source, image }) {
    const [rows, columns] = image.shape;
    const scale = Math.min(1, LARGEST_FILE / Math.max(rows, columns));
    if (source !== "your file" || scale === 1) return edit({ source, image });
    const [height, width] = [rows, columns].map((side) => Math.max(1, Math.round(side * scale)));
    return edit({ source, image: fromTyped(resize(toTyped(image), rows, columns, height, width), [height, width]) });
  }
  const isDrawing = () => model.get("source") === DRAWING;
  let cursor = [14, 14];
  const input = plane({
    label: "Input",
    signal,
    onPoint: ({ row, column, phase }) => {
      if (isDrawing() && (phase === "down" || phase === "drag")) images.sketch.stroke(row, column, phase === "down");
    },
    onKey: (event) => {
      if (!isDrawing()) return;
      const to = moveByKey(event, cursor, ...model.get("image").shape);
      if (to) input.mark({ top: (cursor = to)[0], left: to[1], rows: 1, columns: 1 });
      else if (event.key === " ") images.sketch.stroke(cursor[0] + 0.5, cursor[1] + 0.5, true);
      else return;
      event.preventDefault();
    },
  });
  const presets = model.get("presets");
  const menu = select({
    label: "Target kernel",
    options: [...presets.map(({ name }) => name), { value: "custom", label: "your own" }],
    value: model.get("target_name"),
    onChange: (name) => {
      const preset = presets.find((entry) => entry.name === name);
      if (!preset) return; // "your own" keeps what is there, to be edited.
      say("");
      const k = preset.kernel.length;
      edit({ target: fromTyped(Float64Array.from(preset.kernel.flat()), [k, k]), target_name: name });
    },
  });
  const targetGrid = kernelGrid({
    onMessage: say,
    onChange: (weights) => {
      if (maxMagnitude(weights) > LARGEST_TARGET) return say("A target weight must be between −100 and 100.");
      const same = ({ kernel }) => kernel.length === size() && kernel.flat().every((weight, i) => weight === weights[i]);
      const name = presets.find(same)?.name ?? "custom";
      return edit({ target: fromTyped(weights, model.get("target").shape), target_name: name });
    },
  });
  targetGrid.element.querySelector("[role=grid]").setAttribute("aria-label", "Target weights");
  const [studentTable, gradientTable] = [weightTable("Student weights"), weightTable("Gradient")];
  const picture = (label) => {
    const canvas = h("canvas", { role: "img", "aria-label": label });
    return { canvas, paint: raster(canvas) };
  };
  const [targetOutput, studentOutput, errorMap] = ["Teacher’s output", "Student’s output", "Error map"].map(picture);
  const [outputLegend, errorLegend] = [signedLegend(), signedLegend()];
  const curve = lossCurve();
  const panel = (kind, title, note, ...parts) =>
    h(
      "div",
      { class: `learner-panel learner-${kind}`, role: "group", "aria-label": title },
      h("p", { class: "learner-head" }, h("span", { class: "lu-title" }, title), h("span", { class: "lu-label" }, note)),
      ...parts,
    );
  const numbers = Object.fromEntries(["step", "loss", "distance"].map((name) => [name, h("strong", { "data-number": name })]));
  const learned = h("span", { class: "learner-learned" });
  const gradientPower = h("span");
  const updateText = h("p", { class: "lu-label learner-update" });
  const sliders = settingsPanel({ model, edit, onSpeed: (steps) => (speed = steps) });
  const copy = copyButton({
    code: () => {
      const { student, picture, start } = session;
      const [noise, seed, centered] = ["noise", "seed", "centered"].map((name) => model.get(name));
      const steps = student?.step > student?.firstStep ? student.step - student.firstStep : STEPS_AT_ONCE;
      const target = toTyped(model.get("target"));
      const task = { ...picture, k: size(), target, start, noise, seed, centered, steps };
      return pythonCode({ ...task, ...settings() }, images.current());
    },
    signal,
  });
  const help = disclosure(
    "What can I do here?",
    h("ul", { class: "learner-help" }, ...HELP.map(([what, how]) => h("li", {}, h("strong", {}, `${what}: `), how))),
  );
  const live = announcer(signal);
  const root = h(
    "div",
    { class: "lu-demo lu-filter-learner", role: "group", "aria-label": "Filter learner" },
    images.element,
    h(
      "div",
      { class: "learner-bar" },
      runButton,
      stepButton,
      resetButton,
      otherStart,
      h("p", { class: "learner-numbers" },
        h("span", {}, "Step ", numbers.step),
        h("span", {}, "Loss ", numbers.loss),
        h("span", {}, "‖w − w*‖ ", numbers.distance),
        learned,
      ),
    ),
    message,
    h(
      "div",
      { class: "learner-stage" },
      h(
        "div",
        { class: "learner-kernels" },
        panel("target", "Target kernel", "w*", menu.element, targetGrid.element),
        panel("student", "Student kernel", "w", studentTable.element),
        panel("gradient", "Gradient", gradientPower, updateText, gradientTable.element),
      ),
      panel("input", "Input", "", input.element, images.sketch.tools),
      panel("teacher", "Teacher", "y = x ∗ w* + ε", targetOutput.canvas, outputLegend.element),
      panel("error", "Error", "ŷ − y", errorMap.canvas, errorLegend.element),
      panel("output", "Student", "ŷ = x ∗ w", studentOutput.canvas),
      panel("losses", "Loss", "mean of (ŷ − y)², all pixels", curve.element),
      sliders.lesson,
    ),
    sliders.element,
    h("div", { class: "learner-footer" }, copy.button, copy.panel, help),
    live.element,
  );
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) images.open(event.dataTransfer.files[0]);
  });

  // ---- Drawing
  let dark = false;
  let announced = "";
  const detectors = Array.from({ length: 6 }, changeDetector);
  const [newPicture, newTarget, newFacts, newTask, newStep, newGradient] = detectors;
  function draw() {
    session.follow();
    const { task, student, picture } = session;
    const now = settings();
    if (newPicture(model.get("source"), picture)) {
      root.classList.toggle("drawing", isDrawing());
      images.update();
      input.draw(picture.pixels, picture.h, picture.w, grayScale());
    }
    if (newTarget(model.get("target"), dark)) targetGrid.set(toTyped(model.get("target")), size(), size(), dark);
    menu.set(model.get("target_name"));
    showRunning(time.running);
    if (newFacts(task, now.rate, now.batch, now.momentum)) sliders.update(task);
    const text = warning(task, student, { ...picture, k: size(), ...now }) ?? said;
    message.hidden = !text;
    setText(message, text);
    if (newTask(task, dark)) drawTask(task);
    if (!task) return;
    const moved = newStep(student, student.step, student.diverged, dark);
    if (moved) drawStudent(session);
    if (!time.running) announce(student);
    if (!newGradient(now.rate, now.batch, now.momentum) && !moved) return;
    student.prepare(now);
    drawGradient(student, task, now);
    const { step, firstStep, weights, velocity, gradient, update, positions, loss, losses, distance } = student;
    const detail = { task, step, firstStep, weights, velocity, gradient, update, positions, loss, losses, distance };
    root.dispatchEvent(new CustomEvent("filter-learner", { bubbles: true, detail }));
  }

  /** One scale for teacher and student, so that equal colors are equal answers. */
  let limit = 1;
  function drawTask(task) {
    root.classList.toggle("misfit", !task);
    if (!task) return;
    limit = maxMagnitude(task.answers) || 1;
    targetOutput.paint(task.answers, task.rows, task.columns, signedScale(limit, dark));
    outputLegend.update(limit, dark);
    errorLegend.update(limit, dark);
  }
  function drawStudent({ student, task }) {
    const { weights, step, loss, distance } = student;
    const { rows, columns, k, target } = task;
    studentOutput.paint(student.output, rows, columns, signedScale(limit, dark));
    errorMap.paint(student.error, rows, columns, signedScale(limit, dark));
    studentTable.set(weights, k, Math.max(maxMagnitude(target), maxMagnitude(weights)) || 1, dark);
    curve.update(student, task.floor);
    setText(numbers.step, String(step));
    setText(numbers.loss, precise(loss, 3));
    setText(numbers.distance, precise(distance, 3));
    setText(learned, distance < LEARNED ? "Learned!" : "");
  }
  /** Sixty steps per second would drown everything else: a run is told when it pauses. */
  function announce({ step, loss, distance }) {
    const words = `Step ${step}: loss ${precise(loss, 3)}, distance from the target ${precise(distance, 3)}.`;
    if (announced && words !== announced) live.say(words);
    announced = words;
  }
  let scaled = new Float64Array(0);
  function drawGradient({ gradient, update, positions }, { k, columns }, { batch, momentum }) {
    const largest = maxMagnitude(gradient) || 1;
    const power = commonPower(largest);
    if (scaled.length !== gradient.length) scaled = new Float64Array(gradient.length);
    for (let i = 0; i < gradient.length; i += 1) scaled[i] = gradient[i] / 10 ** power;
    gradientTable.set(scaled, k, largest / 10 ** power, dark);
    setText(gradientPower, power ? `g, in units of ${powerOfTen(power)}` : "g");
    const rule = `w ← w − η ${momentum ? "(β v + g)" : "g"}`;
    setText(updateText, `${rule} moves w by ${precise(Math.hypot(...update), 2)}`);
    mark(batch === 1, Math.floor(positions[0] / columns), positions[0] % columns, k);
  }
  /** Frame the patch of a batch of one, or the pen that the keyboard moves. */
  function mark(single, top, left, k) {
    root.classList.toggle("unmarked", !single && !isDrawing());
    if (isDrawing()) input.mark({ top: cursor[0], left: cursor[1], rows: 1, columns: 1 });
    else if (single) input.mark({ top, left, rows: k, columns: k });
  }
  let running = null;
  function showRunning(now) {
    if (running === now) return;
    running = now;
    runButton.querySelector("path").setAttribute("d", now ? PAUSE : PLAY);
    setText(runButton.querySelector("span"), now ? "Pause" : "Run");
  }

  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  watch(model, TRAITS, request, signal);
  onThemeChange(followTheme, signal);
  el.append(root);
  followTheme();
  draw();
  return () => {
    halt();
    life.abort();
    root.remove();
  };
}

/** The image panel thinks of labs with a chosen pixel; here there is none. */
function withoutPosition(model) {
  return { get: (name) => (name === "position" ? [0, 0] : model.get(name)) };
}

export default { render };
