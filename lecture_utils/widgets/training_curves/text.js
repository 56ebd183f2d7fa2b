/** Numbers and sentences of the demo. */

import { points } from "../_shared/ui/curves/text.js";

export const WATCHED = { val_loss: "validation loss", val_accuracy: "validation accuracy" };

/**
 * "40 s", "3.2 min", "1.5 h".
 * @param {number} seconds
 * @returns {string}
 */
export function duration(seconds) {
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return seconds < 5400 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}

const verb = (count, word) => (count === 1 ? `${word}s` : word);
/**
 * @param {number} count
 * @returns {string}
 */
export const epochCount = (count) => `${count} ${count === 1 ? "epoch" : "epochs"}`;

/**
 * What early stopping does to all runs on screen.
 * @param {Record<string, any>[]} stops
 * @param {{patience: number, monitor: string}} rule
 * @returns {string}
 */
export function summary(stops, { patience, monitor }) {
  const all = stops.length;
  if (!all) return "";
  const shortened = stops.filter((stop) => stop.epochsSaved);
  const rule = `With a patience of ${epochCount(patience)} on the ${WATCHED[monitor]}`;
  if (!shortened.length) {
    return all === 1
      ? `${rule}, this run does not stop early: nothing is saved, and it keeps its best epoch.`
      : `${rule}, no run stops early: nothing is saved, and every run keeps its best epoch.`;
  }
  const total = (read) => stops.reduce((sum, stop) => sum + read(stop), 0);
  const trained = total((stop) => stop.epochs);
  const saved = total((stop) => stop.epochsSaved);
  const worse = stops.filter((stop) => stop.againstBest < 0);
  const missed = stops.filter((stop) => stop.kept !== stop.best).length;
  const who =
    all === 1
      ? "this run stops early"
      : `${shortened.length} of ${all} runs ${verb(shortened.length, "stop")} early`;
  const times = stops.map((stop) => stop.secondsSaved);
  const time = times.includes(null) ? "" : ` (about ${duration(times.reduce((a, b) => a + b))})`;
  let cost = "Every run still keeps its best epoch: stopping costs nothing.";
  if (all === 1 && !missed) cost = "It still keeps the best epoch: stopping costs nothing.";
  if (missed) {
    const whose =
      all === 1
        ? "It misses the best epoch"
        : `${missed} of ${all} ${missed === 1 ? "misses its" : "miss their"} best epoch`;
    const mean = total((stop) => stop.againstBest) / all;
    const how = all === 1 ? "" : ` on average over ${all} runs`;
    cost = `${whose}, which changes the validation accuracy by ${points(mean)} points${how}.`;
    if (!worse.length && mean === 0) cost = `${whose}, at no loss of validation accuracy.`;
  }
  return `${rule}, ${who}: ${saved} of ${trained + saved} epochs saved${time}. ${cost}`;
}
