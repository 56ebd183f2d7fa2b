/** The boundary on screen as a Python program. */

import { BATCH_SIZE } from "./counts.js";

const quote = (text) => JSON.stringify(text);

/**
 * @param {{network: Record<string, any>, trainFrom: string, outputs: number, runs: Record<string,
 *   any>[], root: string}} shown
 * @returns {string}
 */
export function pythonCode({ network, trainFrom, outputs, runs, root }) {
  const known = runs.filter(({ name }) => name);
  const imports = [
    ...(known.length ? ["from lecture_utils import runs"] : []),
    ...(network.own ? [] : ["from lecture_utils.architectures import load"]),
    "from lecture_utils.profiling import training_memory",
    "from lecture_utils.transfer import attach_head, freeze, trainable_parameters",
  ].join("\n");
  const module = network.own
    ? `# module: your network ${quote(network.name)}.`
    : `# To count, the values of the weights do not matter; pretrained.load(${quote(network.name)}) has the trained ones.
module, _ = load(${quote(network.name)})
module = module.to_empty(device="cpu")  # it comes without memory for its weights`;
  const where = root ? `, root=${quote(root)}` : "";
  const listed = known.map(
    ({ label, name, seeds }) =>
      `    ${quote(label)}: (${quote(name)}, [${seeds.map(({ seed }) => seed).join(", ")}]),`,
  );
  const recorded = known.length
    ? `
recorded = {
${listed.join("\n")}
}
for label, (name, seeds) in recorded.items():
    for seed in seeds:
        run = runs.load(name, seed${where})
        accuracy = run.card["metrics"]["test"]["accuracy"]
        print(f"{label}, seed {seed}: test accuracy {accuracy:.1%}")
`
    : "";
  return `${imports}

${module}
model = attach_head(module, num_classes=${outputs})
freeze(model, until=${quote(trainFrom)}, freeze_bn_stats=True)  # until: one of ${network.stages.map(({ name }) => name).join(", ")}

for name, parameter in model.named_parameters():
    print("trained" if parameter.requires_grad else "frozen", name, tuple(parameter.shape))
print(f"{trainable_parameters(model):,} of {sum(p.numel() for p in model.parameters()):,} parameters are trained")
memory = training_memory(model, (${BATCH_SIZE}, ${network.size.join(", ")}))
print(f"a step with ${BATCH_SIZE} photos takes {memory:,} bytes with Adam")
${recorded}`;
}
