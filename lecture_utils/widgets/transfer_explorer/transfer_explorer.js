/** TransferExplorer: a boundary between frozen and trained stages. See __init__.py. */

import { grouped } from "../_shared/math/numbers.js";
import { copyButton } from "../_shared/ui/copy.js";
import { curvesStage, longestOf } from "../_shared/ui/curves/stage.js";
import { valueTable } from "../_shared/ui/curves/tables.js";
import { h, onResize, setText } from "../_shared/ui/dom.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { transferControls } from "./controls.js";
import { diagram } from "./diagram.js";
import { factList, nearestRuns } from "./facts.js";
import { pythonCode } from "./python_code.js";
import { runsTable } from "./runs_table.js";
import { scatterPlot } from "./scatter.js";
import { stateReader } from "./state.js";
import { boundaryWords, percent, share } from "./text.js";

const TRAITS = ["runs", "model", "train_from", "outputs", "ticked", "measure", "epoch"];
const SPLITS = ["train", "val"];
const TIME_NOTE =
  "The frozen stages give the same output for a photo in every epoch. Where this output is small enough to cache, it was " +
  "computed once, before the first epoch, and does not count toward the time per epoch.";

/** The curves of the runs that are ticked. */
function curvesPanel({ model, edit, request, signal }, read) {
  const { element: stage, ...panels } = curvesStage({
    chosen: () => model.get("epoch"),
    longest: () => longestOf(read().curves),
    onChoose: (epoch) => edit({ epoch }),
    redraw: request,
    signal,
  });
  const values = valueTable();
  const title = h("div", { class: "lu-title" });
  const none = h(
    "p",
    { class: "lu-label" },
    "No curves: select a recorded run, or move the boundary to a recorded run.",
  );
  function draw(curves, runs) {
    stage.hidden = values.element.hidden = !curves.length;
    none.hidden = curves.length > 0 || !runs.length;
    setText(
      title,
      curves.length ? "Curves: dashed on the training photos, solid on the validation photos" : "",
    );
    if (!curves.length) return;
    panels.draw({ runs: curves, splits: SPLITS });
    panels.tell(curves, SPLITS);
    values.update(curves, panels.current());
  }
  return { elements: [title, none, stage, values.element], draw, epoch: panels.current };
}

function build(demo) {
  const { model, root, edit, request, signal } = demo;
  root.classList.add("lu-curves");
  demo.watch(TRAITS);
  const state = stateReader(model);
  const { read } = state;
  const moveTo = (trainFrom) => edit({ train_from: trainFrom });

  const controls = transferControls(demo, state);
  const blocks = diagram({ onMove: moveTo });
  const sentence = h("p", { class: "transfer-sentence" });
  const facts = factList();
  /** The button that led there is gone then; it leaves the focus to the boundary. */
  const goTo = (trainFrom) => {
    moveTo(trainFrom);
    blocks.element.focus({ preventScroll: true });
  };
  const nearest = nearestRuns(goTo);
  const table = runsTable({
    onTick: (label, on) => {
      const others = model.get("ticked").filter((each) => each !== label);
      edit({ ticked: on ? [...others, label] : others });
    },
    onGo: (run) => goTo(run.train_from),
  });
  const timeNote = h("p", { class: "lu-label" }, TIME_NOTE);
  const scatter = scatterPlot();
  const plotArea = h(
    "div",
    { class: "transfer-plot" },
    h("div", { class: "transfer-measure" }, controls.measure),
    scatter.element,
  );
  let width = 0;
  onResize(
    plotArea,
    (box) => {
      width = Math.round(box.width);
      request();
    },
    signal,
  );
  const curves = curvesPanel(demo, read);
  const copy = copyButton({
    code: () => {
      const { network, here, outputs, curves: runs } = read();
      return pythonCode({
        network,
        trainFrom: here.trainFrom,
        outputs,
        runs,
        root: model.get("root"),
      });
    },
    signal,
  });

  function draw() {
    const now = read();
    const { network, all, here, runs, outputs } = now;
    controls.update(now);
    const words = boundaryWords(network, here);
    const learned = `${grouped(here.trainable)} of ${grouped(here.total)} parameters (${share(here.trainable, here.total)})`;
    const marks = runs.filter(({ pretrained }) => pretrained);
    blocks.update({
      network,
      outputs,
      boundaries: all,
      trainFrom: here.trainFrom,
      marks,
      words: `${words}: ${learned}`,
    });
    const currents = runs.filter(({ current }) => current);
    const told = `${words[0].toUpperCase()}${words.slice(1)}: ${learned}.`;
    setText(sentence, told);
    facts.update(now, currents);
    nearest.update(now, currents);
    table.update(runs);
    timeNote.hidden = !marks.some(({ name }) => name);
    drawScatter(now);
    curves.draw(now.curves, runs);
    announce(told, currents);
    return detailOf(now);
  }
  function drawScatter({ all, here, plotted }) {
    width ||= plotArea.clientWidth;
    scatter.draw({ runs: plotted, boundaries: all, here, measure: model.get("measure"), width });
  }
  function announce(told, currents) {
    const accuracies = currents.map(
      ({ numbers }) => `test accuracy ${percent(numbers.accuracy.mean)}`,
    );
    const result = accuracies.join(", ") || "no run recorded here";
    demo.tellState(`${told} ${result}.`);
  }
  const detailOf = ({ network, here, outputs, runs, curves: drawn }) => ({
    ...here,
    model: network.name,
    outputs,
    runs: runs.map(({ label, trainable, numbers, current, shown }) => ({
      label,
      trainable,
      numbers,
      current,
      shown,
    })),
    curves: drawn.map(({ label, values }) => ({ label, values })),
    epoch: curves.epoch(),
    measure: model.get("measure"),
  });

  const label = (text) => h("div", { class: "lu-label" }, text);
  const parts = [
    h("div", { class: "transfer-controls" }, controls.menu, controls.ways),
    h(
      "div",
      { class: "transfer-columns" },
      h(
        "div",
        { class: "transfer-network" },
        label("image ↓"),
        blocks.element,
        label("↓ prediction"),
      ),
      h(
        "div",
        { class: "transfer-numbers" },
        sentence,
        facts.element,
        nearest.element,
        controls.outputs,
      ),
    ),
    plotArea,
    table.element,
    timeNote,
    ...curves.elements,
    h("div", {}, copy.button),
    copy.panel,
  ];
  function readings() {
    const { here } = read();
    return { mega_trained: here.trainable / 1e6, memory_mib: here.memory / 2 ** 20 };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "transfer_explorer", label: "Transfer explorer" }, build),
};
