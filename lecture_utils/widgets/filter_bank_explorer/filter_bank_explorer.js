/**
 * FilterBankExplorer: a bank over several images, and which of its filters matter. See __init__.py.
 */

import { precise } from "../_shared/math/numbers.js";
import { helpList, restartButton } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { messageLine } from "../_shared/ui/message.js";
import { readTraits } from "../_shared/ui/model.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { chosenCell } from "./chosen_cell.js";
import { detail } from "./detail.js";
import { matrix } from "./matrix.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { explorerReader } from "./state.js";
import { summarize } from "./statistics.js";
import { viewSettings } from "./view_settings.js";

const TRAITS = [
  "bank",
  "frequencies",
  "orientations",
  "sigma",
  "images",
  "weak_below",
  "redundant_above",
  "sort",
  "scale",
  "hide",
];
const HELP = [
  [
    "Read",
    "each row is a filter, each column an image; the darker (on a dark page: the brighter) a pixel, the stronger the response there.",
  ],
  ["Weak", "the filter's energy is below the chosen fraction of the strongest filter's energy."],
  [
    "Redundant",
    "over all pixels of all images, its magnitudes correlate more strongly than the chosen limit with those of a stronger filter that was kept.",
  ],
  [
    "Look closer",
    "point at a cell, tap it, or move with the arrow keys; Enter or a click opens the filter.",
  ],
];
/** Milliseconds of each frame for the responses. With fewer, the page would be painted more often. */
const SHARE_OF_FRAME = 20;

/** What the strongest color stands for in each row. */
function colorLimits({ filters, responses }, perRow) {
  const rows = filters.map((_, i) => Math.max(...responses.map(({ largest }) => largest[i])));
  const all = Math.max(...rows);
  return { all, rows: perRow ? rows : rows.map(() => all) };
}

/**
 * The demo on the page that can take a filter, if it has started. A lab in a challenge stays as its
 * reader has set it.
 */
const gaborLab = () =>
  [...document.querySelectorAll(".lu-gabor-lab")].find((lab) => !lab.closest("[data-readings]"));

function openInLab(lab, { frequency, theta, sigma }) {
  document.dispatchEvent(new CustomEvent("lu:gabor-open", { detail: { frequency, theta, sigma } }));
  lab.scrollIntoView({ block: "start" });
  lab.querySelector(".gabor-plane").focus({ preventScroll: true });
}

function build(demo) {
  const { model, root, request, edit, signal } = demo;
  const { gallery, read, work, isBehind } = explorerReader(model);
  const start = readTraits(model, TRAITS);
  demo.watch([...TRAITS, "banks", "bank_weights"]);
  // In a Gabor lab that has started, filters can be opened from now on.
  const whenReady = ({ target }) => target.querySelector(".lu-gabor-lab") && request();
  document.addEventListener("lu:ready", whenReady, { signal });

  const cell = chosenCell(request);
  let opened = false;
  /** Where a filter opens. A bank in a challenge does not lead its reader away. */
  const labFor = ({ gabor }) => gabor && !root.closest("[data-readings]") && gaborLab();
  function open(i) {
    const filter = read().filters[i];
    const lab = labFor(filter);
    if (lab) {
      openInLab(lab, filter.gabor);
      demo.say("Opened in the Gabor lab.");
      return;
    }
    const { filter: before, image } = cell.current(read());
    opened = !(opened && before === i);
    cell.stayAt({ filter: i, image });
    demo.draw();
    closeUp.element.scrollIntoView({ block: "nearest" });
    demo.say(opened ? `Kernel of ${filter.name}, enlarged.` : "");
  }

  const settings = settingsPanel({ model, gallery, edit });
  const view = viewSettings(demo);
  const table = matrix({ onVisit: cell.visit, onOpen: open, signal });
  const closeUp = detail({ onOpen: () => open(cell.current(read()).filter) });
  const summary = h("p", { class: "bank-summary" });
  const message = messageLine();
  const copy = copyButton({ code: () => pythonCode(read(), model), signal });
  const restart = restartButton(() => {
    cell.forget();
    opened = false;
    edit(start);
  });
  const results = h(
    "div",
    { class: "bank-results" },
    summary,
    view.limits,
    view.tools,
    view.note,
    table.element,
    closeUp.element,
  );

  function draw() {
    settings.update();
    view.update();
    const until = performance.now() + SHARE_OF_FRAME;
    let state;
    try {
      // The first drawing is complete, so that nothing moves afterwards.
      state = colors ? work(() => performance.now() > until) : read();
    } catch (error) {
      return refuse(`This bank cannot be shown: ${error.message}.`);
    }
    if (state && !state.images.length)
      return refuse("No image is chosen. Choose at least one above.");
    refuse("");
    const drawn = state && show(state);
    const behind = isBehind();
    results.setAttribute("aria-busy", String(behind));
    if (!behind) return drawn;
    request();
    return null;
  }
  /** Show a sentence instead of the results. */
  function refuse(text) {
    message.show(text);
    if (text) demo.tellState(text);
    results.hidden = Boolean(text);
    copy.button.disabled = Boolean(text);
    return null;
  }

  const [newColors, newVerdicts, newRows] = [changeDetector(), changeDetector(), changeDetector()];
  let colors = null;
  function show(state) {
    const { filters, responses, judged, order } = state;
    const perRow = model.get("scale") === "row";
    if (newColors(responses, perRow, demo.dark)) {
      colors = colorLimits(state, perRow);
      view.tellScale(perRow ? "row’s largest" : precise(colors.all, 3), perRow, demo.dark);
    }
    table.update(state, colors, demo.dark);
    if (newVerdicts(judged)) {
      const words = summarize(judged.marks);
      demo.tellState(words);
      summary.textContent = words;
    }
    view.sortable(
      ["frequency", "angle"],
      filters.every(({ gabor }) => gabor),
    );
    showCell(state);
    return newRows(judged, order) ? { ...state, bank: model.get("bank") } : null;
  }

  const newCloseUp = changeDetector();
  function showCell(state) {
    const at = cell.current(state);
    const larger = opened ? "Kernel smaller" : "Kernel larger";
    const label = labFor(state.filters[at.filter]) ? "Open in the Gabor lab" : larger;
    if (!newCloseUp(state.judged, at.filter, at.image, colors, demo.dark, opened, label)) return;
    const [weakBelow, redundantAbove] = [model.get("weak_below"), model.get("redundant_above")];
    closeUp.update(state, at, {
      weakBelow,
      redundantAbove,
      limits: colors.rows,
      dark: demo.dark,
      opened,
      label,
    });
  }

  const parts = [
    settings.element,
    message.element,
    results,
    h(
      "div",
      { class: "bank-footer" },
      copy.button,
      restart,
      copy.panel,
      helpList("What do I see here?", HELP),
    ),
  ];
  function readings() {
    // Asking for them while they are being computed would finish the work in one long frame.
    if (model.get("images").length && isBehind()) return null;
    const marks = model.get("images").length ? read().judged.marks : [];
    const count = (mark) => marks.filter((each) => each === mark).length;
    const [kept, weak, redundant] = ["kept", "weak", "redundant"].map(count);
    return { filters: marks.length, kept, weak, redundant };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "filter_bank_explorer", label: "Filter bank explorer" }, build),
};
