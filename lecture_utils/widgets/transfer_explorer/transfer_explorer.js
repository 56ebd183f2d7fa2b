/** TransferExplorer: a boundary between what stays frozen and what learns. See __init__.py. */

import { segmented, select, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { curvesStage, longestOf, prepareRun } from "../_shared/ui/curves/stage.js";
import { valueTable } from "../_shared/ui/curves/tables.js";
import { BATCH_SIZE, boundaries, recorded } from "./counts.js";
import { diagram } from "./diagram.js";
import { pythonCode } from "./python_code.js";
import { runsTable } from "./runs_table.js";
import { scatterPlot } from "./scatter.js";
import { MEASURES, boundaryWords, bytes, count, percent, range, seconds, share } from "./words.js";

const WATCHED = ["runs", "network", "until", "outputs", "ticked", "measure", "epoch"];
const PARTS = ["train", "val"];

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  const live = announcer(signal);
  watch(model, WATCHED, request, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };
  const networks = model.get("networks");
  const shownNetwork = () => networks.find(({ name }) => name === model.get("network")) ?? networks[0];

  // ---- The runs that have something to say about a network, computed when they change
  let prepared = { runs: null, all: [] };
  function allRuns() {
    const runs = model.get("runs");
    if (prepared.runs !== runs) {
      prepared = { runs, all: runs.map((run, place) => ({ ...prepareRun(run, place), numbers: recorded(run) })) };
    }
    return prepared.all;
  }
  function state() {
    const network = shownNetwork();
    const outputs = model.get("outputs");
    const all = boundaries(network, outputs);
    const here = all.find(({ until }) => until === model.get("until")) ?? all.at(-1);
    const ticked = model.get("ticked");
    const isOwn = ({ network: name }) => name === network.name;
    const runs = allRuns()
      // From scratch is what every network is compared with.
      .filter((run) => isOwn(run) || (!run.pretrained && !networks.some(({ name }) => name === run.network)))
      .map((run) => {
        const current = run.pretrained && run.until === here.until;
        // As many as learned then: of the recorded head, not of the one that is chosen here.
        const then = boundaries(network, 1).find(({ until }) => until === run.until);
        const trainable = isOwn(run) && then ? then.trainable : run.trainable;
        return { ...run, current, trainable, scratch: !run.pretrained, here: run.pretrained, shown: current || ticked.includes(run.label) };
      });
    return { network, outputs, all, here, runs, curves: runs.filter(({ shown }) => shown) };
  }

  // ---- Controls
  const menu = select({
    label: "Network",
    options: networks.map(({ name, title }) => ({ value: name, label: title })),
    value: model.get("network"),
    onChange: (name) => {
      const from = shownNetwork();
      const to = networks.find((network) => network.name === name);
      const way = Object.keys(from.ways).find((each) => from.ways[each] === model.get("until"));
      edit({ network: name, until: to.ways[way] ?? "head" });
    },
  });
  menu.element.hidden = networks.length < 2;
  const WAYS = Object.keys(networks[0].ways);
  const ways = segmented({
    legend: "Way",
    options: WAYS.map((way) => ({ value: way, label: way })),
    value: null,
    onChange: (way) => edit({ until: shownNetwork().ways[way] }),
  });
  const outputs = slider({
    label: "Outputs of the new head",
    min: 1,
    max: 20,
    value: 1,
    onInput: (value) => edit({ outputs: value }),
  });
  const measure = segmented({
    legend: "Drawn against what learns",
    options: Object.entries(MEASURES).map(([value, label]) => ({ value, label })),
    value: "accuracy",
    onChange: (value) => edit({ measure: value }),
  });

  // ---- Views
  const blocks = diagram({ onMove: (until) => edit({ until }) });
  const sentence = h("p", { class: "transfer-sentence" });
  const facts = factList();
  const nearest = h("p", { class: "transfer-nearest" });
  const table = runsTable({
    onTick: (label, on) => {
      const others = model.get("ticked").filter((each) => each !== label);
      edit({ ticked: on ? [...others, label] : others });
    },
    onGo: ({ until }) => edit({ until }),
  });
  const timeNote = h(
    "p",
    { class: "lu-label" },
    "What the frozen stages make of a photo never changes: where it is small enough to keep, it was computed once, before the first epoch, and is not in the time per epoch.",
  );
  const scatter = scatterPlot();
  const { element: stage, ...panels } = curvesStage({
    chosen: () => model.get("epoch"),
    longest: () => longestOf(state().curves),
    onChoose: (epoch) => edit({ epoch }),
    redraw: request,
    signal,
  });
  const values = valueTable();
  const curvesTitle = h("div", { class: "lu-title" });
  const noCurves = h("p", { class: "lu-label" }, "No curves: tick a recorded run, or move the boundary to one.");
  const copy = copyButton({
    code: () => {
      const { network, here, outputs: number, curves } = state();
      return pythonCode({ network, until: here.until, outputs: number, runs: curves, root: model.get("root") });
    },
    signal,
  });
  const plotArea = h("div", { class: "transfer-plot" }, h("div", { class: "transfer-measure" }, measure.element), scatter.element);
  const root = h(
    "div",
    { class: "lu-demo lu-curves lu-transfer-explorer", role: "group", "aria-label": "Transfer explorer" },
    h("div", { class: "transfer-controls" }, menu.element, ways.element),
    h(
      "div",
      { class: "transfer-columns" },
      h("div", { class: "transfer-network" }, h("div", { class: "lu-label" }, "picture ↓"), blocks.element, h("div", { class: "lu-label" }, "↓ prediction")),
      h("div", { class: "transfer-numbers" }, sentence, facts.element, nearest, outputs.element),
    ),
    plotArea,
    table.element,
    timeNote,
    curvesTitle,
    noCurves,
    stage,
    values.element,
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  // ---- Drawing
  let announced = null;
  function draw() {
    const now = state();
    const { network, all, here, runs, curves } = now;
    menu.set(network.name);
    ways.set(WAYS.find((way) => network.ways[way] === here.until) ?? null);
    outputs.set(now.outputs, Math.max(20, now.outputs));
    measure.set(model.get("measure"));
    const words = boundaryWords(network, here);
    const learned = `${count(here.trainable)} of ${count(here.total)} parameters learn (${share(here.trainable, here.total)})`;
    blocks.update({
      ...{ network, outputs: now.outputs, boundaries: all, until: here.until },
      marks: runs.filter(({ pretrained }) => pretrained),
      words: `${words}; ${learned}`,
    });
    const currents = runs.filter(({ current }) => current);
    const told = `${words[0].toUpperCase()}${words.slice(1)}: ${learned}.`;
    setText(sentence, told);
    facts.update(now, currents);
    drawNearest(now, currents);
    table.update(runs);
    timeNote.hidden = !runs.some(({ pretrained, name }) => pretrained && name);
    const known = runs.filter(({ trainable }) => trainable !== null);
    const amounts = [...all, ...known].map(({ trainable }) => trainable);
    scatter.draw({
      ...{ runs: known, boundaries: all, trainable: here.trainable, measure: model.get("measure") },
      range: [Math.min(...amounts), Math.max(...amounts)],
      width: plotArea.clientWidth,
    });
    stage.hidden = values.element.hidden = !curves.length;
    noCurves.hidden = curves.length > 0 || !runs.length;
    setText(curvesTitle, curves.length ? "Curves: dashed on the training photos, solid on the validation photos" : "");
    if (curves.length) {
      panels.draw({ runs: curves, parts: PARTS });
      panels.tell(curves, PARTS);
      values.update(curves, panels.current());
    }
    const result = currents.length ? currents.map(({ numbers }) => `test accuracy ${percent(numbers.accuracy.mean)}`).join(", ") : "no run recorded here";
    if (announced !== null && announced !== told) live.say(`${told} ${result}.`);
    announced = told;
    const detail = { network: network.name, until: here.until, ...here, outputs: now.outputs, runs: runs.map(({ label, trainable, numbers, current, shown }) => ({ label, trainable, numbers, current, shown })), curves: curves.map(({ label, values: raw }) => ({ label, values: raw })), epoch: panels.current(), measure: model.get("measure") };
    root.dispatchEvent(new CustomEvent("transfer", { bubbles: true, detail }));
  }

  /** Say clearly that nothing was recorded here, and where the next ones are. */
  function drawNearest({ network, all, here, runs }, currents) {
    const places = all.map(({ until }) => until);
    const there = runs.filter(({ pretrained }) => pretrained).map(({ until }) => until);
    const at = places.indexOf(here.until);
    const before = places.slice(0, at).findLast((until) => there.includes(until));
    const after = places.slice(at + 1).find((until) => there.includes(until));
    const words = there.length
      ? "No run was recorded at this boundary, and nothing between runs is guessed."
      : `No run of ${network.title} was recorded; its counts are exact all the same.`;
    const key = JSON.stringify([words, currents.length, before, after]);
    if (nearest.dataset.key === key) return;
    nearest.dataset.key = key;
    nearest.hidden = currents.length > 0;
    const go = (until) => until && h("button", { type: "button", class: "lu-button small", onclick: () => edit({ until }) }, until === "head" ? "only the head" : `from ${until}`);
    const buttons = [go(before), go(after)].filter(Boolean);
    nearest.replaceChildren(words, ...(buttons.length ? [" The nearest: ", ...buttons.flatMap((each) => [each, " "])] : []));
  }

  const observer = new ResizeObserver(request);
  observer.observe(plotArea);
  signal.addEventListener("abort", () => observer.disconnect());
  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

/** The numbers of a boundary: what is counted, and what was recorded. */
function factList() {
  const rows = new Map();
  const element = h("dl", { class: "transfer-facts" });
  const section = (title) => {
    const heading = h("dt", {}, title);
    element.append(h("div", { class: "transfer-section" }, heading));
    return heading;
  };
  const fact = (key, term) => {
    const value = h("dd");
    rows.set(key, value);
    element.append(h("div", {}, h("dt", {}, term), value));
  };
  const exact = section("");
  fact("trainable", "parameters that learn");
  fact("memory", `memory of a step, ${BATCH_SIZE} photos`);
  fact("weights", "weights and statistics");
  fact("held", "gradients and Adam's averages");
  fact("kept", "activations for the backward pass");
  for (const part of ["weights", "held", "kept"]) rows.get(part).parentElement.classList.add("part");
  section("Recorded at this one");
  fact("accuracy", "test accuracy");
  fact("time", "time per epoch");

  function update({ here, network }, currents) {
    const join = (read) => (currents.length ? currents.map(read).join("; ") : "no run here");
    const texts = {
      trainable: count(here.trainable),
      memory: bytes(here.memory),
      weights: bytes(here.weights),
      held: bytes(here.held),
      kept: bytes(here.kept),
      accuracy: join(({ numbers: { accuracy } }) => {
        const seeds = accuracy.count > 1 ? `, ${accuracy.count} seeds` : "";
        return `${percent(accuracy.mean)} (95%: ${range(...accuracy.interval)}${seeds})`;
      }),
      time: join(({ clock, numbers: { time } }) => (time ? `${seconds(time.mean)} (${clock})` : "not recorded")),
    };
    for (const [key, text] of Object.entries(texts)) setText(rows.get(key), text);
    setText(exact, `Exact at every boundary, photos of ${network.size.slice(1).join("×")}`);
    element.classList.toggle("unrecorded", !currents.length);
  }
  return { element, update };
}

export default { render };
