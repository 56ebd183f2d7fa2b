/** What is on screen as a Python program that runs as it is. */

/** @import { Lab } from "./data.js" */
/** @import { Shown } from "./state.js" */

const quote = (text) => JSON.stringify(text);

const IMPORTS = [
  "from statistics import fmean",
  "",
  "import matplotlib.pyplot as plt",
  "",
  "from lecture_utils.runs import regularization",
];

/** How to load the runs: from wherever they lie, and only those that the demo was given. */
function loading({ roots, some }) {
  const calls = roots.map((root) =>
    root ? `regularization.recorded(root=${quote(root)})` : "regularization.recorded()",
  );
  const lines = [`runs = ${calls.join(" | ")}`];
  if (some.length) {
    lines.push("seeds = {  # by method and strength");
    for (const [method, strength, seeds] of some) {
      lines.push(`    (${quote(method)}, ${quote(strength)}): [${seeds.join(", ")}],`);
    }
    lines.push(
      "}",
      "runs = {",
      '    key: [run for run in runs[key] if run.card["seed"] in numbers]',
      "    for key, numbers in seeds.items()",
      "}",
    );
  }
  return lines.join("\n");
}

/**
 * @param {Lab} lab
 * @param {Shown} shown
 * @param {{roots: string[], some: any[]}} source
 * @returns {string}
 */
export function pythonCode(lab, { rows, selected, baseline, budget, quantity }, source) {
  const byHand = rows
    .filter((row) => row.byHand)
    .map(({ method, strength }) => `strengths[${quote(method)}] = ${quote(strength)}  # by hand\n`);
  const drawn = [
    ...(baseline && baseline !== selected ? [`${quote(baseline.method)}: "gray"`] : []),
    `METHOD: "C0"`,
  ];
  const clean = lab.clean(selected.entry, quantity).epochs.length
    ? `
        clean = run.clean_train
        axis.plot(clean["epoch"], clean[QUANTITY], "--", color=color, linewidth=0.8)`
    : "";
  return `${IMPORTS.join("\n")}

METHOD = ${quote(selected.method)}
BUDGET = ${budget}  # epochs
QUANTITY = ${quote(quantity)}

${loading(source)}
scores = regularization.scores(BUDGET, runs)

# For each method, the strength with the highest mean validation accuracy within the budget:
best = regularization.choose(BUDGET, runs)
strengths = {method: each.strength for method, each in best.items()}
${byHand.join("")}
means = {}
for method, strength in strengths.items():
    accuracy = scores[method, strength].accuracy
    means[method] = {split: fmean(values) for split, values in accuracy.items()}
    print(
        f"{regularization.METHODS[method]} ({strength}): validation "
        f"{means[method]['validation']:.1%}, test {means[method]['test']:.1%}"
    )

chosen = scores[METHOD, strengths[METHOD]]
print(f"{METHOD}: accuracy on clean training photos minus validation {100 * chosen.gap:+.1f} points")
seen, errors = [], []
for run, epoch in zip(runs[METHOD, strengths[METHOD]], chosen.epochs):
    seen.append(run.history["train_accuracy"][epoch - 1])
    errors.append(run.readouts[BUDGET].metrics["test"]["errors"])
    print(
        f"seed {run.card['seed']}: weights after epoch {epoch}, {errors[-1]} errors on the test "
        f"photos; accuracy in training {seen[-1]:.1%}"
    )

figure, axis = plt.subplots()
for method, color in {${drawn.join(", ")}}.items():
    for run in runs[method, strengths[method]]:
        history = run.history
        axis.plot(history["epoch"], history[f"val_{QUANTITY}"], color=color, linewidth=0.8)${clean}
axis.axvline(BUDGET, color="black", linewidth=0.8)
axis.set(xlabel="epoch", ylabel=QUANTITY)
plt.show()
`;
}
