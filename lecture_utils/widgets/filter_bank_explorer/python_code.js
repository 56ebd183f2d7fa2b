/** What the explorer measures, as a Python program that runs as it is. */

/** @import { Model } from "../_shared/ui/model.js" */
import { pythonNumber } from "../_shared/math/numbers.js";
import { GABOR } from "./state.js";

const FIXED = {
  Sobel: ["from lecture_utils.filter_banks import sobel_bank", "bank = sobel_bank()"],
  Haar: ["from lecture_utils.filter_banks import haar_bank", "bank = haar_bank((2, 4, 8))"],
  "Laplacian of Gaussian": [
    "from lecture_utils.filter_banks import laplacian_of_gaussian_bank",
    "bank = laplacian_of_gaussian_bank((0.7, 1, 1.4, 2, 2.8, 4))",
  ],
};

function gaborCode(filters, orientations, sigma) {
  const frequencies = [...new Set(filters.map(({ gabor }) => gabor.frequency))]
    .map(pythonNumber)
    .join(", ");
  const lines = [
    `frequencies = [${frequencies}]  # cycles per pixel`,
    `thetas = np.arange(${orientations}) * np.pi / ${orientations}`,
  ];
  const bank =
    sigma === null
      ? "bank = GaborBank.from_list([(f, theta, 0.56 / f) for f in frequencies for theta in thetas])"
      : `bank = GaborBank(frequencies, thetas, sigmas=[${pythonNumber(sigma)}])`;
  return ["from lecture_utils.filter_banks import GaborBank", [...lines, bank].join("\n")];
}

function ownCode(filters) {
  const listed = filters.map(({ name, rows, columns, re, im }) => {
    const weight = (k) =>
      pythonNumber(re[k]) + (im ? `${im[k] < 0 ? "-" : "+"}${pythonNumber(Math.abs(im[k]))}j` : "");
    const lines = Array.from(
      { length: rows },
      (_, y) =>
        `[${Array.from({ length: columns }, (_, x) => weight(y * columns + x)).join(", ")}]`,
    );
    return `    ${JSON.stringify(name)}: [${lines.join(", ")}],`;
  });
  const code = `kernels = {\n${listed.join("\n")}\n}\nbank = FilterBank(kernels.values(), kernels)`;
  return ["from lecture_utils.filter_banks import FilterBank", code];
}

/**
 * @param {{filters: Record<string, any>[], images: Record<string, any>[]}} state
 * @param {Model} model
 * @returns {string}
 */
export function pythonCode({ filters, images }, model) {
  const name = model.get("bank");
  const [bankImport, bank] =
    name === GABOR
      ? gaborCode(filters, model.get("orientations"), model.get("sigma"))
      : (FIXED[name] ?? ownCode(filters));
  const listed = images.map((image) => {
    const stand = `np.random.default_rng(0).random((${image.rows}, ${image.columns}))`;
    return image.code
      ? `    ${image.code},  # ${image.name}`
      : `    ${stand},  # put ${image.name} here`;
  });
  const imports = [...new Set([bankImport, ...images.map((image) => image.imports)])]
    .filter(Boolean)
    .sort();
  return `import numpy as np
${imports.join("\n")}

${bank}
images = [
${listed.join("\n")}
]
# Energy: mean squared magnitude of each filter's response, averaged over the images.
energies = np.mean([bank.energies(image) for image in images], axis=0)

# Correlation of the magnitudes over all pixels of all images (NaN for a filter that never varies).
pixels = np.hstack([bank.magnitudes(image).reshape(len(bank), -1) for image in images])
correlations = np.abs(np.corrcoef(pixels)).reshape(len(bank), len(bank))

# From the strongest to the weakest: weak, redundant, or kept.
weak_below, redundant_above = ${pythonNumber(model.get("weak_below"))}, ${pythonNumber(model.get("redundant_above"))}
kept = []
for i in np.argsort(-energies, kind="stable"):
    most = max((correlations[i, j] for j in kept), default=0)
    if energies[i] < weak_below * energies.max():
        verdict = "weak"
    elif most > redundant_above:
        verdict = "redundant"
    else:
        verdict = "kept"
        kept.append(i)
    print(f"{bank.names[i]:36} energy {energies[i]:.3g}, correlation {most:.2f}: {verdict}")
`;
}
