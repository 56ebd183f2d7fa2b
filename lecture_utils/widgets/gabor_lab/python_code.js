/** The computation on screen as a Python program that runs as it is. */

import { pythonNumber } from "../_shared/math/numbers.js";

/**
 * @param {Record<string, any>} lab As `labReader` gives it.
 * @param {{name: string, imports?: string, code?: string}} source Where the image comes from;
 *   without code a line of noise stands in its place, to be replaced.
 * @returns {string}
 */
export function pythonCode(lab, { name, imports = "", code = "" }) {
  const { h, w, frequency, theta, sigma, sigmaY, phase } = lab;
  const image = code
    ? `image = ${code}  # ${name}`
    : `# Put ${name} here: a float array from 0 to 1.\n` +
      `image = np.random.default_rng(0).random((${h}, ${w}))`;
  const ours = ["from lecture_utils.filter_banks import GaborBank, gabor_kernel", imports];
  return `import numpy as np
from skimage.filters import gabor
${ours.filter(Boolean).join("\n")}

${image}
frequency = ${pythonNumber(frequency)}  # cycles per pixel
theta = ${pythonNumber(theta)}  # direction in which the wave travels, in radians
sigma_x, sigma_y = ${pythonNumber(sigma)}, ${pythonNumber(sigmaY)}  # along the wave and along its crests, in pixels
phase = ${pythonNumber(phase)}  # of the wave in the middle, in radians

kernel = gabor_kernel(frequency, theta, sigma_x=sigma_x, sigma_y=sigma_y, phase=phase)
bank = GaborBank.from_list([(frequency, theta, (sigma_x, sigma_y))], phase=phase)
response = bank.responses(image)[0]
print("kernel", kernel.shape, "sum", kernel.sum())
print("energy", (np.abs(response) ** 2).mean(), "largest magnitude", np.abs(response).max())

# scikit-image does the same, one filter at a time.
real, imaginary = gabor(
    image, frequency, theta, sigma_x=sigma_x, sigma_y=sigma_y, offset=phase, mode="reflect"
)
print(np.allclose(response, real + 1j * imaginary))
`;
}
