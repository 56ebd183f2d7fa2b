"""Record activation maximization of a model's filters: minutes to half an hour on one core.

python tools/record_filters.py cats-vs-dogs/augmented efficientnet_lite0
"""

import argparse
import dataclasses
import json
import os
import time

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import nn

from lecture_utils import datasets, pretrained, runs
from lecture_utils._atomic import replaced
from lecture_utils._inspect import evaluating, output_of
from lecture_utils.datasets.pets import draw_pet
from lecture_utils.interpretation import maximize_activation, record_activations
from lecture_utils.interpretation.recordings import (
    CARD,
    FOLDER,
    METHODS,
    PLANS,
    Recording,
    folder_of,
)
from lecture_utils.runs._environment import SOURCES as RUN_SOURCES
from lecture_utils.runs._environment import code_version, hardware, versions
from lecture_utils.widgets._sprites import pack_tiles

#: Images of the data set that are kept for each filter, their side, and the smallest crop.
EXAMPLES, EXAMPLE_SIDE, LEAST_CROP = 5, 64, 40
_QUALITY = {"pixel": 14, "fourier": 60, "examples": 50}
_PETS = 100
# What decides the images and activations of a recording: what decides a run's, and how filters
# are looked into.
SOURCES = (
    *RUN_SOURCES,
    "interpretation",
    "widgets/_sprites.py",
    "../tools/record_filters.py",
)
_SEED = 0


def record(name: str, root: str | os.PathLike[str]) -> Recording:
    """Look into a model's filters, and write a recording.

    Parameters
    ----------
    name : str
        One of `recordings.PLANS`.
    root : path

    Returns
    -------
    recordings.Recording
    """
    plan, started, code = PLANS[name], time.monotonic(), code_version(SOURCES)
    folder = folder_of(name, root)
    model, normalize, weights, class_names = _load_model(name)
    data = data_set(224)
    inputs = normalize(_resized(data.images, plan.image_size))
    strongest = _strongest(model, [layer.path for layer in plan.layers], inputs)
    print(f"{name}, data set: {time.monotonic() - started:.0f} s", flush=True)
    layers = []
    with replaced(folder) as scratch:
        for number, layer in enumerate(plan.layers):
            channels = layer.channels or _drawn_channels(strongest[layer.path][0], plan.filters)
            part = _part(model, layer.path, plan.image_size)
            results = {
                **_ascents(model, normalize, layer, channels, plan),
                "examples": _examples(data, strongest[layer.path], channels, part),
            }
            for kind, result in results.items():
                sprite, result["layout"] = pack_tiles(result.pop("tiles"), _QUALITY[kind])
                (scratch / f"{number}-{kind}.webp").write_bytes(sprite)
            layers.append(
                {
                    "label": layer.label,
                    "path": layer.path,
                    "of": strongest[layer.path][0].shape[1],
                    "channels": list(channels),
                    "names": [class_names[c] for c in channels] if layer.channels else None,
                    **results,
                }
            )
            print(f"{name}, {layer.label}: {time.monotonic() - started:.0f} s", flush=True)
        card = {
            "name": name,
            "title": plan.title,
            "plan": {
                k: v for k, v in dataclasses.asdict(plan).items() if k not in ("layers", "title")
            },
            "seed": _SEED,
            "data": {"origin": data.origin, "pictures": len(data.images)},
            "layers": layers,
            "weights": weights,
            "seconds": round(time.monotonic() - started, 1),
            "hardware": hardware(),
            "versions": versions(),
            "code": code,
        }
        (scratch / CARD).write_text(json.dumps(card, indent=1) + "\n", encoding="utf-8")
    return Recording(folder)


@dataclasses.dataclass(frozen=True, eq=False)
class DataSet:
    """Images to look for strong activations in.

    Attributes
    ----------
    images : ndarray of uint8, shape (N, side, side, 3)
    groups : list of int
        Which of them are parts of the same photo.
    origin : str
    """

    images: np.ndarray
    groups: list[int]
    origin: str


def data_set(side: int) -> DataSet:
    """Return images that everybody has: drawn pets, and photos in parts of two sizes.

    Parameters
    ----------
    side : int

    Returns
    -------
    DataSet
    """
    images, groups = [], []
    for number in range(_PETS):
        pet = draw_pet(
            ("cat", "dog")[number % 2], np.random.default_rng((0, 2, number % 2, number // 2))
        )
        images.append(ImageOps.fit(pet, (side, side)))
        groups.append(number)
    names = datasets.photo_names()
    for group, name in enumerate(names, _PETS):
        photo = Image.fromarray(datasets.photo(name)).convert("RGB")
        square = ImageOps.fit(photo, (min(photo.size),) * 2)
        for parts in (1, 2):
            step = square.width // parts
            for row in range(parts):
                for column in range(parts):
                    box = (column * step, row * step, (column + 1) * step, (row + 1) * step)
                    images.append(square.crop(box).resize((side, side)))
                    groups.append(group)
    origin = f"{_PETS} drawn pets, and {len(names)} photos of scikit-image in 5 parts each"
    return DataSet(np.stack([np.asarray(each) for each in images]), groups, origin)


def _load_model(name):
    """Return a model, how to normalize its input, which weights it has, and its class names."""
    if name in pretrained.NETWORKS:
        net = pretrained.load(name)
        return net.model, net.normalize, net.origin, net.class_names
    run = runs.load(name)
    return run.model, lambda images: images, run.card["weights_sha256"], None


def _ascents(model, normalize, layer, channels, plan):
    """Maximize all channels at once, by each method; return frames and their activations."""
    results = {}
    for method in METHODS:
        ascent = maximize_activation(
            model, layer.path, channels, method=method, size=layer.size, steps=plan.steps,
            frames=plan.frames, normalize=normalize, seed=_SEED,
        )  # fmt: skip
        activations = [
            _own_activations(model, layer.path, normalize(frame), channels)
            for frame in ascent.frames
        ]
        results[method] = {
            "activations": _rounded(torch.stack(activations, dim=1)),
            "tiles": _as_bytes(ascent.frames.transpose(0, 1).flatten(0, 1)),
        }
    return results


def _resized(pixels, side):
    images = torch.tensor(pixels).permute(0, 3, 1, 2).float() / 255
    if side == images.shape[2]:
        return images
    return nn.functional.interpolate(images, size=side, mode="bilinear", antialias=True)


def _outputs(model, paths, inputs):
    with evaluating(model), torch.no_grad(), record_activations(model, paths) as activations:
        model(inputs)
    return dict(activations)


def _strongest(model, paths, inputs):
    """Find the largest activation of each image and channel, and where it is.

    Returns
    -------
    dict of str to (Tensor, Tensor)
        By layer: values (N, K), and positions as fractions of the image's sides (N, K, 2).
    """
    parts = {path: [] for path in paths}
    for batch in inputs.split(16):
        for path, output in _outputs(model, paths, batch).items():
            maps = output if output.ndim == 4 else output[..., None, None]
            value, at = maps.flatten(2).max(dim=2)
            rows, columns = maps.shape[2:]
            row, column = (at // columns + 0.5) / rows, (at % columns + 0.5) / columns
            parts[path].append((value, torch.stack([row, column], 2)))
    return {path: tuple(map(torch.cat, zip(*pairs, strict=True))) for path, pairs in parts.items()}


def _drawn_channels(best, count):
    """Draw filters at random, of those that any image activates."""
    alive = (best.max(dim=0).values > 0).nonzero().flatten().tolist()
    chosen = np.random.default_rng(_SEED).choice(alive, min(count, len(alive)), replace=False)
    return tuple(sorted(int(channel) for channel in chosen))


def _own_activations(model, path, images, channels):
    """Return the activation of each image in its own channel, averaged over all positions."""
    with evaluating(model), torch.no_grad():
        output = output_of(model, path, images)  # later layers may need larger images
    own = output[torch.arange(len(channels)), list(channels)]
    return own.flatten(1).mean(dim=1) if own.ndim > 1 else own


def _part(model, path, image_size):
    """Return which fraction of an image's side to show: the receptive field, or a little more."""
    field, jump, last = 1, 1, 1
    # Both models are chains (shortcuts see nothing more), and list their layers from the image on.
    for name, module in model.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            kernel, stride = (
                size[0] if isinstance(size, tuple) else size
                for size in (module.kernel_size, module.stride)
            )
            field, jump = field + (kernel - 1) * jump, jump * stride
        if f"{name}.".startswith(f"{path}.") and not list(module.children()):
            last = field
    return float(np.clip(last, min(LEAST_CROP, image_size), image_size)) / image_size


def _examples(data, strongest, channels, part):
    """Cut out what activates each channel most, from as many different images."""
    (best, positions), tiles, activations = strongest, [], []
    for channel in channels:
        values, order = best[:, channel].sort(descending=True)
        used, own = [], []
        for value, i in zip(values.tolist(), order.tolist(), strict=True):
            if data.groups[i] not in used and len(own) < EXAMPLES:
                used.append(data.groups[i])
                own.append(float(f"{value:.4g}"))
                tiles.append(_crop(data.images[i], positions[i, channel].tolist(), part))
        activations.append(own)
    return {"activations": activations, "part": part, "tiles": np.stack(tiles)}


def _crop(image, position, part):
    """Cut a square around a position out of an image; at the edge it moves inwards."""
    side = round(part * len(image))
    top, left = (
        int(np.clip(round(at * len(image) - side / 2), 0, len(image) - side)) for at in position
    )
    crop = Image.fromarray(image[top : top + side, left : left + side])
    return np.asarray(crop.resize((EXAMPLE_SIDE, EXAMPLE_SIDE), Image.Resampling.BICUBIC))


def _as_bytes(images):
    return (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def _rounded(values):
    return [[float(f"{value:.4g}") for value in row] for row in values.tolist()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=list(PLANS))
    parser.add_argument("--root", default=FOLDER, help="folder for the results")
    options = parser.parse_args()
    for name in options.names:
        print(record(name, options.root))


if __name__ == "__main__":
    main()
