/** Input and output of the lab: two images with a window on each. */

/** @import { Demo } from "../_shared/ui/mount.js" */
import { maxMagnitude } from "../_shared/math/image.js";
import { grayScale, signedScale } from "../_shared/ui/canvas.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { DRAWING } from "../_shared/ui/image_panel.js";
import { signedLegend } from "../_shared/ui/legend.js";
import { plane } from "../_shared/ui/plane.js";

/**
 * A part of the lab under its title.
 * @param {string} kind Ends the class.
 * @param {string} title
 * @param {Node} size
 * @param {...Node} parts
 */
function panel(kind, title, size, ...parts) {
  return h(
    "div",
    { class: `lab-panel lab-panel-${kind}` },
    h("p", { class: "lab-head" }, h("span", { class: "lu-title" }, title), size),
    ...parts,
  );
}

/**
 * @param {{demo: Demo, read: () => Record<string, any>, sliding: Record<string, any>,
 *   play: Record<string, any>, images: Record<string, any>}} options
 * @returns {{input: HTMLElement, output: HTMLElement, drawInput: (lab: Record<string, any>)
 *   => void, drawOutput: (lab: Record<string, any>) => number}} `drawOutput` returns the largest
 *   magnitude of the output.
 */
export function imageViews({ demo, read, sliding, play, images }) {
  const { model, signal } = demo;
  const isDrawing = () => model.get("source") === DRAWING;
  /** What a pointer does on either image; `to` is the output pixel that it means. */
  function point(phase, to) {
    if (phase === "down") play.stop();
    if (!read().rows || play.running || phase === "up") return;
    if (phase === "hover" || phase === "leave") sliding.visit(phase === "hover" ? to : null);
    else sliding.settle(to);
  }
  function onKey(event) {
    const moved = sliding.byKey(event);
    if (moved) play.stop();
    return moved;
  }
  const input = plane({
    label: "Input",
    signal,
    onPoint: ({ row, column, phase }) => {
      if (isDrawing() && (phase === "down" || phase === "drag")) {
        images.sketch.stroke(row, column, phase === "down");
      }
      point(phase, sliding.nearest({ row, column }));
    },
    onKey: (event) => {
      if (onKey(event) || !isDrawing() || event.key !== " ") return;
      event.preventDefault();
      images.sketch.stroke(...sliding.middle(), true);
    },
  });
  const output = plane({
    label: "Output",
    signal,
    onKey,
    onPoint: ({ row, column, phase }) => point(phase, [Math.floor(row), Math.floor(column)]),
  });
  const legend = signedLegend();
  const [inputSize, outputSize] = [
    h("span", { class: "lu-label" }),
    h("span", { class: "lu-label" }),
  ];
  const [newInput, newOutput] = [changeDetector(), changeDetector()];
  let limit = 1;

  function drawInput(lab) {
    const { h: height, w: width, kh, kw, layer, rows, columns } = lab;
    setText(inputSize, `${height}×${width}`);
    setText(outputSize, rows ? `${rows}×${columns}` : "none");
    if (newInput(model.get("image"), layer.padding)) {
      input.draw(lab.pixels, height, width, grayScale(), layer.padding);
    }
    const [top, left] = sliding.position().map((at) => at * layer.stride - layer.padding);
    input.mark({ top, left, rows: kh, columns: kw, step: layer.dilation });
  }
  function drawOutput(lab) {
    const { rows, columns } = lab;
    const [row, column] = sliding.position();
    if (newOutput(lab, demo.dark)) {
      limit = maxMagnitude(lab.output) || 1;
      output.draw(lab.output, rows, columns, signedScale(limit, demo.dark));
    }
    output.mark({ top: row, left: column, rows: 1, columns: 1 });
    output.reveal(sliding.scan?.row, sliding.scan?.column, sliding.scan?.band);
    legend.update(limit, demo.dark, lab.output[row * columns + column]);
    return limit;
  }
  return {
    input: panel("input", "Input", inputSize, input.element, images.sketch.tools),
    output: panel("output", "Output", outputSize, output.element, legend.element),
    drawInput,
    drawOutput,
  };
}
