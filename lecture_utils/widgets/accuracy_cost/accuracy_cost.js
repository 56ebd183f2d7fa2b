/** AccuracyCost: how accurate networks are for what they cost. See __init__.py. */

/** @import { Plot } from "./chart.js" */
import { clamp } from "../_shared/math/numbers.js";
import { disclosure } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, onResize, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { computed } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { frontTable } from "./chart.js";
import { chosen, front, sorted } from "./choose.js";
import { costControls } from "./controls.js";
import { pythonCode } from "./python_code.js";
import { costStage } from "./stage.js";
import { COSTS, amount, facts, percent, sentence, standing } from "./text.js";

const TRAITS = ["networks", "cost", "weights", "family", "selected"];
const HELP =
  "Point at a network, tap it, or use the arrow keys; Page Up and Page Down move along the front. Thin lines lead from a " +
  "network's first weights to its better ones; “best of all” adds weights that were trained on more images than ImageNet's.";

/**
 * @param {[Record<string, any>[], string, string]} values
 * @returns {Plot}
 */
function plotOf([networks, cost, weights]) {
  const rows = chosen(networks, weights);
  const first = chosen(networks, "first");
  return {
    ...{ cost, rows, order: sorted(rows, cost), front: front(rows, cost) },
    before: new Map(first.map((row) => [row.name, row])),
    // The axes stay where they are when only the weights change, as long as no others come in.
    range: weights === "all" ? [...rows, ...first] : [...first, ...chosen(networks, "best")],
  };
}

/** The network that is named, and what there is to say about it. */
function networkPanel() {
  const name = h("p", { class: "lu-title" });
  const list = h("dl", { class: "cost-facts" });
  const verdict = h("p", {});
  function show(row, title, text) {
    setText(name, title);
    const known = row ? facts(row) : [];
    if (list.children.length !== known.length) {
      list.replaceChildren(...known.map(([term]) => h("div", {}, h("dt", {}, term), h("dd"))));
    }
    known.forEach(([, value], i) => setText(list.children[i].lastElementChild, value));
    setText(verdict, text);
  }
  return { element: h("div", { class: "cost-panel" }, name, list, verdict), show };
}

function build(demo) {
  const { model, request, signal } = demo;
  demo.watch(TRAITS);
  const readPlot = computed(model, ["networks", "cost", "weights"], plotOf);
  const titles = [...new Map(model.get("networks").map(({ name, title }) => [name, title]))].map(
    ([value, label]) => ({ value, label }),
  );
  const controls = costControls(demo, titles);
  const stage = costStage({ demo, readPlot });
  let width = 0;
  onResize(
    stage.element,
    (box) => {
      width = Math.round(box.width);
      request();
    },
    signal,
  );
  const panel = networkPanel();
  const table = frontTable();
  const newFront = changeDetector();
  const copy = copyButton({
    code: () => pythonCode({ cost: model.get("cost"), weights: model.get("weights") }),
    signal,
  });

  function draw() {
    const plot = readPlot();
    const { cost, rows: now, order, front: best } = plot;
    const row = stage.current(now);
    controls.update();
    drawPlot(plot, row);
    const title = titles.find(({ value }) => value === model.get("selected"))?.label;
    const words = row
      ? sentence(row, now, cost)
      : `${title}: all of its weights were trained on more images than ImageNet has.`;
    stage.tell(words, row ? order.indexOf(row) + 1 : 1, order.length);
    const verdict = row ? standing(row, now, cost) : "";
    panel.show(row, row ? row.title : words, verdict);
    if (newFront(plot)) {
      table.set(
        `Pareto front of ${now.length} networks by ${COSTS[cost]}`,
        best.map((other) => [
          other.title,
          amount(other.macs),
          amount(other.parameters),
          percent(other.accuracy),
        ]),
      );
    }
    demo.tellState(
      `${best.length} of ${now.length} networks on the front, up to ${percent(best.at(-1).accuracy)}.`,
    );
    const names = { named: row?.name ?? null, front: best.map((other) => other.name) };
    return {
      cost,
      weights: model.get("weights"),
      family: model.get("family"),
      ...names,
      shown: now.length,
      standing: verdict,
    };
  }
  function drawPlot(plot, selected) {
    width ||= stage.element.clientWidth;
    const wide = Math.max(240, width || 600);
    const height = clamp(Math.round(0.62 * wide), 320, 460);
    stage.draw({ width: wide, height, plot, family: model.get("family"), selected });
  }

  const parts = [
    controls.element,
    stage.element,
    panel.element,
    h("p", { class: "lu-label" }, HELP),
    disclosure("The front as a table", table.element),
    h("div", {}, copy.button),
    copy.panel,
  ];
  function readings() {
    const row = readPlot().rows.find(({ name }) => name === model.get("selected"));
    return {
      accuracy: row ? 100 * row.accuracy : 0,
      mega_macs: row ? row.macs / 1e6 : 0,
      mega_parameters: row ? row.parameters / 1e6 : 0,
    };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "accuracy_cost", label: "Accuracy and cost" }, build),
};
