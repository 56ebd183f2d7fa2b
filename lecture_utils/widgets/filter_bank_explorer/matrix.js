/**
 * The table filters × images: one row per filter, one cell per response. Its style is that of a
 * grid, so that no row needs the widths of others; the roles say that it is a table nevertheless.
 */

import { grayScale, raster, sequentialScale, signedScale } from "../_shared/ui/canvas.js";
import { h, icon, onResize, setText } from "../_shared/ui/dom.js";
import { changeDetector, oncePerFrame } from "../_shared/ui/frame.js";
import { CHECK, COPY, DOWN } from "../_shared/ui/icons.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { precise } from "../_shared/math/numbers.js";
import { moveByKey } from "../_shared/ui/plane.js";
import { imageRow, LARGE } from "./image_row.js";

const ICONS = { kept: CHECK, weak: DOWN, redundant: COPY };
/** Rows that are painted in one frame: all that are in sight, and some. */
const AT_ONCE = 14;
/** So many milliseconds without a change, and the rows out of sight are painted, too. */
const REST = 100;

function makeCanvas() {
  const canvas = h("canvas", { "aria-hidden": "true" });
  return { canvas, paint: raster(canvas) };
}

function makeRow(onOpen) {
  const images = imageRow();
  const kernel = makeCanvas();
  const name = h("span", { class: "bank-name" });
  const open = h(
    "button",
    { type: "button", class: "bank-open", tabindex: "-1", onclick: onOpen },
    h("span", { class: "bank-kernel" }, kernel.canvas),
    name,
  );
  const mark = h("span", { class: "bank-mark" });
  const energy = h("span");
  const bar = h("span", { class: "bank-bar-value" });
  const head = h(
    "th",
    { scope: "row", role: "rowheader" },
    h(
      "div",
      { class: "bank-head" },
      open,
      mark,
      h(
        "span",
        { class: "bank-energy" },
        h("span", { class: "lu-visually-hidden" }, "energy "),
        energy,
      ),
      h("span", { class: "bank-bar", "aria-hidden": "true" }, bar),
    ),
  );
  return {
    element: h("tr", { role: "row" }, head),
    images,
    open,
    kernel,
    name,
    mark,
    energy,
    bar,
    cells: [],
  };
}

/**
 * @param {{onVisit: (at: Record<string, any>|null, stays: boolean) => void,
 *   onOpen: (filter: number) => void, signal: AbortSignal}} options `onVisit` gets
 *   `{filter, image}` (image -1 in the first column) when the pointer or the focus comes to a cell,
 *   null when the pointer leaves; `stays` for focus and touch.
 * @returns {{element: HTMLElement, update: (state: *, colors: *, dark: *) => void}}
 */
export function matrix({ onVisit, onOpen, signal }) {
  const ruler = h("span", { class: "bank-ruler", "aria-hidden": "true" });
  const corner = h(
    "th",
    { scope: "col", role: "columnheader", class: "bank-corner" },
    "Filter",
    ruler,
  );
  const header = h("tr", { role: "row" }, corner);
  const body = h("tbody", { role: "rowgroup" });
  const table = h(
    "table",
    { class: "bank-table", role: "grid", "aria-label": "Filters and images" },
    h("thead", { role: "rowgroup" }, header),
    body,
  );
  const element = h(
    "div",
    {
      class: "bank-scroll",
      role: "group", // a region would need a name that no other demo has
      tabindex: "0",
      "aria-label": "Matrix of responses, scrolls",
    },
    table,
  );
  /**
   * `rows` are those on the page, row k shows the filter order[k]; `count` is that of the images.
   */
  const grid = { rows: [], order: [], count: 0 };
  const { rows } = grid;
  const rove = listenToCells({ table, body, grid, onVisit, onOpen });

  function showImages(images) {
    grid.count = images.length;
    header.replaceChildren(
      corner,
      ...images.map((image) => {
        const { canvas, paint } = makeCanvas();
        paint(image.values, image.rows, image.columns, grayScale());
        canvas.classList.toggle("smooth", image.columns > LARGE);
        const name = h("span", { class: "lu-visually-hidden" }, image.name);
        return h("th", { scope: "col", role: "columnheader", title: image.name }, canvas, name);
      }),
    );
    table.style.setProperty("--images", String(Math.max(grid.count, 1)));
  }

  /** As many rows and cells as there are filters and images. */
  function fit() {
    while (rows.length > grid.order.length) rows.pop().element.remove();
    while (rows.length < grid.order.length) {
      const k = rows.length;
      rows.push(makeRow(() => onOpen(grid.order[k])));
      body.append(rows[k].element);
    }
    for (const { cells, images, element: row } of rows) {
      while (cells.length > grid.count) cells.pop().remove();
      while (cells.length < grid.count) {
        const cell = h("td", { role: "gridcell", tabindex: "-1" });
        if (!cells.length) cell.append(images.element);
        cells.push(cell);
        row.append(cell);
      }
    }
    rove();
  }

  function paintRow(k, { filters, images, responses }, colors, dark) {
    const i = grid.order[k];
    const { rows: height, columns: width, re } = filters[i];
    rows[k].kernel.paint(re, height, width, signedScale(maxMagnitude(re) || 1, dark));
    const range = sequentialScale(colors.rows[i] || 1, dark);
    const cells = images.map(({ rows: down, columns: across }, c) => {
      return { values: responses[c].maps[i], rows: down, columns: across, range };
    });
    rows[k].images.paint(cells, side, density);
    images.forEach((image, c) => {
      const { largest, products, pixels } = responses[c];
      const energy = precise(products[i * filters.length + i] / pixels, 3);
      const label = `${image.name}: energy ${energy}, largest ${precise(largest[i], 3)}`;
      rows[k].cells[c].setAttribute("aria-label", label);
    });
  }

  // ---- The rows in sight are painted at once, the others when nothing changes any more: while a
  // slider moves, they would take their time from the next drawing.
  const waiting = new Set();
  let paintOne = null;
  let first = 0;
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  function paintSome(some) {
    for (const k of some) if (waiting.delete(k)) paintOne(k);
    element.toggleAttribute("data-unpainted", waiting.size > 0);
  }
  const paintInSight = () => paintSome(Array.from({ length: AT_ONCE }, (_, i) => first + i));
  const paintMore = oncePerFrame(() => {
    if (timer) return;
    paintSome([...waiting].slice(0, AT_ONCE));
    if (waiting.size) paintMore();
  }, signal);
  element.addEventListener("scroll", () => {
    first = Math.floor((element.scrollTop / element.scrollHeight) * rows.length);
    paintInSight();
  });
  // Until the page has been laid out, nobody knows how large a cell is.
  let side = 0;
  let paintAgain = null;
  onResize(
    ruler,
    ({ width }) => {
      side = width;
      paintAgain?.();
    },
    signal,
  );
  // The browser's own zoom changes how many pixels there are, and not the size of a cell.
  let density = devicePixelRatio;
  window.addEventListener(
    "resize",
    () => {
      if (density === devicePixelRatio) return;
      density = devicePixelRatio;
      paintAgain?.();
    },
    { signal },
  );
  function paint(state, colors, dark) {
    paintAgain = () => paint(state, colors, dark);
    if (!side) return;
    paintOne = (k) => paintRow(k, state, colors, dark);
    waiting.clear();
    for (const k of rows.keys()) waiting.add(k);
    paintInSight();
    clearTimeout(timer);
    timer = setTimeout(() => {
      timer = 0;
      paintMore();
    }, REST);
  }

  function tell({ filters, measured, judged }) {
    const { marks, redundancy, ranking } = judged;
    const top = Math.max(...measured.energies) || 1;
    grid.order.forEach((i, k) => {
      const { name, mark: chip, energy, bar } = rows[k];
      const part = (100 * measured.energies[i]) / top;
      if (chip.dataset.mark !== marks[i]) chip.replaceChildren(icon(ICONS[marks[i]]), h("span"));
      chip.dataset.mark = marks[i];
      if (marks[i] === "weak") setText(chip.lastChild, `weak, ${precise(part, 2)}%`);
      else if (i === ranking[0]) setText(chip.lastChild, "kept, strongest");
      else setText(chip.lastChild, `${marks[i]}, r ${redundancy[i].toFixed(2)}`);
      setText(name, filters[i].name);
      setText(energy, precise(measured.energies[i], 3));
      bar.style.width = `${part}%`;
    });
  }

  const newImages = changeDetector();
  const newRows = changeDetector();
  const newPaint = changeDetector();
  const newWords = changeDetector();
  function update(state, colors, dark) {
    if (newImages(state.images)) showImages(state.images);
    grid.order = state.order;
    if (newRows(grid.order.length, state.images)) fit();
    if (newPaint(state.responses, grid.order.join(), colors, dark)) paint(state, colors, dark);
    if (newWords(grid.order.join(), state.judged)) tell(state);
  }

  return { element, update };
}

/**
 * One stop for the Tab key, arrows from cell to cell, and what a pointer does.
 * @returns {() => void} Is called when there are other rows or cells.
 */
function listenToCells({ table, body, grid, onVisit, onOpen }) {
  const { rows } = grid;
  let current = { row: 0, column: 0 };
  const target = ({ row, column }) => {
    const entry = rows[row];
    return column ? entry?.cells[column - 1] : entry?.open;
  };
  function rove() {
    current.row = Math.max(0, Math.min(current.row, grid.order.length - 1));
    current.column = Math.min(current.column, grid.count);
    for (const other of body.querySelectorAll('[tabindex="0"]')) other.tabIndex = -1;
    const cell = target(current);
    if (cell) cell.tabIndex = 0;
  }
  const placeOf = (node) => {
    const cell = node.closest?.("tbody td, tbody th");
    if (!cell) return null;
    return {
      row: rows.findIndex((row) => row.element === cell.parentNode),
      column: cell.cellIndex,
    };
  };
  const visit = ({ row, column }, stays) =>
    onVisit({ filter: grid.order[row], image: column - 1 }, stays);
  table.addEventListener("focusin", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    current = place;
    rove();
    visit(place, true);
  });
  table.addEventListener("keydown", (event) => {
    const place = placeOf(event.target);
    if (!place) return;
    if (event.key === "Enter" && place.column) {
      event.preventDefault();
      onOpen(grid.order[place.row]);
    }
    const to = moveByKey(event, [place.row, place.column], grid.order.length, grid.count + 1);
    if (!to) return;
    event.preventDefault();
    const cell = target({ row: to[0], column: to[1] });
    // Unlike focus(), scrollIntoView knows that the sticky head covers a part (scroll-padding).
    cell.focus({ preventScroll: true });
    cell.scrollIntoView({ block: "nearest", inline: "nearest" });
  });
  // When the page scrolls, another cell may come under a resting pointer, which is not a visit.
  let pointer = "";
  const hasMoved = ({ clientX, clientY }) => {
    const before = pointer;
    pointer = `${clientX} ${clientY}`;
    return pointer !== before;
  };
  table.addEventListener("pointerover", (event) => {
    const place = event.pointerType !== "touch" && hasMoved(event) && placeOf(event.target);
    if (place) visit(place, false);
  });
  table.addEventListener("pointerleave", () => onVisit(null, false));
  // A finger cannot hover: its tap on a cell only enlarges, the kernel at the left opens.
  let touch = false;
  table.addEventListener("pointerdown", (event) => {
    touch = event.pointerType === "touch";
    hasMoved(event);
  });
  table.addEventListener("click", (event) => {
    const place = placeOf(event.target);
    if (place && !touch && !event.target.closest("button")) onOpen(grid.order[place.row]);
  });
  return rove;
}
