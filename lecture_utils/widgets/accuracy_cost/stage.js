/** The plot as a slider from network to network: by mouse, finger or keys. */

/** @import { Plot } from "./chart.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
import { h } from "../_shared/ui/dom.js";
import { fingerWatch } from "../_shared/ui/finger.js";
import { chart } from "./chart.js";

const REACH = { mouse: 22, touch: 34 };

/**
 * The network that a key leads to; undefined for a key that leads nowhere, null where there is
 * none.
 */
function destination(key, { order, front: best }, row) {
  const at = row ? order.indexOf(row) : -1;
  const later = best.find((other) => order.indexOf(other) > at);
  const earlier = best.findLast((other) => order.indexOf(other) < at);
  const steps = {
    ...{
      ArrowRight: order[at + 1],
      ArrowUp: order[at + 1],
      ArrowLeft: order[at - 1],
      ArrowDown: order[at - 1],
    },
    ...{ Home: order[0], End: order.at(-1), PageUp: later, PageDown: earlier },
  };
  return key in steps ? (steps[key] ?? null) : undefined;
}

/**
 * @param {{demo: Demo, readPlot: () => Plot}} options
 * @returns {{element: HTMLElement, current: (rows: Record<string, any>[]) => (Record<string,
 *   any>|undefined), draw: (shown: Record<string, any>) => void, tell: (words: string, place:
 *   number, count: number) => void}} `current` is the network under the mouse, or the selected one,
 *   if it is on screen.
 */
export function costStage({ demo, readPlot }) {
  const { model, edit, request } = demo;
  let hovered = null;
  const isPointing = fingerWatch();
  const drawing = chart();
  const element = h(
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
      onpointerup: follow,
      onpointercancel: follow,
      onpointerleave: () => point(null),
    },
    drawing.element,
  );
  function point(row) {
    if (row === hovered) return;
    hovered = row;
    request();
  }
  function follow(event) {
    // A mouse selects when it is pressed, a finger when it is lifted: it may have scrolled the page.
    const isFinger = event.pointerType === "touch";
    if (!isPointing(event)) return;
    const row = drawing.nearest(
      event.clientX,
      event.clientY,
      event.pointerType === "mouse" ? REACH.mouse : REACH.touch,
    );
    if (event.type === "pointermove") {
      if (event.pointerType === "mouse") point(row);
    } else if (row && event.type === (isFinger ? "pointerup" : "pointerdown")) {
      hovered = null;
      edit({ selected: row.name });
    }
  }
  const current = (now) =>
    now.find(({ name }) => name === (hovered?.name ?? model.get("selected")));
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const plot = readPlot();
    const to = destination(event.key, plot, current(plot.rows));
    if (to === undefined) return;
    event.preventDefault();
    hovered = null;
    if (to) edit({ selected: to.name });
  }
  function tell(words, place, count) {
    element.setAttribute("aria-valuemax", count);
    element.setAttribute("aria-valuenow", place);
    element.setAttribute("aria-valuetext", words);
  }
  return { element, current, draw: drawing.draw, tell };
}
