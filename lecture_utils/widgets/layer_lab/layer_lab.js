/** LayerLab: one layer on a small grid of numbers, every cell explained. See __init__.py. */

import { button, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { STEP } from "../_shared/ui/icons.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { scanner } from "../_shared/ui/scan.js";
import { explainedCell } from "./explained_cell.js";
import {
  drawInput,
  drawKernel,
  drawOutput,
  makeGrids,
  markInput,
  markKernel,
  markOutput,
} from "./grids.js";
import { readers, windowCells } from "./layer.js";
import { pythonCode } from "./python_code.js";
import { borderNote, readingFacts, sizeFormula, workedInput, workedOutput } from "./text.js";
import { settingsPanel } from "./settings_panel.js";
import { NAMES, layerReader } from "./state.js";

const HINT =
  "Point at a cell of the output to see what made it, or at one of the input to see where it goes. " +
  "To change a number, click its cell and type.";

/** The window walks over the output by itself, or step by step. */
function walking({ signal }, read, cell) {
  const size = () => [read().rows, read().columns];
  const play = scanner({
    size,
    from: cell.position,
    onStep: cell.walk,
    onEnd: (finished) => cell.settle(finished ? size().map((count) => count - 1) : cell.position()),
    signal,
  });
  const step = button({
    label: "Step",
    path: STEP,
    title: "Move the window to its next position",
    onClick: () => {
      play.stop();
      const [rows, columns] = size();
      if (!rows) return;
      const [row, column] = cell.position();
      const next = (row * columns + column + 1) % (rows * columns);
      cell.settle([Math.floor(next / columns), next % columns]);
    },
  });
  return { buttons: [play.button, step], stop: play.stop };
}

/** The grids side by side under their titles. */
function makeStage({ input, kernel, output }, viewChoice) {
  const title = (text = "") => h("span", { class: "lu-title" }, text);
  const [inputSize, outputSize] = [
    h("span", { class: "lu-label" }),
    h("span", { class: "lu-label" }),
  ];
  const kernelTitle = title();
  const pooling = h("p", { class: "layer-pooling", hidden: true });
  const panel = (name, head, ...children) =>
    h(
      "div",
      { class: `layer-panel layer-panel-${name}` },
      h("div", { class: "layer-head" }, ...head),
      ...children,
    );
  const element = h(
    "div",
    { class: "layer-stage" },
    panel("input", [title("Input"), inputSize], input.element, viewChoice),
    panel("kernel", [kernelTitle], kernel.element, pooling),
    panel("output", [title("Output"), outputSize], output.element),
  );
  const spans = { total: 0, most: 0 };

  /** Cells of input and output are equally large, so that a smaller output looks smaller. */
  function shape({ h: rows, w, padding, kh, kw, ...lab }) {
    const across = [w + 2 * padding, lab.columns];
    input.shape(rows + 2 * padding, across[0]);
    kernel.shape(kh, kw);
    output.shape(lab.rows, lab.columns);
    if (output.element.hidden !== Boolean(lab.problem))
      output.element.hidden = Boolean(lab.problem);
    setText(inputSize, `${rows}×${w}${padding ? `, padded by ${padding}` : ""}`);
    setText(outputSize, lab.problem ? "none" : `${lab.rows}×${lab.columns}`);
    const [total, most] = [across[0] + across[1], Math.max(...across)];
    if (spans.total === total && spans.most === most) return;
    Object.assign(spans, { total, most });
    element.style.setProperty("--total", total);
    element.style.setProperty("--most", String(most));
  }
  /** Pooling has a window, and no weights to show. */
  function showKernel({ operation, kh, kw }) {
    const convolves = operation === "convolution";
    if (kernel.element.hidden === convolves) {
      kernel.element.hidden = !convolves;
      pooling.hidden = convolves;
    }
    const what = operation === "max" ? "maximum" : "mean";
    setText(kernelTitle, convolves ? "Kernel" : "Window");
    setText(pooling, convolves ? "" : `${what} of each ${kh}×${kw} window`);
    return convolves;
  }
  return { element, shape, showKernel };
}

function build(demo) {
  const { model, root, request, signal } = demo;
  const read = layerReader(model);
  demo.watch([...NAMES, "position"]);
  let said = ""; // the sentence on what was typed last
  let view = "values";

  function edit(changes, afresh = false) {
    play.stop();
    said = "";
    demo.edit(changes);
    if (afresh) cell.recenter();
  }
  const cell = explainedCell(demo, read);
  const play = walking(demo, read, cell);
  const say = (text) => {
    said = text;
    request();
  };
  const grids = makeGrids({ demo, read, cell, stop: play.stop, say, edit });
  const settings = settingsPanel({ model, read, edit });
  const viewChoice = segmented({
    legend: "What the input shows",
    options: [
      { value: "values", label: "values" },
      { value: "reads", label: "times read", title: "how many outputs read each cell" },
    ],
    value: view,
    onChange: (value) => {
      view = value;
      request();
    },
  });
  const stage = makeStage(grids, viewChoice.element);
  const text = (name) => h("p", { class: `layer-${name}` });
  const [worked, symbols, numbers, facts, note] = [
    "worked",
    "symbols",
    "numbers",
    "facts",
    "note",
  ].map(text);
  const message = messageLine();
  const copy = copyButton({ code: () => pythonCode(read()), signal });

  const [newInput, newKernel, newOutput] = Array.from({ length: 3 }, changeDetector);
  function draw() {
    const lab = read();
    const { dark } = demo;
    settings.update(lab);
    stage.shape(lab);
    const at = cell.current();
    const cells = at.grid === "output" && !lab.problem ? windowCells(lab, at.row, at.column) : [];
    const fed = at.grid === "input" ? readers(lab, at.row, at.column) : [];
    if (newInput(lab, view, dark)) drawInput(grids.input, lab, view, dark);
    markInput(grids.input, lab, { at, cells, focus: cell.chosenInput() });
    const convolves = stage.showKernel(lab);
    root.classList.toggle("pooling", !convolves);
    if (convolves) {
      if (newKernel(lab, dark)) drawKernel(grids.kernel, lab, dark);
      markKernel(grids.kernel, lab, fed);
    }
    const reached = cell.scan ? cell.scan[0] * lab.columns + cell.scan[1] : Infinity;
    if (newOutput(lab, reached, dark)) drawOutput(grids.output, lab, reached, dark);
    markOutput(grids.output, lab, { at, fed, position: cell.position() });
    tell(lab, at);
    const [above, below] = at.grid === "output" ? [cells, [at]] : [[at], fed];
    grids.input.reveal(above.map(({ column }) => column + lab.padding));
    grids.output.reveal(below.map(({ column }) => column));
    return { ...lab, subject: at, lit: at.grid === "input" ? fed : cells };
  }

  function tell(lab, at) {
    const problem = lab.problem ?? said;
    message.show(problem);
    const formula = sizeFormula(lab);
    setText(symbols, `Output size: ${formula.symbols}`);
    setText(numbers, formula.numbers);
    setText(facts, readingFacts(lab));
    const remark = borderNote(lab);
    setText(note, remark);
    if (note.hidden === Boolean(remark)) note.hidden = !remark;
    const explain = at.grid === "input" ? workedInput : workedOutput;
    const words = lab.problem ? "" : explain(lab, at.row, at.column);
    setText(worked, words);
    if (!cell.scan) {
      demo.tellState(`${words} ${lab.problem ? "" : formula.numbers} ${problem}`.trim());
    }
  }

  const parts = [
    settings.presets,
    settings.operation,
    message.element,
    stage.element,
    worked,
    h("p", { class: "lu-label" }, HINT),
    h("div", { class: "layer-play" }, ...play.buttons, copy.button),
    copy.panel,
    settings.element,
    h("div", { class: "layer-formula" }, symbols, numbers),
    facts,
    note,
  ];
  function readings() {
    const { h, w, rows, columns, kh, kw } = read();
    return { rows, columns, window: Math.min(kh, kw), input_cells: h * w };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "layer_lab", label: "A layer, cell by cell" }, build),
};
