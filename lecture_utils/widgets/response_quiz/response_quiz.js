/**
 * ResponseQuiz: which of two images activates a filter more? Readers see what the filter responds
 * to, either as synthesized images or as examples.
 */

import { format } from "../_shared/math/numbers.js";
import { button } from "../_shared/ui/controls.js";
import { nearReader } from "../_shared/ui/deferred.js";
import { h, setText } from "../_shared/ui/dom.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { drawTile, readNetworks } from "../_shared/ui/recorded.js";
import { scoreBoard } from "./score_board.js";
import { HIGH, questionAt } from "./state.js";

const INTRODUCTION = {
  synthesized: "These images were synthesized for a filter",
  examples: "These images of the data set were chosen for a filter",
};

/** Images with a high activation, and one with a low one. */
function referenceRow() {
  const canvases = Array.from({ length: HIGH + 1 }, () =>
    h("canvas", { role: "img", "aria-label": "Image, not loaded yet" }),
  );
  const figures = canvases.map((canvas) => h("figure", {}, canvas));
  const element = h(
    "div",
    { class: "quiz-references" },
    h(
      "div",
      {},
      h("p", { class: "lu-title" }, "High activation"),
      h("div", { class: "quiz-row" }, figures.slice(0, HIGH)),
    ),
    h("div", {}, h("p", { class: "lu-title" }, "Low activation"), figures[HIGH]),
  );
  return { element, canvases };
}

/** The two images to choose from; with a verdict once the reader has chosen. */
function choiceButtons(onChoose) {
  const choices = [0, 1].map((side) => {
    const canvas = h("canvas", { "aria-hidden": "true" });
    const verdict = h("span", { class: "quiz-verdict" }, ["Left", "Right"][side]);
    const element = h(
      "button",
      { type: "button", class: "quiz-choice", onclick: () => onChoose(side) },
      canvas,
      verdict,
    );
    return { canvas, verdict, element };
  });
  return {
    element: h(
      "div",
      { class: "quiz-choices" },
      choices.map(({ element }) => element),
    ),
    choices,
  };
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch(["seed", "scores"]);
  const network = readNetworks(model).values().next().value;
  const layers = [...network.layers.values()];
  const board = scoreBoard(model.get("observers"));
  const references = referenceRow();
  const { element: choicesElement, choices } = choiceButtons(choose);
  const progress = h("p", { class: "lu-title" });
  const introduction = h("p", {});
  const task = h("p", { class: "lu-title" }, "Which of these two activates the filter more?");
  const verdict = h("p", { class: "quiz-answer", role: "status" });
  const next = button({ label: "Next question", kind: "primary", onClick: goOn });
  next.hidden = true;
  let number = 0;
  let chosen = null;
  let shown = null;

  /** The question, and the images from left to right: number, activation, and whether it is right. */
  function current() {
    const question = questionAt(model.get("pairs"), model.get("seed"), number);
    const [high, low, highValue, lowValue] = question.pair;
    const pair = [
      { image: high, value: highValue, isRight: true },
      { image: low, value: lowValue, isRight: false },
    ];
    return { ...question, sides: question.isHighFirst ? pair : pair.reverse() };
  }

  function choose(side) {
    if (chosen !== null || shown !== number) return;
    chosen = side;
    const { condition, sides } = current();
    const { [condition]: score, ...others } = model.get("scores");
    const correct = score[0] + Number(sides[side].isRight);
    edit({ scores: { ...others, [condition]: [correct, score[1] + 1] } });
    next.hidden = false; // What is hidden cannot take the focus.
    next.focus();
  }

  function goOn() {
    number += 1;
    chosen = null;
    demo.request();
    choices[0].element.focus();
  }

  /** Show the question, or only a sentence and the way to the next one. */
  function showQuestion(isShown) {
    // What is hidden loses the focus.
    const [onChoice, onNext] = [choicesElement.matches(":focus-within"), next.matches(":focus")];
    for (const part of [references.element, task, choicesElement]) part.hidden = !isShown;
    next.hidden = isShown && chosen === null;
    if (onChoice && !isShown) next.focus();
    if (onNext && next.hidden) choices[0].element.focus();
  }

  const isNear = nearReader(demo.root, demo.request, signal);
  let drawing = null;
  async function draw() {
    const { condition, layer: at, filter, sides } = current();
    const layer = layers[at];
    const token = {};
    drawing = token;
    board.update(model.get("scores"));
    if (!(await isNear())) return null;
    let images;
    try {
      images = await Promise.all([layer.sheet(), network.images()]);
    } catch (error) {
      if (drawing !== token) return null;
      setText(progress, `Question ${number + 1}`);
      setText(introduction, `The images of this question cannot be shown: ${error.message}.`);
      setText(verdict, "");
      showQuestion(false);
      return null;
    }
    if (signal.aborted || drawing !== token) return null; // Another question is due by now.
    const [sheet, pool] = images;
    setText(progress, `Question ${number + 1}`);
    setText(
      introduction,
      `${INTRODUCTION[condition]} in ${layer.label === "classes" ? "the last layer" : layer.label}.`,
    );
    showReferences(condition, layer, filter, sheet, pool);
    showChoices(sides, pool);
    const isAnswered = chosen !== null;
    showQuestion(true);
    setText(verdict, isAnswered ? answerText(layer, filter, sides) : "");
    shown = number;
    return { number, condition, layer: layer.label, filter: layer.channels[filter], chosen };
  }

  function showReferences(condition, layer, filter, sheet, pool) {
    const { most, least } = layer.examples.whole;
    const examples = [...most[filter].slice(0, HIGH), least[filter][0]].map(([image]) => image);
    const tiles = [...layer.tiles.optima[filter].slice(0, HIGH), layer.tiles.minimum[filter][0]];
    const isSynthesized = condition === "synthesized";
    references.canvases.forEach((canvas, i) => {
      drawTile(canvas, isSynthesized ? sheet : pool, (isSynthesized ? tiles : examples)[i]);
      const name = isSynthesized ? "Synthesized image" : network.pool.names[examples[i]];
      canvas.setAttribute("aria-label", `${name}, ${i < HIGH ? "high" : "low"} activation`);
    });
  }

  function showChoices(sides, pool) {
    sides.forEach(({ image, value, isRight }, side) => {
      const { canvas, verdict: mark, element } = choices[side];
      drawTile(canvas, pool, image);
      const name = network.pool.names[image];
      const isAnswered = chosen !== null;
      element.setAttribute("aria-disabled", String(isAnswered));
      element.classList.toggle("right", isAnswered && isRight);
      element.classList.toggle("wrong", chosen === side && !isRight);
      setText(mark, isAnswered ? `activation ${format(value)}` : ["Left", "Right"][side]);
      element.setAttribute(
        "aria-label",
        `${["Left", "Right"][side]}: ${name}${isAnswered ? `, activation ${format(value)}` : ""}`,
      );
    });
  }

  function answerText(layer, filter, sides) {
    const name = layer.name(filter);
    const what = layer.names ? `the logit of “${name}” is higher for` : `${name} responds more to`;
    const right = sides.findIndex(({ isRight }) => isRight);
    const start = chosen === right ? "Correct" : "Not this time";
    return `${start}: ${what} the image on the ${["left", "right"][right]}.`;
  }

  const parts = [
    progress,
    introduction,
    references.element,
    task,
    choicesElement,
    h("div", { class: "quiz-end" }, verdict, next),
    board.element,
    h("p", { class: "lu-label" }, `Images: ${network.pool.origin}.`),
  ];
  function readings() {
    const sum = (i) =>
      Object.values(model.get("scores")).reduce((total, pair) => total + pair[i], 0);
    const [correct, answered] = [sum(0), sum(1)];
    return { correct, answered, percent: answered ? (100 * correct) / answered : 0 };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) => mountDemo({ ...context, name: "response_quiz" }, build),
};
