/**
 * What the explorer shows, read from its model: a network, a boundary, and the runs that were
 * recorded.
 */

/** @import { Model } from "../_shared/ui/model.js" */
import { prepareRun } from "../_shared/ui/curves/stage.js";
import { boundaries, recorded } from "./counts.js";

/**
 * @typedef {{network: Record<string, any>, outputs: number, all: Record<string, any>[],
 *   here: Record<string, any>, runs: Record<string, any>[], curves: Record<string, any>[]}} State
 */

/**
 * @param {Model} model
 * @returns {{networks: Record<string, any>[], shownNetwork: () => Record<string, any>, read: ()
 *   => State}} `read` gives the network, its boundaries (`all`) and the present one (`here`), the
 *   `runs` that have something to say about it, and those of them whose `curves` are drawn.
 */
export function stateReader(model) {
  const networks = model.get("networks");
  const shownNetwork = () =>
    networks.find(({ name }) => name === model.get("network")) ?? networks[0];
  let prepared = { runs: null, all: [] };
  function allRuns() {
    const runs = model.get("runs");
    if (prepared.runs !== runs) {
      prepared = {
        runs,
        all: runs.map((run, place) => ({ ...prepareRun(run, place), numbers: recorded(run) })),
      };
    }
    return prepared.all;
  }
  function read() {
    const network = shownNetwork();
    const outputs = model.get("outputs");
    const all = boundaries(network, outputs);
    const here = all.find(({ until }) => until === model.get("until")) ?? all.at(-1);
    const ticked = model.get("ticked");
    const isOwn = ({ network: name }) => name === network.name;
    const runs = allRuns()
      // From scratch is what every network is compared with.
      .filter(
        (run) =>
          isOwn(run) || (!run.pretrained && !networks.some(({ name }) => name === run.network)),
      )
      .map((run) => {
        const current = run.pretrained && run.until === here.until;
        // As many as were trained then: with the recorded head, not with the one that is chosen here.
        const then = boundaries(network, 1).find(({ until }) => until === run.until);
        const trainable = isOwn(run) && then ? then.trainable : run.trainable;
        return {
          ...run,
          current,
          trainable,
          scratch: !run.pretrained,
          here: run.pretrained,
          shown: current || ticked.includes(run.label),
        };
      });
    return { network, outputs, all, here, runs, curves: runs.filter(({ shown }) => shown) };
  }
  return { networks, shownNetwork, read };
}
