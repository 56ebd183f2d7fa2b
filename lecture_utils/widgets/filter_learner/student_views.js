/** What teacher and student make of the image, and the student's weights, gradient and losses. */

import { maxMagnitude } from "../_shared/math/image.js";
import { precise } from "../_shared/math/numbers.js";
import { raster, signedScale } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { signedLegend } from "../_shared/ui/legend.js";
import { lossCurve, powerOfTen } from "./loss_curve.js";
import { commonPower, weightTable } from "./weight_table.js";

const LEARNED = 0.01;

function view(label) {
  const canvas = h("canvas", { role: "img", "aria-label": label });
  return { canvas, paint: raster(canvas) };
}

/**
 * Step, loss and distance of the student as numbers.
 * @returns {{element: HTMLElement, update: ({step, loss, distance }: {step: *, loss: *,
 *   distance: *}) => void}}
 */
export function numberLine() {
  const numbers = Object.fromEntries(
    ["step", "loss", "distance"].map((name) => [name, h("strong", { "data-number": name })]),
  );
  const learned = h("span", { class: "learner-learned" });
  const element = h(
    "p",
    { class: "learner-numbers" },
    h("span", {}, "Step ", numbers.step),
    h("span", {}, "Loss ", numbers.loss),
    h("span", {}, "‖w − w*‖ ", numbers.distance),
    learned,
  );
  function update({ step, loss, distance }) {
    setText(numbers.step, String(step));
    setText(numbers.loss, precise(loss, 3));
    setText(numbers.distance, precise(distance, 3));
    setText(learned, distance < LEARNED ? "Learned!" : "");
  }
  return { element, update };
}

/**
 * The teacher's output, the student's output and their difference, on one scale: equal colors are
 * equal responses.
 */
export function outputViews() {
  const [target, student, error] = ["Teacher’s output", "Student’s output", "Error map"].map(view);
  const [outputLegend, errorLegend] = [signedLegend(), signedLegend()];
  let limit = 1;
  return {
    teacher: [target.canvas, outputLegend.element],
    error: [error.canvas, errorLegend.element],
    student: [student.canvas],
    drawTask({ responses, rows, columns }, dark) {
      limit = maxMagnitude(responses) || 1;
      target.paint(responses, rows, columns, signedScale(limit, dark));
      outputLegend.update(limit, dark);
      errorLegend.update(limit, dark);
    },
    drawStudent(now, { rows, columns }, dark) {
      student.paint(now.output, rows, columns, signedScale(limit, dark));
      error.paint(now.error, rows, columns, signedScale(limit, dark));
    },
  };
}

/** The student's weights and their gradient as tables, and the losses as a curve. */
export function weightViews() {
  const [studentTable, gradientTable] = [weightTable("Student weights"), weightTable("Gradient")];
  const gradientPower = h("span");
  const updateText = h("p", { class: "lu-label learner-update" });
  const curve = lossCurve();
  let scaled = new Float64Array(0);
  return {
    student: studentTable.element,
    gradient: [updateText, gradientTable.element],
    gradientPower,
    curve: curve.element,
    drawStudent(student, { k, target, floor }, dark) {
      const limit = Math.max(maxMagnitude(target), maxMagnitude(student.weights)) || 1;
      studentTable.set(student.weights, k, limit, dark);
      curve.update(student, floor);
    },
    drawGradient({ gradient, update }, { k }, momentum, dark) {
      const largest = maxMagnitude(gradient) || 1;
      const power = commonPower(largest);
      if (scaled.length !== gradient.length) scaled = new Float64Array(gradient.length);
      for (let i = 0; i < gradient.length; i += 1) scaled[i] = gradient[i] / 10 ** power;
      gradientTable.set(scaled, k, largest / 10 ** power, dark);
      setText(gradientPower, power ? `g, in units of ${powerOfTen(power)}` : "g");
      const rule = `w ← w − η ${momentum ? "(β v + g)" : "g"}`;
      setText(updateText, `${rule} moves w by ${precise(Math.hypot(...update), 2)}`);
    },
  };
}
