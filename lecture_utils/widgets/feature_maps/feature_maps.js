/**
 * FeatureMaps: a color image under a layer of filters, taken apart, and shifted. See __init__.py.
 */

import { copyButton } from "../_shared/ui/copy.js";
import { h, setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { messageLine } from "../_shared/ui/message.js";
import { mountDemo } from "../_shared/ui/mount.js";
import { dropZone } from "../_shared/ui/open_file.js";
import { imageChoice } from "./image_choice.js";
import { mapCards } from "./map_cards.js";
import { filterView } from "./one_filter.js";
import { pythonCode } from "./python_code.js";
import { settingsPanel } from "./settings_panel.js";
import { effectOfShift, layerReader } from "./state.js";
import { effectSentence, shapes, worked } from "./text.js";
import { bars } from "./views.js";

const TRAITS = [
  "image",
  "source",
  "filters",
  "names",
  "stride",
  "padding",
  "relu",
  "pool",
  "shift",
];

function build(demo) {
  const { model, root, request, signal } = demo;
  const read = layerReader(model);
  demo.watch(TRAITS);
  let most = 8; // how many filters the reader wants to see
  let chosen = 0; // the filter that is taken apart
  let last = { size: 1, k: 1, margin: 0, stride: 1 };

  const message = messageLine();
  let said = "";
  const image = imageChoice(demo, (text) => {
    said = text;
    request();
  });
  dropZone(root, image.open);
  const settings = settingsPanel(demo, (count) => {
    most = count;
    request();
  });
  const filter = filterView({ state: () => last, request, signal });
  const cards = mapCards((i) => {
    chosen = i;
    request();
  });
  const chart = bars();
  const [title, reading, shape, effect] = [
    "lu-title",
    "maps-reading",
    "maps-shape",
    "maps-effect",
  ].map((name) => h("p", { class: name }));
  const copy = copyButton({
    code: () => {
      const { settings: layer, d, k, weights, shift } = last;
      const shared = {
        source: model.get("source"),
        known: image.isPhoto(),
        settings: layer,
        shift,
      };
      return pythonCode({ ...shared, weights, shape: [d, 3, k, k] });
    },
    signal,
  });

  const [newPaint, newEffect] = [changeDetector(), changeDetector()];
  let found = null; // What the shift does.
  function draw() {
    last = read(most);
    chosen = Math.min(chosen, last.d - 1);
    const names = model.get("names");
    message.show(said);
    image.update();
    settings.update(last);
    if (newPaint(last.moved, chosen, demo.dark)) {
      setText(title, `Filter ${chosen + 1} of ${last.d}: ${names[chosen]}`);
      filter.paint(last, chosen, demo.dark);
      cards.draw(last, names, chosen, demo.dark);
    }
    filter.mark(last);
    const position = filter.position();
    setText(reading, worked(last, chosen, position));
    setText(shape, shapes(last));
    if (newEffect(last.moved, last.still, names)) {
      found = effectOfShift(last);
      setText(effect, effectSentence(last.shift, found));
      chart.draw(names.slice(0, last.d), found.pooled, found.before);
    }
    demo.tellState(`${names[chosen]}. ${reading.textContent} ${said}`.trim());
    return { ...last, ...found, chosen, position };
  }

  const row = (...children) => h("div", { class: "maps-row" }, ...children);
  const parts = [
    row(...image.elements, settings.bank),
    message.element,
    title,
    filter.element,
    reading,
    shape,
    cards.element,
    settings.layer,
    settings.shift,
    effect,
    chart.element,
    row(copy.button),
    copy.panel,
  ];
  return { parts, draw };
}

export default {
  render: (context) =>
    mountDemo({ ...context, name: "feature_maps", label: "Feature maps" }, build),
};
