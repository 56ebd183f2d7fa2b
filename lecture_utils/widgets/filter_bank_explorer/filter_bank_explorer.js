/** FilterBankExplorer: a bank over several images, and which of its filters matter. See __init__.py. */

import { button, disclosure, segmented, select, slider } from "../_shared/ui/controls.js";
import { sequentialLut } from "../_shared/ui/color.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h } from "../_shared/ui/dom.js";
import { changeDetector, oncePerFrame } from "../_shared/ui/frame.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { editor, watch } from "../_shared/ui/model.js";
import { precise } from "../_shared/math/numbers.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { scaleLegend } from "../_shared/ui/legend.js";
import { detail } from "./detail.js";
import { matrix } from "./matrix.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { explorerReader } from "./state.js";
import { summarize } from "./statistics.js";

const TRAITS = [
  "bank", "frequencies", "orientations", "sigma", "images", "weak_below", "redundant_above", "sort", "scale", "hide",
];
const RESTART = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";
const SORTS = {
  energy: "energy",
  redundancy: "redundancy",
  frequency: "frequency",
  angle: "angle",
  bank: "place in the bank",
};
const HELP = [
  ["Read", "each row is a filter, each column an image; the darker (on a dark page: the brighter) a pixel, the stronger the response there."],
  ["Weak", "the filter's energy is below the chosen part of the strongest one's."],
  ["Redundant", "its magnitudes correlate, over all pixels of all images, with those of a stronger filter that was kept."],
  ["Look closer", "point at a cell, tap it, or move with the arrow keys; Enter or a click opens the filter."],
];
/** The other demo on the page that can take a filter. */
const LAB = ".lu-gabor-lab";

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const edit = editor(model, signal);
  const { gallery, read } = explorerReader(model);
  const start = Object.fromEntries(TRAITS.map((name) => [name, model.get(name)]));
  const request = oncePerFrame(draw, signal);
  watch(model, [...TRAITS, "banks", "bank_weights"], request, signal);
  onThemeChange(request, signal);

  // ---- The cell that is enlarged: where the pointer is, else where the focus was last
  let visit = null;
  let stay = null;
  let opened = false;
  const onVisit = (at, stays) => {
    if (at && at.image < 0) at.image = (visit ?? stay)?.image ?? 0;
    visit = stays ? null : at;
    if (stays) stay = at;
    request();
  };
  const shownCell = ({ order, judged, pictures }) => {
    const { filter, image } = visit ?? stay ?? { filter: order[0] ?? judged.ranking[0], image: 0 };
    const exists = filter < judged.marks.length;
    return { filter: exists ? filter : judged.ranking[0], image: Math.min(image, pictures.length - 1) };
  };

  const opensInLab = ({ gabor }) => gabor && document.querySelector(LAB);
  function open(i) {
    const { gabor } = read().filters[i];
    if (opensInLab(read().filters[i])) {
      const { frequency, theta, sigma } = gabor;
      document.dispatchEvent(new CustomEvent("gabor:open", { detail: { frequency, theta, sigma } }));
      document.querySelector(LAB).scrollIntoView({ block: "start" });
      live.say("Opened in the Gabor lab.");
      return;
    }
    opened = !(opened && shownCell(read()).filter === i);
    stay = { filter: i, image: shownCell(read()).image };
    visit = null;
    draw();
    closeUp.element.scrollIntoView({ block: "nearest" });
    live.say(opened ? `Kernel of ${read().filters[i].name}, enlarged.` : "");
  }

  // ---- Parts
  const settings = settingsPanel({ model, gallery, edit });
  const table = matrix({ onVisit, onOpen: open, signal });
  const closeUp = detail({ onOpen: () => open(shownCell(read()).filter) });
  const limit = (name, label, min) =>
    slider({
      label,
      min,
      max: 1,
      step: 0.01,
      value: model.get(name),
      onInput: (value) => edit({ [name]: value }),
    });
  const limits = {
    weak_below: limit("weak_below", "Weak: energy below this part of the strongest", 0),
    redundant_above: limit("redundant_above", "Redundant: correlation above", 0),
  };
  const sort = select({
    label: "Sort by",
    options: Object.entries(SORTS).map(([value, label]) => ({ value, label: `Sort by ${label}` })),
    value: model.get("sort"),
    onChange: (value) => edit({ sort: value }),
  });
  const scale = segmented({
    legend: "Color scale",
    options: [
      { value: "matrix", label: "One scale for all" },
      { value: "row", label: "One per row" },
    ],
    value: model.get("scale"),
    onChange: (value) => edit({ scale: value }),
  });
  const hide = h("input", { type: "checkbox", onchange: () => edit({ hide: hide.checked }) });
  const legend = scaleLegend();
  const note = h("p", { class: "lu-label" }, "Each row has a scale of its own: a weak filter looks as strong as any other.");
  const summary = h("p", { class: "bank-summary" });
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const copy = copyButton({ code: () => pythonCode(read(), model), signal });
  const restart = button({
    label: "Start over",
    path: RESTART,
    onClick: () => {
      visit = stay = null;
      opened = false;
      edit(start);
    },
  });
  const help = disclosure(
    "What do I see here?",
    h("ul", { class: "bank-help" }, ...HELP.map(([what, how]) => h("li", {}, h("strong", {}, `${what}: `), how))),
  );
  const live = announcer(signal);
  const results = h(
    "div",
    { class: "bank-results" },
    summary,
    h("div", { class: "bank-limits" }, limits.weak_below.element, limits.redundant_above.element),
    h(
      "div",
      { class: "bank-tools" },
      sort.element,
      scale.element,
      h("label", { class: "bank-hide" }, hide, "Hide weak and redundant"),
      legend.element,
    ),
    note,
    table.element,
    closeUp.element,
  );
  const root = h(
    "div",
    { class: "lu-demo lu-filter-bank-explorer", role: "group", "aria-label": "Filter bank explorer" },
    settings.element,
    message,
    results,
    h("div", { class: "bank-footer" }, copy.button, restart, copy.panel, help),
    live.element,
  );

  /** What the strongest color stands for in each row. */
  function colorLimits({ filters, answers }) {
    const rows = filters.map((_, i) => Math.max(...answers.map(({ maps }) => maxMagnitude(maps[i]))));
    const all = Math.max(...rows);
    return { all, rows: model.get("scale") === "row" ? rows : rows.map(() => all) };
  }

  const newColors = changeDetector();
  const newVerdicts = changeDetector();
  const newCloseUp = changeDetector();
  const newRows = changeDetector();
  let colors = null;
  function draw() {
    settings.update();
    for (const [name, control] of Object.entries(limits)) control.set(model.get(name));
    sort.set(model.get("sort"));
    scale.set(model.get("scale"));
    hide.checked = model.get("hide");
    let state;
    try {
      state = read();
    } catch (error) {
      tell(`This bank cannot be shown: ${error.message}.`);
      return;
    }
    if (!state.pictures.length) {
      tell("No image is chosen. Choose at least one above.");
      return;
    }
    tell("");
    show(state);
  }

  function tell(text) {
    message.textContent = text;
    message.hidden = !text;
    results.hidden = Boolean(text);
    copy.button.disabled = Boolean(text);
  }

  function show(state) {
    const { filters, answers, judged, order } = state;
    const dark = isDark(root);
    const perRow = model.get("scale") === "row";
    if (newColors(answers, perRow, dark)) {
      colors = colorLimits(state);
      const high = perRow ? "row’s largest" : precise(colors.all, 3);
      legend.update({ lut: sequentialLut(dark), low: "0", high });
      note.hidden = !perRow;
    }
    table.update(state, colors, dark);
    if (newVerdicts(judged)) {
      const words = summarize(judged.marks);
      if (summary.textContent && summary.textContent !== words) live.say(words);
      summary.textContent = words;
    }
    for (const name of ["frequency", "angle"]) {
      sort.element.querySelector(`[value="${name}"]`).disabled = !filters.every(({ gabor }) => gabor);
    }
    const cell = shownCell(state);
    const larger = opened ? "Kernel smaller" : "Kernel larger";
    const label = opensInLab(filters[cell.filter]) ? "Open in the Gabor lab" : larger;
    if (newCloseUp(judged, cell.filter, cell.image, colors, dark, opened, label)) {
      const [weakBelow, redundantAbove] = [model.get("weak_below"), model.get("redundant_above")];
      closeUp.update(state, cell, { weakBelow, redundantAbove, limits: colors.rows, dark, opened, label });
    }
    if (newRows(judged, order)) {
      const drawn = { ...state, bank: model.get("bank") };
      root.dispatchEvent(new CustomEvent("filterbank", { bubbles: true, detail: drawn }));
    }
  }

  el.append(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };
