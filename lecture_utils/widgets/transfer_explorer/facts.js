/** The numbers of a boundary: what is counted, and what was recorded. */

import { grouped } from "../_shared/math/numbers.js";
import { h, setText } from "../_shared/ui/dom.js";
import { BATCH_SIZE } from "./counts.js";
import { bytes, percent, range, seconds } from "./text.js";

const PARTS = ["weights", "held", "kept"];

/**
 * @returns {{element: HTMLElement, update: (state: Record<string, any>, currents: Record<string,
 *   any>[]) => void}}
 */
export function factList() {
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
    element.append(h("div", { class: PARTS.includes(key) && "part" }, h("dt", {}, term), value));
  };
  const exact = section("");
  fact("trainable", "trained parameters");
  fact("memory", `memory per training step, ${BATCH_SIZE} photos`);
  fact("weights", "weights and normalization statistics");
  fact("held", "gradients and Adam's running averages");
  fact("kept", "activations for the backward pass");
  section("Recorded at this boundary");
  fact("accuracy", "test accuracy");
  fact("time", "time per epoch");

  function update({ here, network }, currents) {
    const join = (read) =>
      currents.length ? currents.map(read).join("; ") : "no run recorded here";
    const texts = {
      trainable: grouped(here.trainable),
      memory: bytes(here.memory),
      weights: bytes(here.weights),
      held: bytes(here.held),
      kept: bytes(here.kept),
      accuracy: join(({ numbers: { accuracy } }) => {
        const seeds = accuracy.count > 1 ? `, ${accuracy.count} seeds` : "";
        return `${percent(accuracy.mean)} (95%: ${range(accuracy.interval[0], accuracy.interval[1])}${seeds})`;
      }),
      time: join(({ clock, numbers: { time } }) =>
        time ? `${seconds(time.mean)} (${clock})` : "not recorded",
      ),
    };
    for (const [key, text] of Object.entries(texts)) setText(rows.get(key), text);
    setText(
      exact,
      `Counted exactly at every boundary, for photos of ${network.size.slice(1).join("×")} pixels`,
    );
    element.classList.toggle("unrecorded", !currents.length);
  }
  return { element, update };
}

/**
 * Says that nothing was recorded at a boundary, and where the nearest runs are.
 * @param {(trainFrom: string) => void} onMove
 * @returns {{element: HTMLElement, update: (state: Record<string, any>, currents: Record<string,
 *   any>[]) => void}}
 */
export function nearestRuns(onMove) {
  const element = h("p", { class: "transfer-nearest" });
  const go = (trainFrom) =>
    trainFrom &&
    h(
      "button",
      { type: "button", class: "lu-button small", onclick: () => onMove(trainFrom) },
      trainFrom === "head" ? "only the head" : `from ${trainFrom}`,
    );
  let shown = null;
  function update({ network, all, here, runs }, currents) {
    const places = all.map(({ trainFrom }) => trainFrom);
    const there = runs.filter(({ pretrained }) => pretrained).map(({ train_from: stage }) => stage);
    const at = places.indexOf(here.trainFrom);
    const before = places.slice(0, at).findLast((trainFrom) => there.includes(trainFrom));
    const after = places.slice(at + 1).find((trainFrom) => there.includes(trainFrom));
    const words = there.length
      ? "No run was recorded at this boundary, and the demo does not guess."
      : `No run of ${network.title} was recorded, but its counts are exact.`;
    const key = JSON.stringify([words, currents.length, before, after]);
    if (shown === key) return;
    shown = key;
    element.hidden = currents.length > 0;
    const buttons = [go(before), go(after)].filter(Boolean);
    element.replaceChildren(
      words,
      ...(buttons.length ? [` Nearest ${buttons.length > 1 ? "runs" : "run"}: `] : []),
      ...buttons.flatMap((each) => [each, " "]),
    );
  }
  return { element, update };
}
