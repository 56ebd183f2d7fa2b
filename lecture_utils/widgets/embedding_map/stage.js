/** The map itself: a canvas to point at, with its keys and its zoom buttons. */

/** @import { Maps } from "./data.js" */
/** @import { Sheet } from "./sheet.js" */
/** @import { Demo } from "../_shared/ui/mount.js" */
import { button } from "../_shared/ui/controls.js";
import { h, uniqueId } from "../_shared/ui/dom.js";
import { ADD, FIT, SUBTRACT } from "../_shared/ui/icons.js";
import { gestures } from "./gestures.js";
import { pointCanvas } from "./points.js";
import { isDirection, nearestInDirection, nearestTo } from "./travel.js";

const HELP =
  "Arrow keys move to the nearest image in a direction, Page Up and Page Down step through all images, and X jumps to the " +
  "next misclassified one; + and − zoom, 0 shows the whole map.";

/** The image that a key leads to, -1 if there is none; undefined for a key that leads nowhere. */
function destination(key, { all, here, base, isWrong }) {
  const step = (list, by) => {
    if (!list.length) return -1;
    const next = by > 0 ? list.find((i) => i > here) : list.findLast((i) => i < here);
    return next ?? list.at(by > 0 ? 0 : -1);
  };
  const wrong = () => all.filter((i) => isWrong[i]);
  const jumps = {
    Home: () => all[0] ?? -1,
    End: () => all.at(-1) ?? -1,
    PageDown: () => step(all, 1),
    PageUp: () => step(all, -1),
    x: () => step(wrong(), 1),
    X: () => step(wrong(), -1),
  };
  // Where points are going to be, not where they are on their way.
  return isDirection(key) ? nearestInDirection(base, all, here, key) : jumps[key]?.();
}

/**
 * @param {{demo: Demo, maps: Maps, motion: Record<string, any>, view: Record<string, any>,
 *   sheet: Sheet, visible: () => number[], currentMap: () => number, onHover: (image: number) =>
 *   void, onChoose: (image: number) => void}} options `onHover` gets -1 when the pointer is on
 *   none.
 * @returns {{element: HTMLElement, tools: HTMLElement, help: HTMLElement,
 *   draw: (scene: Record<string, any>) => void}}
 */
export function mapStage({
  demo,
  maps,
  motion,
  view,
  sheet,
  visible,
  currentMap,
  onHover,
  onChoose,
}) {
  const { model, request, signal } = demo;
  const canvas = pointCanvas(sheet);
  const help = h("p", { class: "lu-label", id: uniqueId("map-help") }, HELP);
  const element = h(
    "div",
    {
      class: "map-stage",
      role: "application",
      tabindex: 0,
      "aria-describedby": help.id,
      onkeydown: walk,
    },
    canvas.element,
  );
  const under = (x, y, reach) => nearestTo(motion.positions, visible(), x, y, reach);
  gestures({
    element,
    view,
    signal,
    onHover: (x, y, reach) => onHover(x === null ? -1 : under(x, y, reach)),
    onTap: (x, y, reach) => {
      const image = under(x, y, reach);
      if (image >= 0) onChoose(image);
    },
    onView: request,
  });
  /** Zooming by button or key keeps the chosen image in place, if it is on the map. */
  function focusPlace() {
    const [width, height] = motion.size();
    const i = model.get("selected");
    const [x, y] = [motion.positions[2 * i], motion.positions[2 * i + 1]];
    return visible().includes(i) && x >= 0 && y >= 0 && x <= width && y <= height
      ? [x, y]
      : [width / 2, height / 2];
  }
  function walk(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const zooms = { "+": 1.6, "=": 1.6, "-": 1 / 1.6, "−": 1 / 1.6 };
    if (event.key in zooms) view.zoom(zooms[event.key], ...focusPlace());
    else if (event.key === "0") view.reset();
    else {
      const all = visible();
      const scene = {
        all,
        here: model.get("selected"),
        base: motion.base(currentMap()),
        isWrong: maps.wrongAt[maps.stageIndex()],
      };
      const to = destination(event.key, scene);
      if (to === undefined) return;
      if (to >= 0) onChoose(to);
      else demo.say(all.length ? "There is no other image that way." : "No image is drawn.");
    }
    event.preventDefault();
    request();
  }
  const tool = (title, path, act) =>
    button({
      title,
      path,
      kind: "small",
      onClick: () => {
        act();
        request();
      },
    });
  const tools = h(
    "div",
    { class: "map-tools" },
    tool("Zoom in", ADD, () => view.zoom(1.6, ...focusPlace())),
    tool("Zoom out", SUBTRACT, () => view.zoom(1 / 1.6, ...focusPlace())),
    tool("Show the whole map", FIT, () => view.reset()),
  );
  return { element, tools, help, draw: canvas.draw };
}
