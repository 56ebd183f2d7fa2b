/** The loss over the steps, on a logarithmic axis, and the noise floor. */

import { h, setText, svg } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { precise } from "../_shared/math/numbers.js";

const [WIDTH, HEIGHT] = [1000, 200];
/** More points than pixels would only cost time. */
const MOST_POINTS = 250;
const LOWEST = 1e-30;

/**
 * @returns {{element: HTMLElement, update: ({losses, firstStep, step, loss }: {losses: *,
 *   firstStep: *, step: *, loss: *}, floor: *) => void}}
 */
export function lossCurve() {
  const line = svg("path", { class: "curve" });
  const floorLine = svg("path", { class: "floor" });
  const grid = svg("path", { class: "grid" });
  const drawing = svg(
    "svg",
    { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", role: "img" },
    grid,
    floorLine,
    line,
  );
  const [top, bottom] = [h("span", { class: "top" }), h("span", { class: "bottom" })];
  const floorName = h("span", { class: "floor-name" }, "noise floor");
  const end = h("span", { class: "learner-end", "aria-hidden": "true" });
  const [first, last] = [h("span"), h("span")];
  const element = h(
    "div",
    { class: "learner-curve" },
    h("div", { class: "learner-axis", "aria-hidden": "true" }, top, bottom),
    h("div", { class: "learner-plot" }, drawing, floorName, end),
    h("div", { class: "learner-ticks", "aria-hidden": "true" }, first, h("span", {}, "step"), last),
  );
  const [newCurve, newGrid] = [changeDetector(), changeDetector()];

  /** The largest loss of each stretch, so that no peak is lost. */
  function points(losses) {
    const stretch = Math.ceil(losses.length / MOST_POINTS);
    const kept = [];
    for (let i = 0; i < losses.length; i += stretch) {
      let peak = losses[i];
      for (let j = i + 1; j < i + stretch && j < losses.length; j += 1)
        peak = Math.max(peak, losses[j]);
      kept.push([Math.min(i + stretch, losses.length) - 1, Math.log10(Math.max(peak, LOWEST))]);
    }
    if (stretch > 1) kept.unshift([0, Math.log10(Math.max(losses[0], LOWEST))]);
    return kept;
  }

  function update({ losses, firstStep, step, loss }, floor) {
    if (!newCurve(losses, losses.length, floor)) return;
    const kept = points(losses);
    const logs = kept.map(([, log]) => log);
    const hasFloor = floor > LOWEST;
    if (hasFloor) logs.push(Math.log10(floor));
    // Whole powers of ten, and not fewer than two of them, so that the axis rests while the line
    // moves.
    const high = Math.ceil(Math.max(...logs) + 1e-9);
    const low = Math.min(Math.floor(Math.min(...logs)), high - 3);
    const steps = Math.max(50, Math.ceil((losses.length - 1) / 50) * 50);
    const y = (log) => ((high - log) / (high - low)) * HEIGHT;
    const x = (i) => (i / steps) * WIDTH;
    line.setAttribute(
      "d",
      `M${kept.map(([i, log]) => `${x(i).toFixed(1)} ${y(log).toFixed(1)}`).join("L")}`,
    );
    const [lastIndex, lastLog] = [losses.length - 1, Math.log10(Math.max(loss, LOWEST))];
    end.style.left = `${(100 * x(lastIndex)) / WIDTH}%`;
    end.style.top = `${(100 * y(lastLog)) / HEIGHT}%`;
    const at = y(Math.log10(floor));
    floorLine.setAttribute("d", hasFloor ? `M0 ${at}H${WIDTH}` : "");
    floorName.hidden = !hasFloor;
    // In the lower half the name stands above its line.
    if (hasFloor)
      floorName.style.top = `calc(${(100 * at) / HEIGHT}% ${at > HEIGHT / 2 ? "- 1.35em" : "+ 0.1em"})`;
    if (newGrid(high, low)) {
      const every = Math.ceil((high - low) / 8);
      let lines = "";
      for (let log = high - every; log > low; log -= every) lines += `M0 ${y(log)}H${WIDTH}`;
      grid.setAttribute("d", lines);
    }
    setText(top, powerOfTen(high));
    setText(bottom, powerOfTen(low));
    setText(first, String(firstStep));
    setText(last, String(firstStep + steps));
    drawing.setAttribute(
      "aria-label",
      `Loss on a logarithmic axis: ${precise(losses[0], 3)} at first, ${precise(loss, 3)} after step ${step}` +
        `${hasFloor ? `; the noise floor is ${precise(floor, 3)}` : ""}`,
    );
  }
  return { element, update };
}

/**
 * 10 to a whole power, in raised digits.
 * @param {number} exponent
 * @returns {string}
 */
export function powerOfTen(exponent) {
  const raised = String(Math.abs(exponent)).replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return `10${exponent < 0 ? "⁻" : ""}${raised}`;
}
