/** The two networks on screen, taken apart by a program to take away. */

const quote = (text) => JSON.stringify(text);

/**
 * @param {Record<string, any>[]} networks
 * @returns {string} The reader's own networks exist only in the reader's program: they are named.
 */
export function pythonCode(networks) {
  const known = [...new Set(networks.filter(({ own }) => !own).map(({ name }) => name))];
  const own = [...new Set(networks.filter((network) => network.own))];
  const lines = own.map(
    ({ name, size }) =>
      `# ${quote(name)} is a network of yours: networks[${quote(name)}] = (module, (${size.join(", ")}))`,
  );
  return `from lecture_utils.architectures import load, trace

networks = {name: load(name) for name in [${known.map(quote).join(", ")}]}
${lines.map((line) => `${line}\n`).join("")}for name, (module, image_shape) in networks.items():
    tree = trace(module, image_shape)
    print(name, tree.parameters, tree.macs, tree.memory)
    for block in tree.children:
        print("   ", block.name, block.shape, block.parameters, block.macs, block.memory, block.receptive_field)
`;
}
