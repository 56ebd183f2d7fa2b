/** The front on screen as a program to take away: it needs nothing but torchvision. */

/**
 * @param {{cost: string, weights: string}} shown
 * @returns {string}
 */
export function pythonCode({ cost, weights }) {
  const key = { macs: 'weights.meta["_ops"] * 1e9', parameters: 'weights.meta["num_params"]' }[
    cost
  ];
  const skip =
    weights === "all"
      ? ""
      : '        if "SWAG" in weights.name:\n            continue  # trained on more images than ImageNet\'s\n';
  const better = weights === "first" ? "name not in best" : "accuracy > best.get(name, (0, 0))[0]";
  return `import torchvision

best = {}
for name in torchvision.models.list_models(torchvision.models):
    for weights in torchvision.models.get_model_weights(name):
${skip}        accuracy = weights.meta["_metrics"]["ImageNet-1K"]["acc@1"]
        if accuracy == accuracy and ${better}:  # some weights have no classifier: NaN
            best[name] = accuracy, ${key}

highest = 0
for name, (accuracy, cost) in sorted(best.items(), key=lambda item: (item[1][1], -item[1][0])):
    if accuracy > highest:
        highest = accuracy
        print(name, accuracy, round(cost))
`;
}
