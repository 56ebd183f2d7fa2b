/** AccuracyCost: how accurate networks are for what they cost. See __init__.py. */

import { segmented, select, disclosure } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { promptly } from "../_shared/ui/frame.js";
import { editor, watch } from "../_shared/ui/model.js";
import { clamp } from "../_shared/math/numbers.js";
import { chart, frontTable } from "./chart.js";
import { chosen, front, sorted } from "./choose.js";
import { pythonCode } from "./python_code.js";
import { COSTS, facts, percent, sentence, short, standing } from "./words.js";

const STATE = ["cost", "weights", "family", "selected"];
const WEIGHTS = [
  { value: "first", label: "first" },
  { value: "best", label: "best on ImageNet" },
  { value: "all", label: "best of all" },
];
const NONE = "(none)";
const REACH = { mouse: 22, touch: 34 };

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const send = editor(model, signal);
  watch(model, ["networks", ...STATE], request, signal);
  const edit = (changes) => {
    send(changes);
    request();
  };
  let hovered = null;
  let said = "";

  const all = () => model.get("networks");
  const rows = () => chosen(all(), model.get("weights"));
  const titles = [...new Map(all().map(({ name, title }) => [name, title]))].map(([value, label]) => ({ value, label }));
  const families = [...new Set(all().map(({ family }) => family))];
  const cost = segmented({
    legend: "Cost",
    options: [{ value: "macs", label: "MACs" }, { value: "parameters", label: "Parameters" }],
    value: model.get("cost"),
    onChange: (value) => edit({ cost: value }),
  });
  const weights = segmented({ legend: "Weights", options: WEIGHTS, value: model.get("weights"), onChange: (value) => edit({ weights: value }) });
  const family = select({ label: "Family to bring out", options: [{ value: "", label: NONE }, ...families], value: model.get("family"), onChange: (value) => edit({ family: value }) });
  const network = select({ label: "Network to name", options: titles, value: model.get("selected"), onChange: (value) => edit({ selected: value }) });

  const picture = chart();
  const stage = h(
    "div",
    {
      class: "cost-stage",
      role: "slider",
      tabindex: 0,
      "aria-label": "Network, from cheap to expensive",
      "aria-valuemin": 1,
      onkeydown: walk,
      onpointermove: follow,
      onpointerdown: follow,
      onpointerleave: () => point(null),
    },
    picture.element,
  );
  const name = h("p", { class: "lu-title" });
  const list = h("dl", { class: "cost-facts" });
  const verdict = h("p", {});
  const table = frontTable();
  const live = announcer(signal);
  const copy = copyButton({ code: () => pythonCode({ cost: model.get("cost"), weights: model.get("weights") }), signal });
  const field = (title, control) => h("div", { class: "cost-field" }, h("span", { class: "lu-label", "aria-hidden": "true" }, title), control.element);
  const root = h(
    "div",
    { class: "lu-demo lu-accuracy-cost", role: "group", "aria-label": "Accuracy and cost" },
    h("div", { class: "cost-controls" }, field("Cost", cost), field("Weights", weights), field("Family", family), field("Network", network)),
    stage,
    h("div", { class: "cost-panel" }, name, list, verdict),
    h("p", { class: "lu-label" }, "Point at a network, tap it, or use the arrow keys; Page Up and Page Down go along the front. Thin lines lead from a network's first weights to its better ones; “best of all” adds weights that saw more images than ImageNet's."),
    disclosure("The front as a table", table.element),
    h("div", {}, copy.button),
    copy.panel,
    live.element,
  );

  function point(row) {
    if (row === hovered) return;
    hovered = row;
    request();
  }
  function follow(event) {
    const row = picture.nearest(event.clientX, event.clientY, event.pointerType === "mouse" ? REACH.mouse : REACH.touch);
    if (event.type !== "pointerdown") {
      if (event.pointerType === "mouse") point(row);
    } else if (row) {
      hovered = null;
      edit({ selected: row.name });
    }
  }
  function walk(event) {
    const [now, by] = [rows(), model.get("cost")];
    const order = sorted(now, by);
    const best = front(now, by);
    const row = current(now);
    const at = row ? order.indexOf(row) : -1;
    const later = best.find((other) => order.indexOf(other) > at);
    const earlier = best.findLast((other) => order.indexOf(other) < at);
    const steps = {
      ...{ ArrowRight: order[at + 1], ArrowUp: order[at + 1], ArrowLeft: order[at - 1], ArrowDown: order[at - 1] },
      ...{ Home: order[0], End: order.at(-1), PageUp: later, PageDown: earlier },
    };
    if (!(event.key in steps)) return;
    event.preventDefault();
    hovered = null;
    if (steps[event.key]) edit({ selected: steps[event.key].name });
  }
  /** The network that is named: under the mouse, or the selected one, if it is on screen. */
  function current(now) {
    return now.find(({ name: key }) => key === (hovered?.name ?? model.get("selected")));
  }

  function draw() {
    const by = model.get("cost");
    const choice = model.get("weights");
    const now = rows();
    const best = front(now, by);
    const row = current(now);
    cost.set(by);
    weights.set(choice);
    family.set(model.get("family"));
    network.set(model.get("selected"));
    const width = Math.max(240, stage.clientWidth || 600);
    const first = chosen(all(), "first");
    picture.draw({
      ...{ width, height: clamp(Math.round(0.62 * width), 320, 460), cost: by, rows: now, front: best, family: model.get("family"), selected: row },
      // The axes stay where they are when only the weights change, as long as no others come in.
      range: choice === "all" ? [...now, ...first] : [...first, ...chosen(all(), "best")],
      before: new Map(first.map((other) => [other.name, other])),
    });
    const order = sorted(now, by);
    stage.setAttribute("aria-valuemax", order.length);
    stage.setAttribute("aria-valuenow", row ? order.indexOf(row) + 1 : 1);
    const words = row ? sentence(row, now, by) : `${titles.find(({ value }) => value === model.get("selected"))?.label}: all its weights saw more images than ImageNet.`;
    stage.setAttribute("aria-valuetext", words);
    setText(name, row ? row.title : words);
    const known = row ? facts(row) : [];
    list.replaceChildren(...known.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))));
    setText(verdict, row ? standing(row, now, by) : "");
    table.set(
      `What none of ${now.length} networks beats by ${COSTS[by]}`,
      best.map((other) => [other.title, short(other.macs), short(other.parameters), percent(other.accuracy)]),
    );
    const news = `${best.length} of ${now.length} networks on the front, up to ${percent(best.at(-1).accuracy)}.`;
    if (said && said !== news) live.say(news);
    said = news;
    const detail = { cost: by, weights: choice, family: model.get("family"), named: row?.name ?? null, front: best.map((other) => other.name), shown: now.length, standing: verdict.textContent };
    root.dispatchEvent(new CustomEvent("accuracycost", { bubbles: true, detail }));
  }

  el.append(root);
  draw();
  const observer = new ResizeObserver(request);
  observer.observe(stage);
  return () => {
    observer.disconnect();
    life.abort();
    root.remove();
  };
}

export default { render };
