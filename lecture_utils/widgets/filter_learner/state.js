/** The task and its student, kept in step with the model. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toBrightness, toTyped } from "../_shared/math/arrays.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { MOST_STEPS, firstWeights, makeScene, makeStudent, makeTask } from "./engine.js";

/** What defines the task: when one of these changes, the student starts again. */
const SCENE = ["image", "target", "seed", "centered"];
export const TASK = [...SCENE, "noise"];
const STATE = ["weights", "velocity", "steps"];

/**
 * Return `news()`: whether a trait has another value than before. Arrays are compared number by
 * number, because a notebook sends back what it has received, as a new object.
 */
function newsOf(model, names) {
  const seen = names.map(() => ({ value: undefined, decoded: undefined }));
  return () => {
    let changed = false;
    names.forEach((name, i) => {
      const value = model.get(name);
      if (value === seen[i].value) return;
      const decoded = value?.data
        ? [...value.shape, ...(name === "image" ? toBrightness(value) : toTyped(value))]
        : value;
      changed ||= !isSame(decoded, seen[i].decoded);
      seen[i] = { value, decoded };
    });
    return changed;
  };
}

function isSame(a, b) {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((value, i) => value === b[i]);
}

/**
 * @param {Model} model
 * @param {Edit} edit
 */
export function makeSession(model, edit) {
  const [newScene, newNoise, newState] = [SCENE, ["noise"], STATE].map((names) =>
    newsOf(model, names),
  );
  const session = { task: null, student: null, image: null, start: null };
  const size = () => model.get("target").shape[0];
  const settings = () => ({
    rate: model.get("learning_rate"),
    batch: model.get("batch"),
    momentum: model.get("momentum"),
  });

  function begin(weights, velocity, step) {
    session.start = weights.slice();
    session.student = session.task && makeStudent(session.task, { weights, velocity, step });
  }
  /** Tell the model, and remember it, so that it does not come back as news. */
  function send(weights, velocity, steps) {
    const { shape } = model.get("target");
    edit({ weights: fromTyped(weights, shape), velocity: fromTyped(velocity, shape), steps });
    newState();
  }
  function reset() {
    const k = size();
    const weights = firstWeights(model.get("seed"), k);
    begin(weights, new Float64Array(k * k), 0);
    send(weights, new Float64Array(k * k), 0);
  }
  let scene = null;
  function readScene() {
    const array = model.get("image");
    const [h, w] = array.shape;
    const pixels = toBrightness(array);
    const [seed, centered] = [model.get("seed"), model.get("centered")];
    session.image = { pixels, h, w };
    scene = makeScene({
      pixels,
      h,
      w,
      target: toTyped(model.get("target")),
      k: size(),
      seed,
      centered,
    });
  }
  /** Follow the model: another task, or other weights from Python. */
  function follow() {
    const [isNewScene, isNewNoise, isNewState] = [newScene(), newNoise(), newState()];
    if (!isNewScene && !isNewNoise && !isNewState) return;
    if (isNewScene) readScene();
    if (isNewScene || isNewNoise) session.task = scene && makeTask(scene, model.get("noise"));
    const fits = model.get("weights").shape[0] === size();
    // Python may have sent weights for the new task in the same breath.
    if (!isNewState || !fits) reset();
    else begin(toTyped(model.get("weights")), toTyped(model.get("velocity")), model.get("steps"));
  }
  function isOver({ update, diverged, losses, loss }) {
    // A small batch may have a gradient of zero by chance.
    const rests = model.get("batch") === "all" && maxMagnitude(update) < 1e-10;
    return rests || diverged || losses.length > MOST_STEPS || loss < 1e-16;
  }
  /** @returns {boolean} Whether more steps can be made after these. */
  function advance(steps) {
    const { student } = session;
    for (let i = 0; i < steps; i += 1) {
      if (!student?.advance(settings()) || isOver(student)) return false;
    }
    return true;
  }
  return Object.assign(session, {
    settings,
    size,
    follow,
    reset,
    advance,
    /** After a pause, Python gets the weights. */
    settle() {
      const { student } = session;
      if (student) send(student.weights, student.velocity, student.step);
    },
  });
}
