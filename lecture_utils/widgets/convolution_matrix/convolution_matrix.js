/** ConvolutionMatrix: a convolution as a sparse matrix of tied weights. See __init__.py. */

import { grouped } from "../_shared/math/numbers.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { moveByKey } from "../_shared/ui/plane.js";
import { scanner } from "../_shared/ui/scan.js";
import { drawGrids, makeGrids } from "./grids.js";
import { matrixView } from "./matrix_view.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { NAMES, matrixReader } from "./state.js";
import { subject } from "./subject.js";
import { explain, hint } from "./text.js";

/** How many entries there are, how many hold a weight, and how many weights are to be learned. */
function countTable() {
  const cells = [
    "entries, as in a dense layer",
    "hold a weight; the rest is 0",
    "distinct weights",
  ].map((name) => [h("td"), h("th", { scope: "row" }, name)]);
  const caption = h("caption", { class: "lu-visually-hidden" }, "What the matrix holds");
  const body = h("tbody", {}, ...cells.map((row) => h("tr", {}, ...row)));
  const element = h("table", { class: "matrix-counts" }, caption, body);
  return {
    element,
    update(numbers) {
      numbers.forEach((number, i) => setText(cells[i][0], grouped(number)));
    },
  };
}

/** Play walks over the rows; backward, over the columns. */
function walking({ signal }, chosen) {
  return scanner({
    size: chosen.size,
    from: chosen.place,
    onStep: (row, column) => chosen.walk(row * chosen.size()[1] + column),
    onEnd: (finished) => {
      const [, columns] = chosen.size();
      const at = chosen.scan ?? 0;
      const last = chosen.size().map((count) => count - 1);
      chosen.rest(finished ? last : [Math.floor(at / columns), at % columns]);
    },
    signal,
  });
}

function build(demo) {
  const { model, signal, request } = demo;
  demo.watch([...NAMES, "transpose", "position", "pixel"]);
  const read = matrixReader(model);
  const chosen = subject(demo, read);
  const play = walking(demo, chosen);
  let said = ""; // the sentence on what was typed last

  function edit(changes) {
    play.stop();
    said = "";
    demo.edit(changes);
  }
  const settings = settingsPanel({ model, read, edit });
  const say = (text) => {
    said = text;
    request();
  };
  const grids = makeGrids({ demo, read, chosen, stop: play.stop, say, edit });
  const kindOfMode = () => (model.get("transpose") ? "column" : "row");
  const matrix = matrixView({
    label: "Matrix W. Up and down walk through its rows, left and right through its columns.",
    signal,
    redraw: request,
    onPoint: (at, phase) => {
      if (play.running && phase !== "down") return;
      play.stop();
      const kind = kindOfMode();
      if (!at || phase === "hover") chosen.hover(at && { kind, index: at[kind] });
      else chosen.settle(kind, at[kind]);
    },
    onKey: (event) => {
      const { rows, columns, h: imageRows, w } = read();
      const from = [chosen.chosenIndex("row"), chosen.chosenIndex("column")];
      const to = moveByKey(event, from, rows * columns, imageRows * w);
      if (!to) return;
      event.preventDefault();
      play.stop();
      const across = ["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key);
      chosen.settle(across ? "column" : "row", to[across ? 1 : 0]);
    },
  });
  const counts = countTable();
  const message = messageLine();
  const copy = copyButton({ code: () => pythonCode(read()), signal });
  const [pixelTitle, outputTitle, matrixTitle, kernelTitle] = Array.from({ length: 4 }, () =>
    h("p", { class: "lu-title" }),
  );
  setText(kernelTitle, "Kernel");
  const [first, second, howTo] = [h("p"), h("p"), h("p", { class: "lu-label" })];

  function draw() {
    const lab = read();
    const transpose = model.get("transpose");
    const { dark } = demo;
    const at = chosen.current();
    settings.update(lab);
    const lit = drawGrids(grids, lab, { subject: at, transpose, dark, chosen });
    matrix.draw(lab, at, dark);
    counts.update([lab.entries, lab.nonzero, lab.distinct]);
    setText(pixelTitle, transpose ? "Gradient Wᵀe" : "Input x");
    setText(outputTitle, transpose ? "Error map e" : "Output y = Wx");
    setText(matrixTitle, `Matrix W: ${lab.rows * lab.columns} outputs × ${lab.h * lab.w} pixels`);
    stage.style.setProperty("--across", String(lab.w + lab.columns));
    tell(lab, at, transpose);
    return { ...lab, subject: at, lit, transpose };
  }
  function tell(lab, at, transpose) {
    message.show(said);
    setText(howTo, hint(transpose));
    const words = explain(lab, at, transpose);
    [first, second].forEach((line, i) => setText(line, words[i]));
    if (chosen.scan === null) demo.tellState(`${words.join(" ")} ${said}`);
  }

  const panel = (name, ...children) => h("div", { class: `matrix-panel ${name}` }, ...children);
  const stage = h(
    "div",
    { class: "matrix-stage" },
    h(
      "div",
      { class: "matrix-maps" },
      panel("pixels", pixelTitle, grids.pixels.element),
      panel("outputs", outputTitle, grids.outputs.element),
    ),
    h(
      "div",
      { class: "matrix-right" },
      panel("whole", matrixTitle, matrix.element),
      h(
        "div",
        { class: "matrix-below" },
        panel("weights", kernelTitle, grids.kernel.element),
        counts.element,
      ),
    ),
  );
  const parts = [
    settings.direction,
    stage,
    h("div", { class: "matrix-words" }, first, second),
    message.element,
    howTo,
    h("div", { class: "matrix-controls" }, play.button, settings.element),
    h("div", { class: "matrix-controls" }, settings.renew, copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) =>
    mountDemo(
      { ...context, name: "convolution_matrix", label: "A convolution as a matrix" },
      build,
    ),
};
