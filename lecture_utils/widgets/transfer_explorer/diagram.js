/**
 * The network from the image to its head, and the boundary to slide: all stages above it are frozen.
 */

import { grouped } from "../_shared/math/numbers.js";
import { h, icon, setText, svg } from "../_shared/ui/dom.js";
import { marker } from "../_shared/ui/curves/chart.js";
import { LOCK, UPDOWN } from "../_shared/ui/icons.js";
import { parametersOf } from "./counts.js";

/** Pixels from one row to the next, as the style has it. */
const PITCH = 38;

/**
 * @param {{onMove: (trainFrom: string) => void}} options
 * @returns {{element: HTMLElement, update: (state: Record<string, any>) => void}}
 */
export function diagram({ onMove }) {
  const rows = h("div", { class: "transfer-rows", "aria-hidden": "true" });
  const flag = h("span", { class: "transfer-flag" });
  const handle = h("span", { class: "transfer-handle" }, icon(UPDOWN));
  const line = h("div", { class: "transfer-line", "aria-hidden": "true" }, handle, flag);
  const element = h("div", {
    class: "transfer-diagram",
    role: "slider",
    tabindex: 0,
    "aria-label": "Boundary between frozen and trained stages",
    "aria-orientation": "vertical",
    "aria-valuemin": 1,
    onkeydown: walk,
    onpointerdown: start,
    onpointermove: (event) => dragging && drag(event),
    onpointerup: (event) => end(event),
    onpointercancel: () => end(null),
  });
  element.append(rows, line);
  let state = null;
  let dragging = false;
  let tapping = false;
  let shown = null; // The network that the rows are made for.
  let list = [];

  function start(event) {
    if (event.button > 0) return;
    // A finger beside the handle may be about to scroll the page, which ends in a `pointercancel`.
    // Only a tap moves the boundary.
    tapping = event.pointerType === "touch" && !handle.contains(event.target);
    dragging = !tapping;
    if (tapping) return;
    element.setPointerCapture(event.pointerId);
    drag(event);
  }
  /** @param {PointerEvent|null} event Null if the browser has taken over. */
  function end(event) {
    if (tapping && event) drag(event);
    dragging = tapping = false;
  }
  function move(trainFrom) {
    if (trainFrom === state.trainFrom) return;
    state = { ...state, trainFrom }; // The next key may come before this one is drawn.
    onMove(trainFrom);
  }
  /** The boundary goes to the gap that is nearest to the pointer. */
  function drag({ clientY }) {
    const places = state.boundaries.map(({ index }) => list[index].getBoundingClientRect().top);
    const distances = places.map((top) => Math.abs(top - clientY));
    const nearest = distances.indexOf(Math.min(...distances));
    const { trainFrom } = state.boundaries[nearest];
    move(trainFrom);
  }
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const all = state.boundaries;
    const here = all.findIndex(({ trainFrom }) => trainFrom === state.trainFrom);
    const there = all
      .map(({ trainFrom }, i) =>
        state.marks.some((mark) => mark.train_from === trainFrom) ? i : -1,
      )
      .filter((i) => i >= 0);
    const keys = {
      ArrowUp: here - 1,
      ArrowRight: here - 1,
      ArrowDown: here + 1,
      ArrowLeft: here + 1,
      Home: all.length - 1,
      End: 0,
      // To the next boundary with a recorded run.
      PageUp: there.findLast((i) => i < here) ?? here,
      PageDown: there.find((i) => i > here) ?? here,
    };
    if (!(event.key in keys)) return;
    event.preventDefault();
    const to = all[Math.max(0, Math.min(all.length - 1, keys[event.key]))];
    move(to.trainFrom);
  }

  function make({ network, marks }) {
    list = network.stages.map(({ name }) => {
      const signs = marks
        .filter((mark) => mark.train_from === name)
        .map(({ place }) =>
          svg(
            "svg",
            { class: `transfer-mark run-${place % 6}`, viewBox: "0 0 12 12" },
            svg("path", { d: marker(place, 6, 6, 3.6) }),
          ),
        );
      return h(
        "div",
        { class: "transfer-row" },
        h("span", { class: "transfer-marks" }, ...signs),
        h(
          "span",
          { class: "transfer-block" },
          h("span", { class: "transfer-bar" }),
          h("span", { class: "transfer-lock" }, icon(LOCK)),
          h("span", { class: "transfer-name" }, name === "head" ? "new head" : name),
          h("span", { class: "transfer-count" }),
        ),
      );
    });
    rows.replaceChildren(...list);
    rows.style.height = `${PITCH * list.length}px`;
  }

  /**
   * @param {{network: Record<string, any>, outputs: number, boundaries: Record<string, any>[],
   *   trainFrom: string, marks: Record<string, any>[], words: string}} next
   */
  function update(next) {
    state = next;
    const { network, outputs, boundaries, trainFrom, words } = next;
    if (shown !== network) make(next);
    shown = network;
    const here = boundaries.findIndex((each) => each.trainFrom === trainFrom);
    const { index } = boundaries[here];
    const sizes = network.stages.map((stage) => parametersOf(network, stage, outputs));
    const largest = Math.max(...sizes);
    list.forEach((row, i) => {
      row.classList.toggle("learns", i >= index && sizes[i] > 0);
      row.classList.toggle("frozen", i < index && sizes[i] > 0);
      row.classList.toggle("boundary", i === index);
      row.querySelector(".transfer-bar").style.width =
        `${((100 * sizes[i]) / largest).toFixed(2)}%`;
      setText(row.querySelector(".transfer-count"), sizes[i] ? grouped(sizes[i]) : "no parameters");
    });
    line.style.top = `${index * PITCH}px`;
    setText(flag, index ? "▲ frozen · trained ▼" : "trained ▼");
    const attributes = {
      "aria-valuemax": boundaries.length,
      // The further up, the more is trained.
      "aria-valuenow": boundaries.length - here,
      "aria-valuetext": words,
    };
    for (const [name, value] of Object.entries(attributes)) {
      if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
    }
  }
  return { element, update };
}
