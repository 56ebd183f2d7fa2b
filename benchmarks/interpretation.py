"""Interpretation of a network: Grad-CAM and two other libraries; gradient ascent and Lucent.

    python benchmarks/interpretation.py [--rounds N] [--steps N] [--size PIXELS] [--threads N]

- Grad-CAM, one photo of 224 x 224 pixels, ResNet18 (random weights) and EfficientNet-Lite0
  (ImageNet), a middle and the last layer: `interpretation.grad_cam`, captum's `LayerGradCam`, and
  `GradCAM` of the package grad-cam, taking turns. The last one also stretches and resizes the map.
  First, the script checks that all three give the same map.
- Gradient ascent, EfficientNet-Lite0, four channels in one batch:
  `interpretation.maximize_activation` (Fourier) and Lucent's `render_vis` with its own defaults
  (Fourier, decorrelated colors, its transformations), taking turns. Afterwards, the activation is
  measured on the finished images of both. The images and numbers of the last round are written to
  a folder.

Times are processor times, which other programs disturb less than elapsed times; `--threads` is 1 by
default, so that both times agree on an idle machine.
"""

import argparse
import os
import platform
import statistics
import sys
import time
import warnings
from pathlib import Path

import numpy as np
import torch
import torchvision
from _common import ROOT, pip_packages, verdict
from PIL import Image, ImageDraw

from lecture_utils import datasets, pretrained
from lecture_utils.interpretation import feature_maps, find_layer, grad_cam, maximize_activation

LAYERS = {
    "ResNet18": ("layer2.1.bn2", "layer4"),
    "EfficientNet-Lite0": ("features.stage4", "features.head"),
}
ASCENTS = {
    "features.stage2": (0, 5, 9, 13),
    "features.stage4": (0, 5, 9, 13),
    "features.stage6": (0, 5, 9, 13),
}
# The medians of two measurements of the same function differ by up to 2%.
NO_SLOWER = 1.02
# Lucent's newest release, the newest kornia that it works with, and packages that it imports but
# that pip should not resolve.
LUCENT = ("torch-lucent==0.1.8", "kornia==0.4.1", "decorator>=4")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--rounds", type=int, default=40, help="turns of Grad-CAM; the ascent gets a tenth"
    )
    parser.add_argument("--steps", type=int, default=128, help="steps of the ascent")
    parser.add_argument("--size", type=int, default=128, help="size of its images in pixels")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=ROOT / "_build" / "interpretation")
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(
        f"Python {platform.python_version()}, torch {torch.__version__}, "
        f"{options.threads} thread(s), "
        f"{os.cpu_count()} processors"
    )
    net = pretrained.load("efficientnet_lite0")
    met = report_grad_cam(net, options.rounds)
    met &= report_ascent(net, max(1, options.rounds // 10), options)
    sys.exit(not met)


def report_grad_cam(net, rounds):
    torch.manual_seed(0)
    networks = {
        "ResNet18": torchvision.models.resnet18(weights=None).eval(),
        "EfficientNet-Lite0": net.model,
    }
    image = net.preprocess(datasets.photo("cat"))
    met = True
    print(
        f"\nGrad-CAM, ms per photo (median of {rounds}){'ours':>20}{'captum':>10}{'grad-cam':>10}"
    )
    for title, layers in LAYERS.items():
        for layer in layers:
            ways = grad_cam_ways(networks[title], layer, image)
            check_agreement(ways)
            times = {name: [] for name in ways}
            for turn in range(rounds + 1):
                # A call is slower after some functions than after others, so the order alternates.
                for name in list(ways)[:: -1 if turn % 2 else 1]:
                    times[name].append(processor_seconds(ways[name]))
            numbers = "".join(
                f"{1e3 * statistics.median(all_[1:]):10.1f}" for all_ in times.values()
            )
            print(f"  {title + ', ' + layer:50}{numbers}")
            for peer in ("captum", "grad-cam"):
                pairs = zip(times["ours"][1:], times[peer][1:], strict=True)
                ratio = statistics.median(ours / theirs for ours, theirs in pairs)
                met &= verdict(f"times the time of {peer} (median of pairs)", ratio, NO_SLOWER)
    return met


def grad_cam_ways(network, layer, image, index=282):
    """Return one function per library; each computes the map of a class for one image."""
    from captum.attr import LayerGradCam
    from pytorch_grad_cam import GradCAM
    from pytorch_grad_cam.utils.model_targets import ClassifierOutputTarget

    _, module = find_layer(network, layer)
    captum = LayerGradCam(network, module)
    other = GradCAM(network, [module])
    targets = [ClassifierOutputTarget(index)]
    return {
        "ours": lambda: grad_cam(network, layer, image, index),
        "captum": lambda: captum.attribute(image, index, relu_attributions=True)[:, 0].detach(),
        "grad-cam": lambda: other(image, targets),
    }


def check_agreement(ways):
    from pytorch_grad_cam.utils.image import scale_cam_image

    ours, captum, other = (way() for way in ways.values())
    torch.testing.assert_close(ours, captum, rtol=1e-3, atol=1e-4 * float(ours.max()))
    size = other.shape[1:]
    # torchvision's ResNet adds in place to the output of `layer2.1.bn2`, before grad-cam reads it.
    if ours.shape[1:] != (28, 28):
        stretched = scale_cam_image(scale_cam_image(ours.numpy(), size))
        np.testing.assert_allclose(stretched, other, atol=1e-3)


def report_ascent(net, rounds, options):
    sys.path.append(str(pip_packages("lucent", *LUCENT)))
    options.out.mkdir(parents=True, exist_ok=True)
    met, lines = True, []
    print(
        f"\nGradient ascent, {options.steps} steps, {options.size} pixels, 4 channels "
        f"(median of {rounds})"
    )
    for layer, channels in ASCENTS.items():
        results = {"ours": [], "Lucent": []}
        for seed in range(rounds):
            for name, way in (("ours", ascend), ("Lucent", ascend_by_lucent)):
                start = time.process_time()
                images = way(net, layer, channels, options, seed)
                seconds = time.process_time() - start
                results[name].append(
                    (seconds, mean_activations(net, layer, channels, images), images)
                )
        for name, runs in results.items():
            seconds = statistics.median(run[0] for run in runs)
            activation = torch.stack([run[1] for run in runs]).mean(dim=0)
            line = (
                f"  {layer:18}{name:8}{options.steps / seconds:7.2f} steps/s"
                f"{seconds:8.1f} s   activations "
                + " ".join(f"{value:6.2f}" for value in activation)
            )
            print(line)
            lines.append(line)
            results[name] = seconds, activation, runs[-1][2]
        draw(options.out / f"{layer}.png", {name: result[2] for name, result in results.items()})
        (ours, theirs) = results.values()
        met &= verdict("times Lucent's time", ours[0] / theirs[0], 1.0)
        share = float(ours[1].mean() / theirs[1].mean())
        met &= verdict("times Lucent's activation", share, 1.0, at_least=True)
    (options.out / "numbers.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"images, ours above Lucent's: {options.out}")
    return met


def ascend(net, layer, channels, options, seed):
    result = maximize_activation(
        net.model, layer, channels, size=options.size, steps=options.steps,
        normalize=net.normalize, seed=seed,
    )  # fmt: skip
    return result.images


class _WithNormalization(torch.nn.Module):
    """Takes images from 0 to 1, as Lucent passes them."""

    def __init__(self, net):
        super().__init__()
        self.network, self.normalize = net.model, net.normalize

    def forward(self, images):
        return self.network(self.normalize(images))


def ascend_by_lucent(net, layer, channels, options, seed):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # old kornia warns about deprecated features of torch
        from lucent.optvis import objectives, param, render

    torch.manual_seed(seed)
    np.random.seed(seed)
    name = f"network_{layer.replace('.', '_')}"
    wanted = sum(objectives.channel(name, c, batch=i) for i, c in enumerate(channels))
    images = render.render_vis(
        _WithNormalization(net).eval(),
        wanted,
        lambda: param.image(options.size, batch=len(channels)),
        thresholds=(options.steps,),
        preprocess=False,
        progress=False,
        show_image=False,
        fixed_image_size=options.size,
    )
    return torch.from_numpy(images[0]).movedim(-1, 1)


def mean_activations(net, layer, channels, images):
    """Average each image's own channel over all positions."""
    maps = feature_maps(net.model, layer, net.normalize(images))
    return torch.stack([maps[i, c].mean() for i, c in enumerate(channels)])


def draw(path, images_by_method):
    """Write one labeled row of images per method."""
    rows = []
    for name, images in images_by_method.items():
        row = np.concatenate((images.permute(0, 2, 3, 1).numpy() * 255).astype(np.uint8), axis=1)
        label = Image.new("RGB", (row.shape[1], 16), "white")
        ImageDraw.Draw(label).text((2, 2), name, fill="black")
        rows += [np.asarray(label), row]
    Image.fromarray(np.concatenate(rows)).save(path)


def processor_seconds(way):
    start = time.process_time()
    way()
    return time.process_time() - start


if __name__ == "__main__":
    main()
