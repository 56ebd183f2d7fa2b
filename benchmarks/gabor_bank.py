"""Time a bank of 32 Gabor filters: ours and those of scikit-image, SciPy, PyTorch and OpenCV.

    python benchmarks/gabor_bank.py [--plot FILE] [--rounds N] [--images N] [--size N]

Prints, for one large photo and for many Fashion-MNIST images, the median time of each method for
all complex responses (float32, reflecting border), how many times faster ours is, and the largest
difference from `scipy.ndimage` (which sums in double precision) on at most 100 images, relative to
the strongest response of each filter. Then the cost of four filters against sigma. The methods take
turns, so that other activity on the machine affects all of them; a method that needs more than
`TOO_SLOW` seconds has only one turn. Takes about a quarter of an hour, nearly all of it in
scikit-image's loop.
"""

import argparse
import os
import platform
import sys
import time
from collections import defaultdict

import cv2
import numpy as np
import scipy
import skimage
import torch
from scipy import ndimage, signal
from skimage import data, filters, transform

from lecture_utils.datasets import fashion_mnist
from lecture_utils.filter_banks import GaborBank

# The extremes of the lecture's three filters, in all directions.
FREQUENCIES, SIGMAS = (0.16, 0.31), (1.3, 4.0)
THETAS = np.arange(8) * np.pi / 8
SIGMA_RANGE = (1, 1.5, 2, 3, 4, 6, 8, 12, 16)
# Methods whose cost grows with sigma squared, and which would take minutes beyond this sigma.
LARGEST_SIGMA_OF_SLOW_WAYS = 6
TOO_SLOW = 20.0
OURS = "ours, NumPy"
SLOW = ("scikit-image gabor", "scipy.ndimage")


def ours_numpy(bank, images):
    return bank.responses(images)


def ours_torch(bank, images):
    return bank.responses(torch.from_numpy(images)).numpy()


def scikit_image(bank, images):
    out = np.empty((len(images), len(bank), *images.shape[1:]), np.complex64)
    for n, (frequency, theta, sigma) in enumerate(bank.parameters):
        for image, target in zip(images, out[:, n], strict=True):
            target.real, target.imag = filters.gabor(
                image, frequency, theta, sigma_x=sigma, sigma_y=sigma, mode="reflect"
            )
    return out


def scipy_ndimage(bank, images):
    out = np.empty((len(images), len(bank), *images.shape[1:]), np.complex64)
    for n, kernel in enumerate(bank.kernels):
        # One call for the whole batch avoids a Python loop around ndimage.
        out[:, n].real = ndimage.convolve(images, kernel.real[None], mode="reflect")
        out[:, n].imag = ndimage.convolve(images, kernel.imag[None], mode="reflect")
    return out


def padded(images, kernel):
    y, x = kernel.shape[0] // 2, kernel.shape[1] // 2
    return np.pad(images, [(0, 0), (y, y), (x, x)], mode="symmetric")


def scipy_fftconvolve(bank, images):
    out = np.empty((len(images), len(bank), *images.shape[1:]), np.complex64)
    for n, kernel in enumerate(bank.kernels):
        kernel = kernel[None].astype(np.complex64)
        out[:, n] = signal.fftconvolve(padded(images, kernel[0]), kernel, "valid", axes=(1, 2))
    return out


def torch_conv2d(bank, images):
    """Real and imaginary parts as channels; one call for all kernels of the same size."""
    sizes = defaultdict(list)
    for n, kernel in enumerate(bank.kernels):
        sizes[kernel.shape].append(n)
    parts = []
    with torch.inference_mode():
        for members in sizes.values():
            kernels = np.stack([bank.kernels[n][::-1, ::-1] for n in members])
            weights = np.concatenate([kernels.real, kernels.imag])[:, None].astype(np.float32)
            inputs = torch.from_numpy(padded(images, kernels[0]))[:, None]
            parts.append((members, torch.nn.functional.conv2d(inputs, torch.from_numpy(weights))))
    return parts  # planes of real and imaginary parts: joining them does not count for PyTorch


def opencv_filter2d(bank, images):
    out = np.empty((len(images), len(bank), *images.shape[1:]), np.complex64)
    for n, kernel in enumerate(bank.kernels):
        kernel = kernel[::-1, ::-1]
        real, imaginary = kernel.real.astype(np.float32), kernel.imag.astype(np.float32)
        for image, target in zip(images, out[:, n], strict=True):
            target.real = cv2.filter2D(image, -1, real, borderType=cv2.BORDER_REFLECT)
            target.imag = cv2.filter2D(image, -1, imaginary, borderType=cv2.BORDER_REFLECT)
    return out


WAYS = {
    OURS: ours_numpy,
    "ours, PyTorch": ours_torch,
    "scikit-image gabor": scikit_image,
    "scipy.ndimage": scipy_ndimage,
    "scipy fftconvolve": scipy_fftconvolve,
    "torch conv2d": torch_conv2d,
    "OpenCV filter2D": opencv_filter2d,
}


def as_responses(result, count):
    """Return the result of a method as complex ``(b, n, H, W)``."""
    if not isinstance(result, list):
        return result
    out = None
    for members, planes in result:
        real, imaginary = np.split(planes.numpy(), 2, axis=1)
        if out is None:
            out = np.empty((len(real), count, *real.shape[2:]), np.complex64)
        out[:, members] = real + 1j * imaginary
    return out


def measure(bank, images, ways, rounds, enough=0.5):
    """Return the seconds of each run of each method; fast ones run several times per round."""
    times = defaultdict(list)
    for name in ways:
        if name not in SLOW:
            WAYS[name](bank, images)
    for turn in range(rounds):
        for name in ways:
            if turn and times[name][0] > TOO_SLOW:
                continue
            spent = 0.0
            while spent < enough:
                start = time.perf_counter()
                WAYS[name](bank, images)
                times[name].append(time.perf_counter() - start)
                spent += times[name][-1]
    return times


def differences(bank, images, ways):
    """Return the largest relative difference of each method from `scipy.ndimage`."""
    reference = scipy_ndimage(bank, images)
    strongest = abs(reference).max((0, 2, 3))
    found = {}
    for name in ways:
        responses = as_responses(WAYS[name](bank, images), len(bank))
        found[name] = float((abs(responses - reference).max((0, 2, 3)) / strongest).max())
    return found


def compare(title, bank, images, rounds):
    print(f"\n{title}")
    times = measure(bank, images, WAYS, rounds)
    apart = differences(bank, images[:100], WAYS)
    print(f"{'':22}{'median':>10}{'of':>4}{'ours is faster':>16}{'difference':>12}")
    for name, seconds in times.items():
        median = np.median(seconds)
        ratio = f"{median / np.median(times[OURS]):.1f} x"
        cells = f"{1e3 * median:>7.0f} ms{len(seconds):>4}{ratio:>16}{apart[name]:>12.1e}"
        print(f"{name:22}{cells}")


def against_sigma(image, rounds):
    """Print milliseconds per filter for growing sigma; return {method: {sigma: milliseconds}}."""
    curves = defaultdict(dict)
    for sigma in SIGMA_RANGE:
        bank = GaborBank([0.16], THETAS[::2], [sigma])
        ways = [w for w in WAYS if w not in SLOW or sigma <= LARGEST_SIGMA_OF_SLOW_WAYS]
        for name, seconds in measure(bank, image, ways, rounds, enough=0.1).items():
            curves[name][sigma] = 1e3 * np.median(seconds) / len(bank)
    print(f"\nMilliseconds per filter on {image.shape[1]}x{image.shape[2]} against sigma")
    print(f"{'':22}" + "".join(f"{sigma:>8g}" for sigma in SIGMA_RANGE))
    for name, curve in curves.items():
        cells = (f"{curve[s]:>8.1f}" if s in curve else f"{'-':>8}" for s in SIGMA_RANGE)
        print(f"{name:22}" + "".join(cells))
    return curves


def plot(curves, size, path):
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(7, 4.5), layout="constrained")
    for name, curve in curves.items():
        width = 2.5 if name.startswith("ours") else 1.2
        axes.plot(list(curve), list(curve.values()), marker="o", lw=width, ms=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel="sigma in pixels", ylabel="milliseconds per filter")
    axes.set_title(f"One Gabor filter on a {size}x{size} image")
    axes.set_xticks(SIGMA_RANGE, [f"{sigma:g}" for sigma in SIGMA_RANGE])
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    figure.savefig(path, dpi=150)
    print(f"\nplot written to {path}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=3, help="turns of every method (default 3)")
    parser.add_argument("--size", type=int, default=512, help="side of the large image")
    parser.add_argument("--images", type=int, default=1000, help="number of small images")
    parser.add_argument("--plot", metavar="FILE", help="plot cost against sigma into this file")
    arguments = parser.parse_args()

    modules = (np, scipy, skimage, torch, cv2)
    versions = ", ".join(f"{m.__name__} {m.__version__}" for m in modules)
    print(f"Python {platform.python_version()}, {versions}; {os.cpu_count()} processors")
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    if load > 0.5:
        print(f"warning: other programs are busy (load {load:.1f})", file=sys.stderr)

    bank = GaborBank(FREQUENCIES, THETAS, SIGMAS)
    side = (arguments.size, arguments.size)
    photo = transform.resize(data.camera(), side, anti_aliasing=True).astype(np.float32)[None]
    clothes = fashion_mnist("test").images[: arguments.images].astype(np.float32) / 255
    count = len(bank)
    compare(f"{count} filters, one image of {side[0]}x{side[1]}", bank, photo, arguments.rounds)
    compare(
        f"{count} filters, {len(clothes)} Fashion-MNIST images", bank, clothes, arguments.rounds
    )
    curves = against_sigma(photo, arguments.rounds)
    if arguments.plot:
        plot(curves, arguments.size, arguments.plot)


if __name__ == "__main__":
    main()
