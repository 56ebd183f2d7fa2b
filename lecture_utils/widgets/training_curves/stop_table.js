/** What early stopping does, seed by seed. */

import { identity, runRow, runTable } from "../_shared/ui/curves/tables.js";
import { percent, points } from "../_shared/ui/curves/text.js";
import { setText } from "../_shared/ui/dom.js";
import { changeDetector } from "../_shared/ui/frame.js";
import { duration, epochCount } from "./text.js";

/**
 * One line for each seed of each run; written anew only for another list of runs.
 * @returns {{element: HTMLTableElement, update: (runs: *) => void}}
 */
export function stopTable() {
  const heads = [
    "Run",
    "stops after",
    "keeps epoch",
    "accuracy kept",
    "against best",
    "against last",
    "saves",
  ];
  const { element, body } = runTable(
    "Early stopping seed by seed: validation accuracy, and differences in percentage points",
    heads,
    "stops",
  );
  const [newRuns, newRows] = [changeDetector(), changeDetector()];
  function update(runs) {
    if (!newRuns(runs)) return;
    if (newRows(identity(runs))) {
      body.replaceChildren(
        ...runs.flatMap((run) =>
          run.seeds.map(({ seed }) =>
            runRow({ ...run, note: run.seeds.length > 1 ? `seed ${seed}` : "" }, 6),
          ),
        ),
      );
    }
    let i = 0;
    for (const run of runs) {
      run.stops.forEach((stop, s) => {
        const texts = [
          [`${stop.epochs} of ${run.seeds[s].val_loss.length}`],
          [stop.kept, stop.kept === stop.best ? "" : `best: ${stop.best}`],
          [percent(stop.accuracy)],
          [points(stop.againstBest)],
          [points(stop.againstLast)],
          stop.epochsSaved
            ? [
                epochCount(stop.epochsSaved),
                stop.secondsSaved === null ? "" : duration(stop.secondsSaved),
              ]
            : ["nothing"],
        ];
        texts.forEach(([value, remark = ""], j) => {
          const [number, note] = body.rows[i].cells[j + 1].children;
          setText(number, String(value));
          setText(note, remark);
        });
        i += 1;
      });
    }
  }
  return { element, update };
}
