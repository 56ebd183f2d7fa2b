/**
 * GradCamExplorer: where the evidence for a class lies, and the channels that it consists of. See
 * __init__.py.
 */

import { toTyped } from "../_shared/math/arrays.js";
import { softmax } from "../_shared/math/statistics.js";
import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { channelView } from "./channels.js";
import { camControls } from "./controls.js";
import { readData } from "./data.js";
import { ranking } from "./evidence.js";
import { mapViews } from "./map_views.js";
import { pythonCode } from "./python_code.js";
import { emptySentence, honestSentence, sumSentence } from "./text.js";
import { TRAITS, stateReader } from "./state.js";

/** Addresses of the photos, which came as JPEG files end to end. */
function urls(model) {
  const bytes = toTyped(model.get("jpegs"));
  let at = 0;
  return model.get("jpeg_sizes").map((size) => {
    at += size;
    return URL.createObjectURL(new Blob([bytes.slice(at - size, at)], { type: "image/jpeg" }));
  });
}

/** The photos with their addresses and with what the network makes of them. */
function readPhotos({ model, signal }, data) {
  const addresses = urls(model);
  signal.addEventListener("abort", () => addresses.forEach((url) => URL.revokeObjectURL(url)));
  return model.get("photos").map((photo, p) => {
    const logits = data.logits(p);
    return { ...photo, p, url: addresses[p], ranked: ranking(logits), shares: softmax(logits) };
  });
}

function build(demo) {
  const { model, edit, signal } = demo;
  demo.watch(TRAITS);
  const data = readData(model);
  const photos = readPhotos(demo, data);
  const read = stateReader(model, data, photos);
  const names = model.get("class_names");
  /** @type {Record<string, any>} */
  let last = { rows: 1, columns: 1, second: { rows: 1, columns: 1 } };

  const controls = camControls(demo, data, photos);
  const views = mapViews({ demo, data, names, last: () => last });
  const message = messageLine();
  const sumLine = h("p", { class: "cam-line" });
  const channels = channelView({
    onAdded: (added) => edit({ added }),
    onOrder: (order) => edit({ order }),
  });
  const honest = h("p", { class: "lu-label" });
  const copy = copyButton({
    code: () => {
      const { photo, layer, c, other, state } = last;
      const shown = {
        layer: layer.name,
        classIndex: c,
        other,
        names,
        beside: state.beside,
        evidence: state.evidence,
      };
      return pythonCode({ code: photo.code, network: model.get("network").name, ...shown });
    },
    signal,
  });

  const newMaps = changeDetector();
  function draw() {
    last = read();
    const { state, p, c, l, isLast, layer, map, away, limits } = last;
    if (newMaps(p, l, c)) views.forget();
    controls.update(last);
    views.draw(last);
    const trouble = problem(last);
    message.show(trouble);
    setText(sumLine, sumSentence({ map, isLast, logit: data.logits(p)[c], bias: data.biases[c] }));
    const tiles = { channels: last.list, count: state.added, ordered: state.order, sum: last.sum };
    channels.draw({ ...tiles, layer, map, name: names[c], away, dark: demo.dark, limits });
    const { title, origin } = model.get("network");
    setText(
      honest,
      honestSentence({
        title,
        origin,
        layer,
        isLast,
        classes: names.length,
        listed: data.listed.length,
      }),
    );
    demo.tellState(`${views.words()} ${trouble}`.trim());
    return { ...last, position: views.cell() };
  }
  /** @param {Record<string, any>} now */
  function problem({ wanted, l, c, shown, state, limit }) {
    const name = names[c];
    if (wanted === l) return emptySentence({ shown, sign: state.evidence, limit, name });
    return `This page has no map of “${name}” for the inner layers, so you see the one for the last layer. In Python, any class works at any layer.`;
  }

  const parts = [
    ...controls.above,
    views.element,
    message.element,
    views.reading,
    controls.look,
    sumLine,
    channels.element,
    honest,
    h("div", { class: "cam-row" }, copy.button),
    copy.panel,
  ];
  /** How far to the right the evidence for the class lies, in percent; and the class's rank. */
  function readings() {
    const { map, columns, photo, c } = last;
    let [sum, total] = [0, 0];
    map.forEach((value, i) => {
      if (value <= 0) return;
      sum += (value * ((i % columns) + 0.5)) / columns;
      total += value;
    });
    return { center: total ? (100 * sum) / total : 50, rank: photo.ranked.indexOf(c) + 1 };
  }
  return { parts, draw, readings };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "grad_cam_explorer", label: "Grad-CAM" }, build),
};
