/** The network on the page: it reads an image, and its numbers stay to be looked at. */

/** @import { Model } from "../_shared/ui/model.js" */
import { toTyped } from "../_shared/math/arrays.js";
import { softmax } from "../_shared/math/statistics.js";
import { readFloats } from "../_shared/nn/float16.js";
import { makeNetwork } from "../_shared/nn/network.js";
import { readTraits } from "../_shared/ui/model.js";
import { SIZE, move } from "./center.js";

const WARM_UP = 5;

/** @param {Model} model The anywidget model. */
export function makeReader(model) {
  const { precision } = model.get("network");
  const network = makeNetwork(
    model.get("network"),
    readFloats(toTyped(model.get("parameters")), precision),
  );
  const input = new Float32Array(SIZE * SIZE);
  // Browsers translate what runs often into faster code: the first runs would tell wrong times.
  for (let i = 0; i < WARM_UP; i += 1) network.run(input);
  const image = () => toTyped(model.get("image"));
  /** @type {() => any} */
  const settings = () => readTraits(model, ["right", "down", "degrees"]);
  return {
    network,
    /** What the network gets, filled again by every reading. */
    input,
    logits: new Float32Array(10),
    /** @type {Float64Array} */
    probabilities: new Float64Array(10),
    /** Milliseconds of the last reading. */
    ms: 0,
    image,
    settings,
    /** Read the image, shifted and rotated. */
    read() {
      move(image(), settings(), input);
      const start = performance.now();
      this.logits = network.run(input).slice();
      this.ms = performance.now() - start;
      this.probabilities = softmax(this.logits);
    },
  };
}
