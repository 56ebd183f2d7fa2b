/** The curves and the rule on screen as a Python program that runs as it is. */

import { COLUMNS } from "../_shared/math/curves.js";
import { pythonNumber } from "../_shared/math/numbers.js";

const quote = (text) => JSON.stringify(text);

function histories({ label, name, root, seeds }) {
  if (name) {
    const where = root ? `, root=${quote(root)}` : "";
    const numbers = seeds.map(({ seed }) => seed).join(", ");
    return `    ${quote(label)}: [
        runs.load(${quote(name)}, seed${where}).history for seed in [${numbers}]
    ],`;
  }
  const columns = (seed) =>
    COLUMNS.map(
      (column) => `            ${quote(column)}: [${seed[column].map(pythonNumber).join(", ")}],`,
    );
  const dicts = seeds.map((seed) => `        {\n${columns(seed).join("\n")}\n        },`);
  return `    ${quote(label)}: [\n${dicts.join("\n")}\n    ],`;
}

/**
 * @param {{runs: Record<string, any>[], splits: string[], patience: number, monitor: string,
 *   smoothing: number, log: boolean}} shown
 * @returns {string}
 */
export function pythonCode({ runs, splits, patience, monitor, smoothing, log }) {
  const load = runs.some(({ name }) => name) ? ["", "from lecture_utils import runs"] : [];
  const imports = ["import matplotlib.pyplot as plt", "import numpy as np", ...load].join("\n");
  const smoothed = smoothing > 0;
  const helper = smoothed
    ? `def smooth(values):
    """An exponential moving average, corrected for its start."""
    total, norm, smoothed = 0.0, 0.0, []
    for value in values:
        total = ${pythonNumber(smoothing)} * total + value
        norm = ${pythonNumber(smoothing)} * norm + 1
        smoothed.append(total / norm)
    return smoothed


`
    : "";
  return `${imports}

PATIENCE = ${patience}
MONITOR = ${quote(monitor)}

histories = {
${runs.map(histories).join("\n")}
}


def early_stopping(history):
    """Epochs trained, and the epoch whose weights are kept; both count from 1."""
    sign = -1 if MONITOR == "val_accuracy" else 1  # a higher accuracy is better
    values = [sign * value for value in history[MONITOR]]
    best, waited = 0, 0
    for epoch, value in enumerate(values):
        if epoch == 0 or value < values[best]:
            best, waited = epoch, 0
        else:
            waited += 1
        if waited >= PATIENCE:
            break
    return epoch + 1, best + 1


${helper}figure, axes = plt.subplots(1, 2, figsize=(10, 4))
for color, (label, seeds) in enumerate(histories.items()):
    longest = max(len(history["val_loss"]) for history in seeds)
    for split, style in ${pythonSplits(splits)}:
        for axis, what in zip(axes, ["loss", "accuracy"]):
            curves = np.full((len(seeds), longest), np.nan)
            for row, history in zip(curves, seeds):
                values = history[f"{split}_{what}"]
                row[: len(values)] = ${smoothed ? "smooth(values)" : "values"}
            epochs = np.arange(1, longest + 1)
            mean = np.nanmean(curves, axis=0)
            axis.plot(epochs, mean, style, color=f"C{color}", label=f"{label} {split}")
            low, high = np.nanmin(curves, axis=0), np.nanmax(curves, axis=0)
            axis.fill_between(epochs, low, high, color=f"C{color}", alpha=0.2)
axes[0].set(xlabel="epoch", ylabel="loss"${log ? ', yscale="log"' : ""})
axes[1].set(xlabel="epoch", ylabel="accuracy")

stops = []
for color, (label, seeds) in enumerate(histories.items()):
    for number, history in enumerate(seeds):
        stopped, kept = early_stopping(history)
        accuracy = history["val_accuracy"]
        gain = accuracy[kept - 1] - accuracy[-1]
        stops.append((label, number, stopped, kept, accuracy[kept - 1], gain))
        axes[0].plot(kept, history["val_loss"][kept - 1], "o", mfc="none", ms=12, color=f"C{color}")
        axes[1].plot(kept, accuracy[kept - 1], "o", mfc="none", ms=12, color=f"C{color}")
        print(
            f"{label}, run {number}: stops after epoch {stopped} of {len(accuracy)}, keeps epoch "
            f"{kept} with {accuracy[kept - 1]:.2%}, {100 * gain:+.2f} points against the last epoch"
        )
axes[0].legend()
plt.show()
`;
}

function pythonSplits(splits) {
  const styles = { train: "--", val: "-" };
  return `[${splits.map((split) => `(${quote(split)}, ${quote(styles[split])})`).join(", ")}]`;
}
