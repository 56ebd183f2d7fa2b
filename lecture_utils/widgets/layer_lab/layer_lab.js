/** LayerLab: one layer on a small grid of numbers, every cell explained. See __init__.py. */

import { fromTyped } from "../_shared/math/arrays.js";
import { cssColor, grayColor, lutIndex, sequentialLut, signedColor } from "../_shared/ui/color.js";
import { button, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { editor, watch } from "../_shared/ui/model.js";
import { clamp, format, formatCell } from "../_shared/math/numbers.js";
import { scanner } from "../_shared/ui/scan.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { cellGrid } from "./cell_grid.js";
import { layerReader, NAMES, readers, windowCells } from "./layer.js";
import { pythonCode } from "./python_code.js";
import { borderNote, readingFacts, sizeFormula, workedInput, workedOutput } from "./sentences.js";
import { settingsPanel } from "./settings_panel.js";

const NEXT = "M6 5v14l9-7zM18 5v14";
const LARGEST = 99;
const HINT =
  "Point at a cell of the output to see what made it, or at one of the input to see where it goes. " +
  "To change a number, click its cell and type.";

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  const read = layerReader(model);
  watch(model, [...NAMES, "position"], request, signal);

  let said = ""; // the sentence on what was typed last
  let view = "values";
  let hovered = null; // {grid, row, column} under the mouse
  let chosen = null; // the input cell that has the focus
  let scan = null; // how far the animation has come

  function edit(changes, afresh = false) {
    play.stop();
    said = "";
    send(changes);
    if (afresh) {
      chosen = null;
      const { rows, columns } = read();
      send({ position: [Math.floor(rows / 2), Math.floor(columns / 2)] });
    }
    request();
  }
  const position = () => {
    const { rows, columns } = read();
    const [row, column] = scan ?? model.get("position");
    return [clamp(row, 0, Math.max(rows - 1, 0)), clamp(column, 0, Math.max(columns - 1, 0))];
  };
  function exists({ grid, row, column }) {
    const { h: height, w, padding, rows, columns } = read();
    if (grid === "output") return row < rows && column < columns;
    const low = Math.min(row, column);
    return low >= -padding && row < height + padding && column < w + padding;
  }
  /** What is explained: a cell of the output, or one of the input. */
  function subject() {
    if (scan) return { grid: "output", row: scan[0], column: scan[1] };
    const [row, column] = position();
    const at = hovered ?? chosen;
    // The grid may have shrunk under a pointer that rests.
    return at && exists(at) ? at : { grid: "output", row, column };
  }
  const settle = (to) => {
    scan = hovered = chosen = null;
    send({ position: to });
    request();
  };

  // ---- The three grids
  const inputPlace = (index) => {
    const { w, padding } = read();
    const across = w + 2 * padding;
    return { grid: "input", row: Math.floor(index / across) - padding, column: (index % across) - padding };
  };
  const outputPlace = (index) => {
    const { columns } = read();
    return { grid: "output", row: Math.floor(index / columns), column: index % columns };
  };
  const hover = (place) => (index) => {
    const next = index === null ? null : place(index);
    if (!next && !hovered) return;
    if (next && hovered && Object.keys(next).every((name) => next[name] === hovered[name])) return;
    hovered = next;
    request();
  };
  /** Change one number of an array trait; the sentence says why not. */
  function change(name, index, value, whole) {
    const array = model.get(name);
    if (!(Math.abs(value) <= LARGEST) || (whole && !Number.isInteger(value))) {
      said = `Use a ${whole ? "whole number" : "number"} from −${LARGEST} to ${LARGEST}.`;
      request();
      return;
    }
    const values = Float64Array.from(name === "image" ? read().pixels : read().weights);
    values[index] = value;
    edit({ [name]: fromTyped(values, array.shape) });
  }
  const pixelIndex = (index) => {
    const { h: rows, w } = read();
    const { row, column } = inputPlace(index);
    return row >= 0 && row < rows && column >= 0 && column < w ? row * w + column : null;
  };
  const input = cellGrid({
    label: "Input",
    onPoint: hover(inputPlace),
    onChoose: (index) => {
      play.stop();
      chosen = inputPlace(index);
      request();
    },
    onLeave: () => {
      chosen = null;
      request();
    },
    valueAt: (index) => {
      const at = pixelIndex(index);
      return at === null ? null : read().pixels[at];
    },
    onEdit: (index, value) => change("image", pixelIndex(index), value, true),
  });
  const kernel = cellGrid({
    label: "Kernel",
    onPoint: () => {},
    onChoose: () => {},
    valueAt: (index) => read().weights[index],
    onEdit: (index, value) => change("kernel", index, value, false),
  });
  const output = cellGrid({
    label: "Output",
    onPoint: hover(outputPlace),
    onChoose: (index) => {
      play.stop();
      const { row, column } = outputPlace(index);
      settle([row, column]);
    },
  });

  // ---- Walking
  const size = () => [read().rows, read().columns];
  const play = scanner({
    size,
    from: position,
    onStep: (row, column) => {
      if (scan && scan[0] === row && scan[1] === column) return;
      scan = [row, column];
      request();
    },
    onEnd: (finished) => settle(finished ? size().map((count) => count - 1) : position()),
    signal,
  });
  const step = button({
    label: "Step",
    path: NEXT,
    title: "Move the window to its next place",
    onClick: () => {
      play.stop();
      const [rows, columns] = size();
      if (!rows) return;
      const [row, column] = position();
      const next = (row * columns + column + 1) % (rows * columns);
      settle([Math.floor(next / columns), next % columns]);
    },
  });
  // Whoever wants no motion moves the window one step at a time.
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const showPlay = () => {
    play.button.hidden = calm.matches;
    if (calm.matches) play.stop();
  };
  calm.addEventListener("change", showPlay, { signal });
  showPlay();

  // ---- Everything in its place
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
  const text = (name) => h("p", { class: `layer-${name}` });
  const [worked, symbols, numbers, facts, note] = ["worked", "symbols", "numbers", "facts", "note"].map(text);
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const [inputSize, outputSize] = [h("span", { class: "lu-label" }), h("span", { class: "lu-label" })];
  const kernelTitle = h("span", { class: "lu-title" });
  const pooling = h("p", { class: "layer-pooling", hidden: true });
  const copy = copyButton({ code: () => pythonCode(read()), signal });
  const live = announcer(signal);
  const panel = (name, head, ...children) =>
    h("div", { class: `layer-panel layer-panel-${name}` }, h("div", { class: "layer-head" }, ...head), ...children);
  const stage = h(
    "div",
    { class: "layer-stage" },
    panel("input", [h("span", { class: "lu-title" }, "Input"), inputSize], input.element, viewChoice.element),
    panel("kernel", [kernelTitle], kernel.element, pooling),
    panel("output", [h("span", { class: "lu-title" }, "Output"), outputSize], output.element),
  );
  const root = h(
    "div",
    { class: "lu-demo lu-layer-lab", role: "group", "aria-label": "A layer, cell by cell" },
    settings.presets,
    settings.operation,
    message,
    stage,
    worked,
    h("p", { class: "lu-label" }, HINT),
    h("div", { class: "layer-play" }, play.button, step, copy.button),
    copy.panel,
    settings.element,
    h("div", { class: "layer-formula" }, symbols, numbers),
    facts,
    note,
    live.element,
  );

  // ---- Drawing
  let dark = false;
  const spans = { total: 0, most: 0 };
  const paper = null;

  function draw() {
    const lab = read();
    settings.update(lab);
    shape(lab);
    const at = subject();
    const cells = at.grid === "output" && !lab.problem ? windowCells(lab, at.row, at.column) : [];
    const fed = at.grid === "input" ? readers(lab, at.row, at.column) : [];
    drawInput(lab, at, cells);
    drawKernel(lab, fed);
    drawOutput(lab, at, fed);
    tell(lab, at);
    const reads = lab.rowReads.map((row) => lab.columnReads.map((column) => row * column));
    const lit = at.grid === "input" ? fed : cells;
    const detail = { ...lab, reads, subject: at, lit };
    root.dispatchEvent(new CustomEvent("layer", { bubbles: true, detail }));
  }

  /** Cells of input and output are equally large, so that a smaller output looks smaller. */
  function shape(lab) {
    const across = [lab.w + 2 * lab.padding, lab.columns];
    input.shape(lab.h + 2 * lab.padding, across[0]);
    kernel.shape(lab.kh, lab.kw);
    output.shape(lab.rows, lab.columns);
    if (output.element.hidden !== Boolean(lab.problem)) output.element.hidden = Boolean(lab.problem);
    const total = across[0] + across[1];
    const most = Math.max(...across);
    if (spans.total === total && spans.most === most) return;
    Object.assign(spans, { total, most });
    stage.style.setProperty("--total", total);
    stage.style.setProperty("--most", most);
  }

  function drawInput(lab, at, cells) {
    const { pixels, h: rows, w, padding, operation } = lab;
    const across = w + 2 * padding;
    const lit = new Uint8Array(across * (rows + 2 * padding));
    const best = operation === "max" ? Math.max(...cells.map(({ value }) => value)) : NaN;
    for (const { row, column, value, where } of cells) {
      if (where === "beyond") continue;
      lit[(row + padding) * across + column + padding] = value === best && where === "image" ? 2 : 1;
    }
    const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
    const most = Math.max(...lab.rowReads) * Math.max(...lab.columnReads) || 1;
    const table = sequentialLut(dark);
    const outside = operation === "max" ? "−∞" : "0";
    for (let i = 0; i < lit.length; i += 1) {
      const row = Math.floor(i / across) - padding;
      const column = (i % across) - padding;
      let marks = ["", " lit", " lit best"][lit[i]];
      if (at.grid === "input" && at.row === row && at.column === column) marks += " chosen";
      if (row < 0 || row >= rows || column < 0 || column >= w) {
        input.write(i, view === "values" ? outside : "", paper, `${marks} padding`);
        continue;
      }
      const value = pixels[row * w + column];
      const reads = lab.rowReads[row] * lab.columnReads[column];
      if (!reads && !lab.problem) marks += " unread";
      if (view === "values") input.write(i, format(value), grayColor((value - low) / (high - low || 1)), marks);
      else input.write(i, String(reads), cssColor(table[lutIndex(reads, 0, most, table.length)]), marks);
    }
    const { row, column } = chosen && exists(chosen) ? chosen : { row: 0, column: 0 };
    input.setTabStop((row + padding) * across + column + padding);
  }

  function drawKernel({ weights, kh, kw, operation }, fed) {
    const convolves = operation === "convolution";
    if (kernel.element.hidden === convolves) {
      kernel.element.hidden = !convolves;
      pooling.hidden = convolves;
      root.classList.toggle("pooling", !convolves);
    }
    const what = operation === "max" ? "maximum" : "mean";
    setText(kernelTitle, convolves ? "Kernel" : "Window");
    setText(pooling, convolves ? "" : `${what} of each ${kh}×${kw} window`);
    if (!convolves) return;
    const limit = maxMagnitude(weights) || 1;
    const taps = new Set(fed.map(({ tap }) => tap));
    weights.forEach((weight, i) => {
      kernel.write(i, formatCell(weight), signedColor(weight, limit, dark), taps.has(i) ? " lit" : "");
    });
    kernel.setTabStop();
  }

  function drawOutput(lab, at, fed) {
    const { output: values, rows, columns, operation, pixels } = lab;
    const lit = new Uint8Array(values.length);
    for (const { row, column } of fed) lit[row * columns + column] = 1;
    const limit = maxMagnitude(values) || 1;
    const [low, high] = [Math.min(...pixels), Math.max(...pixels)];
    const color = (value) =>
      operation === "convolution" ? signedColor(value, limit, dark) : grayColor((value - low) / (high - low || 1));
    const [row, column] = position();
    const reached = scan ? scan[0] * columns + scan[1] : Infinity;
    values.forEach((value, i) => {
      let marks = lit[i] ? " lit" : "";
      if (at.grid === "output" && at.row * columns + at.column === i) marks += " chosen";
      if (i > reached) output.write(i, "", paper, marks);
      else output.write(i, formatCell(value), color(value), marks);
    });
    output.setTabStop(row * columns + column);
  }

  let announced = "";
  function tell(lab, at) {
    const { rows, columns } = lab;
    const problem = lab.problem ?? said;
    if (message.hidden === Boolean(problem)) message.hidden = !problem;
    setText(message, problem);
    setText(inputSize, `${lab.h}×${lab.w}${lab.padding ? `, padded by ${lab.padding}` : ""}`);
    setText(outputSize, lab.problem ? "none" : `${rows}×${columns}`);
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
    const spoken = `${words} ${lab.problem ? problem : formula.numbers}`;
    if (announced && spoken !== announced && !scan) live.say(spoken);
    announced = spoken;
  }

  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  onThemeChange(followTheme, signal);
  el.append(root);
  dark = isDark(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };
