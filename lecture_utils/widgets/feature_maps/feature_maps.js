/** FeatureMaps: a color image under a layer of filters, taken apart, and shifted. See __init__.py. */

import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { button, segmented, select, slider } from "../_shared/ui/controls.js";
import { copyButton } from "../_shared/ui/copy.js";
import { announcer, h, setText } from "../_shared/ui/dom.js";
import { changeDetector, promptly } from "../_shared/ui/frame.js";
import { maxMagnitude } from "../_shared/math/image.js";
import { editor, watch } from "../_shared/ui/model.js";
import { clamp, format } from "../_shared/math/numbers.js";
import { moveByKey, plane } from "../_shared/ui/plane.js";
import { isDark, onThemeChange } from "../_shared/ui/theme.js";
import { apply, channels, means, relative, rolled } from "./layer.js";
import { readPhoto } from "../_shared/ui/files.js";
import { pythonCode } from "./python_code.js";
import { bars, signed, tile, tint } from "./views.js";

const TRAITS = ["image", "source", "filters", "names", "stride", "padding", "relu", "pool", "shift"];
const SIDE = 64;
const COLORS = ["Red", "Green", "Blue"];
const OWN = "your file";
const FOLDER = "M12 16V5M7 9l5-5 5 5M4 16v4h16v-4";
const BACK = "M4 4v6h6M4.500 10a8 8 0 1 1-.500 5";

function render({ model, el }) {
  const life = new AbortController();
  const { signal } = life;
  const request = promptly(draw, signal);
  const edit = editor(model, signal);
  watch(model, TRAITS, request, signal);
  const photos = model.get("photos");
  const pixels = toTyped(model.get("photo_pixels"));
  const photo = (i) => pixels.subarray(i * 3 * SIDE * SIDE, (i + 1) * 3 * SIDE * SIDE);
  const banks = model.get("banks");

  let chosen = 0; // the filter that is taken apart
  let place = null; // row and column in the sum
  let said = "";
  let own = null;

  // ---- Image and filters
  const setImage = (source, bytes) => edit({ source, image: fromTyped(Uint8Array.from(bytes), [SIDE, SIDE, 3]) });
  const pictures = select({
    label: "Image",
    options: [...photos, { value: OWN, label: "your own file …" }, { value: "your array", label: "your array" }],
    value: model.get("source"),
    onChange: (name) => {
      said = "";
      if (photos.includes(name)) setImage(name, photo(photos.indexOf(name)));
      else if (name === OWN && own) setImage(OWN, own);
      else if (name === OWN) file.click();
      request();
    },
  });
  const file = h("input", { type: "file", accept: "image/*", class: "lu-visually-hidden", tabindex: "-1", "aria-label": "Your own image" });
  const open = async (picked) => {
    if (!picked) return;
    try {
      own = await readPhoto(picked, SIDE);
      said = "";
      setImage(OWN, own);
    } catch (error) {
      said = error.message;
    }
    request();
  };
  file.addEventListener("change", () => open(file.files[0]));
  const upload = button({ path: FOLDER, title: "Open a file; it stays in your browser", onClick: () => file.click() });
  const bank = segmented({
    legend: "Filters",
    options: [
      { value: 0, label: "with a meaning" },
      { value: 1, label: "random" },
    ],
    value: banks.findIndex(({ names }) => names[0] === model.get("names")[0]),
    onChange: (i) => {
      const [, count, three, k] = model.get("bank_weights").shape;
      const size = count * three * k * k;
      const weights = toTyped(model.get("bank_weights")).slice(i * size, (i + 1) * size);
      edit({ filters: fromTyped(weights, [count, three, k, k]), names: banks[i].names });
      request();
    },
  });
  const count = slider({
    label: "Filters d",
    min: 1,
    max: 8,
    value: 8,
    onInput: (value) => {
      shown = value;
      request();
    },
  });
  let shown = 8;

  // ---- One filter, taken apart
  const inputs = COLORS.map((color, c) =>
    plane({
      label: `${color} channel`,
      signal,
      onPoint: (point) => visit(fromInput(point), point.phase),
      onKey,
    }),
  );
  const slices = COLORS.map(() => tile("slice"));
  const parts = COLORS.map(() => tile("part"));
  const sum = plane({
    label: "Sum",
    signal,
    onPoint: ({ row, column, phase }) => visit([Math.floor(row), Math.floor(column)], phase),
    onKey,
  });
  const reading = h("p", { class: "maps-reading" });
  const label = (text) => h("span", { class: "lu-label" }, text);
  const sign = (text) => h("span", { class: "maps-sign", "aria-hidden": "true" }, text);

  function fromInput({ row, column }) {
    const { stride, margin } = last;
    return [row, column].map((at) => Math.round((at - last.k / 2 + margin) / stride));
  }
  let settled = null;
  function visit(to, phase) {
    const inside = to.map((at) => clamp(at, 0, last.size - 1));
    if (phase === "leave") place = settled;
    else if (phase === "hover" || phase === "down" || phase === "drag") {
      place = inside;
      if (phase !== "hover") settled = inside;
    }
    request();
  }
  function onKey(event) {
    const to = moveByKey(event, place ?? [last.size >> 1, last.size >> 1], last.size, last.size);
    if (!to) return;
    event.preventDefault();
    place = settled = to;
    request();
  }

  // ---- All maps
  const stack = h("div", { class: "maps-stack", role: "radiogroup", "aria-label": "Feature maps" });
  let cards = [];
  function makeCard(i) {
    const view = tile();
    const card = h("button", {
      type: "button",
      class: "maps-card",
      role: "radio",
      onclick: () => choose(i),
      onkeydown: (event) => {
        const to = { ArrowRight: i + 1, ArrowDown: i + 1, ArrowLeft: i - 1, ArrowUp: i - 1 }[event.key];
        if (to === undefined) return;
        event.preventDefault();
        choose((to + cards.length) % cards.length);
        cards[chosen].card.focus();
      },
    });
    card.append(view.element);
    stack.append(card);
    return { card, view };
  }
  const choose = (i) => {
    chosen = i;
    request();
  };

  // ---- Settings and shift
  const stride = slider({ label: "Stride", min: 1, max: 3, value: 1, onInput: (value) => edit({ stride: value }) });
  const padding = segmented({
    legend: "Border",
    options: [
      { value: "valid", label: "no padding" },
      { value: "zeros", label: "zeros" },
      { value: "wrap", label: "wrap around" },
    ],
    value: model.get("padding"),
    onChange: (value) => edit({ padding: value }),
  });
  const tick = (text, name) => {
    const input = h("input", { type: "checkbox", onchange: () => edit({ [name]: input.checked }) });
    return { input, element: h("label", { class: "maps-tick" }, input, text) };
  };
  const ticks = { relu: tick("ReLU", "relu"), pool: tick("2×2 max-pooling", "pool") };
  const move = ["Shift down", "Shift right"].map((text, axis) =>
    slider({
      label: text,
      min: -16,
      max: 16,
      value: 0,
      onInput: (value) => {
        const next = [...model.get("shift")];
        next[axis] = value;
        edit({ shift: next });
      },
    }),
  );
  const home = button({ label: "Shift back", path: BACK, onClick: () => edit({ shift: [0, 0] }) });
  const chart = bars();
  const shape = h("p", { class: "maps-shape" });
  const effect = h("p", { class: "maps-effect" });
  const message = h("p", { class: "lu-message", role: "status", hidden: true });
  const live = announcer(signal);
  const copy = copyButton({
    code: () => {
      const { settings, d, k, weights } = last;
      const known = photos.includes(model.get("source"));
      return pythonCode({ source: model.get("source"), known, weights, shape: [d, 3, k, k], settings, shift: model.get("shift") });
    },
    signal,
  });
  const title = h("p", { class: "lu-title" });
  const root = h(
    "div",
    { class: "lu-demo lu-feature-maps", role: "group", "aria-label": "Feature maps" },
    h("div", { class: "maps-row" }, pictures.element, upload, file, bank.element),
    message,
    title,
    h(
      "div",
      { class: "maps-exploded" },
      h(
        "div",
        { class: "maps-channels" },
        ...COLORS.map((color, c) =>
          h(
            "div",
            { class: "maps-channel" },
            h("div", { class: "maps-cell" }, inputs[c].element, label(color)),
            sign("∗"),
            slices[c].element,
            sign("="),
            parts[c].element,
          ),
        ),
      ),
      h("div", { class: "maps-sum" }, sign("Σ"), h("div", { class: "maps-cell" }, sum.element, label("their sum"))),
    ),
    reading,
    shape,
    stack,
    h("div", { class: "maps-settings" }, count.element, stride.element, padding.element, ticks.relu.element, ticks.pool.element),
    h("div", { class: "maps-settings" }, ...move.map(({ element }) => element), home),
    effect,
    chart.element,
    h("div", { class: "maps-row" }, copy.button),
    copy.panel,
    live.element,
  );
  root.addEventListener("dragover", (event) => event.preventDefault());
  root.addEventListener("drop", (event) => {
    event.preventDefault();
    open(event.dataTransfer.files[0]);
  });

  // ---- Computing and drawing
  let last = { size: 1, k: 1, margin: 0, stride: 1 };
  let dark = false;
  const [newStill, newMoved, newPaint] = Array.from({ length: 3 }, changeDetector);
  let still = null;
  let moved = null;

  function compute() {
    const [all, , k] = model.get("filters").shape;
    const d = Math.min(shown, all);
    const settings = Object.fromEntries(["stride", "padding", "relu", "pool"].map((name) => [name, model.get(name)]));
    const values = Object.values(settings);
    const weights = toTyped(model.get("filters"));
    const bytes = () => toTyped(model.get("image"));
    const run = (shift) => {
      const planes = channels(bytes(), SIDE, shift);
      return { planes, ...apply(planes, SIDE, weights, d, k, settings) };
    };
    const depends = [model.get("image"), model.get("filters"), d, ...values];
    if (newStill(...depends)) still = run([0, 0]);
    const shift = model.get("shift");
    if (newMoved(still, ...shift)) moved = shift.some(Boolean) ? run(shift) : still;
    const margin = settings.padding === "valid" ? 0 : k >> 1;
    last = { ...moved, d, all, k, margin, settings, weights, shift, stride: settings.stride };
  }

  function draw() {
    compute();
    const { d, all, k, size, mapSize, margin, settings, shift, planes } = last;
    chosen = Math.min(chosen, d - 1);
    const names = model.get("names");
    if (message.hidden === Boolean(said)) message.hidden = !said;
    setText(message, said);
    pictures.set(model.get("source"));
    bank.set(banks.findIndex(({ names: known }) => known[0] === names[0]));
    count.set(d, all);
    stride.set(settings.stride);
    padding.set(settings.padding);
    for (const name of ["relu", "pool"]) ticks[name].input.checked = settings[name];
    move.forEach((control, axis) => control.set(shift[axis]));

    const at = (place ?? [size >> 1, size >> 1]).map((value) => clamp(value, 0, size - 1));
    const repaint = newPaint(moved, chosen, dark);
    if (repaint) paint(names);
    const [top, left] = at.map((value) => value * settings.stride - margin);
    for (const input of inputs) input.mark({ top, left, rows: k, columns: k });
    sum.mark({ top: at[0], left: at[1], rows: 1, columns: 1 });
    const here = at[0] * size + at[1];
    const partial = last.parts[chosen].map((part) => part[here]);
    const total = last.sums[chosen][here];
    const bent = settings.relu ? Math.max(total, 0) : total;
    const terms = partial.map((value, c) => `${COLORS[c].toLowerCase()} ${format(value, 3)}`).join(" + ");
    setText(reading, `At row ${at[0]}, column ${at[1]}: ${terms} + bias 0 = ${format(total, 3)}${settings.relu ? ` → ReLU ${format(bent, 3)}` : ""}`);
    setText(
      shape,
      `(${SIDE}, ${SIDE}, 3) → ${d} filters of ${k}×${k}×3 → (${mapSize}, ${mapSize}, ${d})` +
        `   weights: ${k}·${k}·3·${d} + ${d} biases = ${(3 * k * k * d + d).toLocaleString("en-US")}`,
    );
    const [pooled, before] = [means(last.maps), means(still.maps)];
    const step = settings.stride * (settings.pool ? 2 : 1);
    const steps = shift.map((value) => Math.round(value / step));
    const follows = relative(last.maps, rolled(still.maps, mapSize, ...steps));
    const changed = relative(last.maps, still.maps);
    const drift = relative([pooled], [before]);
    const percent = (value) => `${format(100 * value, 1)}%`;
    setText(
      effect,
      shift.some(Boolean)
        ? `Shifted: the maps change by ${percent(changed)}. Moved along by ${steps.join(" and ")} of their own steps, ` +
            `they are off by ${percent(follows)}; the pooled vector changes by ${percent(drift)}.`
        : "Global average pooling keeps one number per map. Shift the image and watch: the maps move along, the bars barely.",
    );
    chart.draw(names.slice(0, d), pooled, before);
    live.say(`${names[chosen]}. ${reading.textContent}`);
    const detail = { ...last, pooled, before, follows, changed, drift, chosen, place: at };
    root.dispatchEvent(new CustomEvent("featuremaps", { bubbles: true, detail }));
  }

  function paint(names) {
    const { d, k, size, mapSize, planes, margin, weights } = last;
    setText(title, `Filter ${chosen + 1} of ${d}: ${names[chosen]}`);
    const area = k * k;
    const slice = (c) => weights.subarray((3 * chosen + c) * area, (3 * chosen + c + 1) * area);
    const strongest = maxMagnitude(weights.subarray(3 * chosen * area, 3 * (chosen + 1) * area));
    const parted = Math.max(...last.parts[chosen].map(maxMagnitude));
    COLORS.forEach((color, c) => {
      inputs[c].draw(planes[c], SIDE, SIDE, tint(c), last.settings.padding === "zeros" ? margin : 0);
      slices[c].draw(slice(c), k, signed(strongest, dark), `Slice of the filter for ${color.toLowerCase()}`, `slice ${c + 1}`);
      parts[c].draw(last.parts[chosen][c], size, signed(parted, dark), `Answer in ${color.toLowerCase()}`, `answer ${c + 1}`);
    });
    sum.draw(last.sums[chosen], size, size, signed(maxMagnitude(last.sums[chosen]), dark));
    while (cards.length > d) cards.pop().card.remove();
    while (cards.length < d) cards.push(makeCard(cards.length));
    cards.forEach(({ card, view }, i) => {
      view.draw(last.maps[i], mapSize, signed(maxMagnitude(last.maps[i]), dark), `Map ${i + 1}: ${names[i]}`, names[i]);
      card.setAttribute("aria-checked", i === chosen);
      card.setAttribute("aria-label", names[i]);
      card.tabIndex = i === chosen ? 0 : -1;
    });
  }

  const followTheme = () => {
    dark = isDark(root);
    request();
  };
  onThemeChange(followTheme, signal);
  el.append(root);
  dark = isDark(root);
  draw();
  return () => {
    life.abort();
    root.remove();
  };
}

export default { render };
