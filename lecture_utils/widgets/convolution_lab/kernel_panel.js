/** The middle of the lab: choose, edit, turn and scale the kernel. */

/** @import { Edit, Model } from "../_shared/ui/model.js" */
import { fromTyped, toTyped } from "../_shared/math/arrays.js";
import { button, segmented, select } from "../_shared/ui/controls.js";
import { h, setText } from "../_shared/ui/dom.js";
import { MIRROR, ROTATE } from "../_shared/ui/icons.js";
import { format } from "../_shared/math/numbers.js";
import { kernelGrid } from "../_shared/ui/kernel_grid.js";
import {
  mirror,
  normalizeKernel,
  presetName,
  resizeKernel,
  rotate,
  sums,
} from "../_shared/math/kernel_ops.js";

const SIZES = [3, 5, 7, 9, 11];

/**
 * @param {{model: Model, edit: Edit, say: (text: string) => void}} options
 *   `edit` changes traits, `say` shows a sentence to the reader ("" removes it).
 * @returns {{element: HTMLElement, update: (dark: boolean) => void}}
 */
export function kernelPanel({ model, edit, say }) {
  const presets = model.get("presets");
  const read = () => {
    const kernel = model.get("kernel");
    return { weights: toTyped(kernel), kh: kernel.shape[0], kw: kernel.shape[1] };
  };
  const put = (kernel) => {
    const { weights, kh, kw } = kernel;
    edit({ kernel: fromTyped(weights, [kh, kw]), kernel_name: presetName(kernel, presets) });
  };

  const menu = select({
    label: "Kernel",
    options: [...presets.map(({ name }) => name), { value: "custom", label: "your own" }],
    value: model.get("kernel_name"),
    onChange: (name) => {
      const preset = presets.find((entry) => entry.name === name);
      if (!preset) return; // "your own" keeps what is there, to be edited.
      say("");
      const rows = preset.kernel;
      put({ weights: Float64Array.from(rows.flat()), kh: rows.length, kw: rows[0].length });
    },
  });
  const grid = kernelGrid({
    onMessage: say,
    onChange: (weights) => {
      put({ ...read(), weights });
      return true;
    },
  });
  const size = segmented({
    legend: "Kernel size",
    options: SIZES.map((value) => ({ value, label: String(value), title: `${value} by ${value}` })),
    value: 3,
    onChange: (value) => {
      say("");
      put(resizeKernel(read(), value));
    },
  });
  const change = (transform) => () => put(transform(read()));
  const normalize = () => {
    const kernel = read();
    const { weights, said } = normalizeKernel(kernel.weights);
    say(said);
    put({ ...kernel, weights });
  };
  const total = h("span", { class: "lab-total" });
  const absolute = h("span", { class: "lab-total" });
  const tools = [
    button({ path: ROTATE, kind: "small", title: "Rotate by 90°", onClick: change(rotate) }),
    button({ path: MIRROR, kind: "small", title: "Flip left and right", onClick: change(mirror) }),
    button({ label: "Normalize", kind: "small", onClick: normalize }),
  ];
  const element = h(
    "div",
    { class: "lab-panel lab-panel-kernel", role: "group", "aria-label": "Kernel" },
    menu.element,
    grid.element,
    h("p", { class: "lab-sums lu-label" }, "Sum ", total, "  ·  Σ|w| ", absolute),
    size.element,
    h("div", { class: "lab-tools" }, ...tools),
  );

  function update(dark) {
    const { weights, kh, kw } = read();
    grid.set(weights, kh, kw, dark);
    menu.set(model.get("kernel_name"));
    size.set(kh === kw ? kh : null);
    const { sum, magnitude } = sums(weights);
    setText(total, format(sum));
    setText(absolute, format(magnitude));
  }
  return { element, update };
}
