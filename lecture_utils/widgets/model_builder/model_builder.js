/**
 * ModelBuilder: a stack of layers to change, with the shapes and costs of each. See __init__.py.
 */

import { grouped } from "../_shared/math/numbers.js";
import { button, checkbox, disclosure, enable, segmented } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { UNDO } from "../_shared/ui/icons.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { addBar, inputBar, presetBar } from "./bars.js";
import { COLUMNS } from "./layer_row.js";
import { pythonCode } from "./python_code.js";
import { describe } from "./stack.js";
import { STATE, layerRows, undoable } from "./stack_editor.js";
import { totalsPanel } from "./totals.js";

const WINDOWS = ["Conv2d", "MaxPool2d", "AvgPool2d"];
const LEGEND =
  "A MAC is one multiplication by a weight and one addition. torchinfo also counts each bias, and the " +
  "parameters of a normalization once. Memory: the outputs as 32-bit numbers, for the whole batch. “Sees”: " +
  "the receptive field of one output, in rows and columns of the input, padding included.";

/** What counts as an operation. */
function countingChoice(onChange) {
  return segmented({
    legend: "What counts as an operation",
    options: [
      { value: "multAdds", label: "like torchinfo" },
      { value: "macs", label: "weights only" },
    ],
    value: "multAdds",
    onChange,
  });
}

/** The costs of all layers together; `output` is null while a layer does not fit. */
function totalsOf(described, shape, counting) {
  const sum = (name) => described.reduce((all, row) => all + (row[name] ?? 0), 0);
  const valid = !described.some((row) => row.problem);
  return {
    parameters: sum("parameters"),
    macs: sum(counting),
    bytes: sum("bytes"),
    valid,
    output: valid ? (described.at(-1)?.output ?? shape) : null,
  };
}

function build(demo) {
  const { model, request, signal } = demo;
  demo.watch(STATE);
  const message = messageLine();
  let inputProblem = "";
  const onProblem = (text) => {
    if (text === inputProblem) return;
    inputProblem = text;
    request();
  };
  const history = undoable(demo, () => {
    inputProblem = "";
    rows.forget();
  });
  const { edit } = history;
  const rows = layerRows({ demo, edit, onEmpty: () => undoButton.focus() });
  const bars = {
    presets: presetBar({ model, edit }),
    input: inputBar({ model, edit, onProblem }),
    add: addBar({ demo, rows, onProblem }),
  };
  let counting = "multAdds";
  const counts = countingChoice((value) => {
    counting = value;
    request();
  });
  const more = checkbox({ name: "builder-check", onChange: request }, "All settings");
  const undoButton = button({ label: "Undo", path: UNDO, onClick: history.undo });
  const startOver = button({ label: "Start over", onClick: history.restart });
  const copy = copyButton({
    code: () => programOf(...STATE.map((name) => model.get(name))),
    signal,
  });
  const program = h("pre", { class: "builder-code", tabindex: "0", "aria-label": "Python code" });
  const totals = totalsPanel();

  const programOf = (stack, shape, size) => pythonCode(stack, describe(stack, shape), shape, size);
  function draw() {
    const [stack, shape, size] = STATE.map((name) => model.get(name));
    const described = describe(stack, shape, size);
    const wrong = described.findIndex((row) => row.problem);
    const all = totalsOf(described, shape, counting);
    rows.arrange().forEach((row, index, { length }) => {
      const waiting = wrong >= 0 && index > wrong;
      const [layer, numbers] = [stack[index], described[index]];
      row.update({
        layer,
        row: numbers,
        index,
        last: length - 1,
        waiting,
        more: more.input.checked,
        costs: all,
        macs: counting,
      });
    });
    for (const { update } of Object.values(bars)) update();
    totals.update(all, stack, described, counting);
    setText(program, pythonCode(stack, described, shape, size));
    enable(undoButton, history.canUndo());
    message.show(inputProblem);
    const words =
      wrong >= 0
        ? `Layer ${wrong + 1}, ${stack[wrong].type}: ${described[wrong].problem}`
        : `${grouped(all.parameters)} parameters, ${grouped(all.macs)} MACs, output ${all.output.join("×")}.`;
    demo.tellState(`${words} ${inputProblem}`.trim());
    return { layers: stack, inputShape: shape, batchSize: size, rows: described, totals: all };
  }

  const heads = ["layer", ...COLUMNS].map((name, i) => h("span", { class: i > 0 && name }, name));
  const parts = [
    bars.presets.element,
    bars.input.element,
    message.element,
    h(
      "div",
      { class: "builder-table" },
      h("div", { class: "builder-head", "aria-hidden": "true" }, ...heads),
      rows.element,
    ),
    totals.element,
    bars.add.element,
    h(
      "div",
      { class: "builder-bar-row" },
      undoButton,
      startOver,
      copy.button,
      more.element,
      h(
        "span",
        { class: "builder-counting" },
        h("span", { class: "lu-label" }, "Count MACs"),
        counts.element,
      ),
    ),
    copy.panel,
    disclosure("The network in PyTorch", program),
    h("p", { class: "lu-label" }, LEGEND),
  ];
  function readings() {
    const [stack, shape, size] = STATE.map((name) => model.get(name));
    const described = describe(stack, shape, size);
    const { parameters, valid, output } = totalsOf(described, shape, "macs");
    const last = (stack.length && output) || [];
    const windows = described.filter(({ problem, field }, i) => {
      return !problem && field && WINDOWS.includes(stack[i].type);
    });
    return {
      fits: valid,
      outputs: last.length === 1 ? last[0] : 0,
      channels: last.length === 3 ? last[0] : 0,
      rows: last.length === 3 ? last[1] : 0,
      parameters,
      convolutions: stack.filter(({ type }) => type === "Conv2d").length,
      field: windows.length ? Math.max(...windows.at(-1).field) : 1,
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "model_builder", label: "Build a network" }, build),
};
