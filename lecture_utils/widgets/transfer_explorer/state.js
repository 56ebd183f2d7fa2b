/**
 * What the explorer shows, read from its model: a network, a boundary, and the runs that were
 * recorded.
 */

/** @import { DrawnRun } from "../_shared/ui/curves/stage.js" */
/** @import { Model } from "../_shared/ui/model.js" */
import { prepareRun } from "../_shared/ui/curves/stage.js";
import { computed } from "../_shared/ui/model.js";
import { boundaries, recorded } from "./counts.js";

/**
 * @typedef {{network: Record<string, any>, outputs: number, all: Record<string, any>[],
 *   here: Record<string, any>, runs: Record<string, any>[], plotted: Record<string, any>[],
 *   curves: DrawnRun[]}} State Only `here`, `runs` and, if others are drawn, `curves` are new lists
 *   when the boundary moves.
 */

/**
 * @param {Model} model
 * @returns {{networks: Record<string, any>[], shownNetwork: () => Record<string, any>, read: ()
 *   => State}} `read` gives the network, its boundaries (`all`) and the present one (`here`), the
 *   `runs` that have something to say about it, those that are `plotted` against the number of
 *   trained parameters, and those whose `curves` are drawn.
 */
export function stateReader(model) {
  const networks = model.get("networks");
  const shownNetwork = () =>
    networks.find(({ name }) => name === model.get("model")) ?? networks[0];
  const allBoundaries = computed(model, ["model", "outputs"], ([, outputs]) =>
    boundaries(shownNetwork(), outputs),
  );
  const prepared = computed(model, ["runs"], ([runs]) =>
    runs.map((run, place) => ({ ...prepareRun(run, place), numbers: recorded(run) })),
  );
  /** The runs of the network that is shown. */
  const ownRuns = computed(model, ["runs", "model"], () => {
    const network = shownNetwork();
    const isOwn = (run) => run.model === network.name;
    // As many as were trained then: with the recorded head, not with the one that is chosen here.
    const recordedHead = boundaries(network, 1);
    const own = prepared()
      // From scratch is what every network is compared with.
      .filter(
        (run) =>
          isOwn(run) || (!run.pretrained && !networks.some(({ name }) => name === run.model)),
      )
      .map((run) => {
        const then = recordedHead.find(({ trainFrom }) => trainFrom === run.train_from);
        const trainable = isOwn(run) && then ? then.trainable : run.trainable;
        return { ...run, trainable, scratch: !run.pretrained, here: run.pretrained };
      });
    return { own, plotted: own.filter(({ trainable }) => trainable !== null) };
  });
  const TRAITS = ["runs", "model", "outputs", "train_from", "ticked"];
  /** @type {() => State} */
  const read = computed(model, TRAITS, ([, , outputs, from, ticked], before) => {
    const all = allBoundaries();
    const here = all.find(({ trainFrom }) => trainFrom === from) ?? all.at(-1);
    const { own, plotted } = ownRuns();
    const runs = own.map((run) => {
      const current = run.pretrained && run.train_from === here.trainFrom;
      return { ...run, current, shown: current || ticked.includes(run.label) };
    });
    const curves = own.filter((_, i) => runs[i].shown);
    const isSame =
      before?.curves.length === curves.length && curves.every((run, i) => run === before.curves[i]);
    return {
      ...{ network: shownNetwork(), outputs, all, here, runs, plotted },
      curves: isSame ? before.curves : curves,
    };
  });
  return { networks, shownNetwork, read };
}
