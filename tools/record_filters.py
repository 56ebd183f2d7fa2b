"""Record what maximizes the activation of a model's filters: minutes to half an hour on one processor core.

python tools/record_filters.py cats-vs-dogs/augmented efficientnet_lite0
"""

import argparse
import dataclasses
import json
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

#: Pictures of the data set that are kept for each filter, their side, and the least that is cut out of a picture.
EXAMPLES, EXAMPLE_SIDE, LEAST_CROP = 5, 64, 40
_QUALITY = {"plain": 14, "strong": 60, "examples": 50}
_PETS = 100
# What decides the images and numbers of a recording: what decides a run's, and how filters are looked into.
SOURCES = (
    *RUN_SOURCES,
    "interpretation",
    "widgets/_sprites.py",
    "../tools/record_filters.py",
)
_SEED = 0


def record(name, root):
    """Ask a network's filters, and write a recording.

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
    network, normalize, weights, class_names = _network(name)
    pictures = data_set(224)
    inputs = normalize(_resized(pictures.pixels, plan.image_size))
    strongest = _strongest(network, [layer.path for layer in plan.layers], inputs)
    print(f"{name}, data set: {time.monotonic() - started:.0f} s", flush=True)
    layers = []
    with replaced(folder) as scratch:
        for number, layer in enumerate(plan.layers):
            channels = layer.channels or _drawn_channels(strongest[layer.path][0], plan.filters)
            asked = {
                **_ascents(network, normalize, layer, channels, plan),
                "examples": _examples(
                    pictures,
                    strongest[layer.path],
                    channels,
                    _part(network, layer.path, plan.image_size),
                ),
            }
            for kind, found in asked.items():
                data, found["layout"] = pack_tiles(found.pop("tiles"), _QUALITY[kind])
                (scratch / f"{number}-{kind}.webp").write_bytes(data)
            layers.append(
                {
                    "label": layer.label,
                    "path": layer.path,
                    "of": strongest[layer.path][0].shape[1],
                    "channels": list(channels),
                    "names": [class_names[c] for c in channels] if layer.channels else None,
                    **asked,
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
            "data": {"origin": pictures.origin, "pictures": len(pictures.pixels)},
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
class Pictures:
    """Pictures to look for exciting places in.

    Attributes
    ----------
    pixels : ndarray of uint8, shape (N, side, side, 3)
    groups : list of int
        Which of them are parts of the same photo.
    origin : str
    """

    pixels: np.ndarray
    groups: list
    origin: str


def data_set(side):
    """Return pictures that everybody has: drawn pets, and scikit-image's photos in parts of two sizes.

    Parameters
    ----------
    side : int

    Returns
    -------
    Pictures
    """
    pixels, groups = [], []
    for number in range(_PETS):
        pet = draw_pet(
            ("cat", "dog")[number % 2], np.random.default_rng((0, 2, number % 2, number // 2))
        )
        pixels.append(ImageOps.fit(pet, (side, side)))
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
                    pixels.append(square.crop(box).resize((side, side)))
                    groups.append(group)
    origin = f"{_PETS} drawn pets, and {len(names)} photos of scikit-image in 5 parts each"
    return Pictures(np.stack([np.asarray(each) for each in pixels]), groups, origin)


def _network(name):
    """Load a network; how its input is normalized, which weights these are, and the names of its classes."""
    if name in pretrained.NETWORKS:
        net = pretrained.load(name)
        return net.network, net.normalize, net.origin, net.class_names
    run = runs.load(name)
    return run.model, lambda images: images, run.card["weights_sha256"], None


def _ascents(network, normalize, layer, channels, plan):
    """Let the pixels climb for all channels at once, by each method; keep frames, and what each frame reaches."""
    found = {}
    for method in METHODS:
        ascent = maximize_activation(
            network, layer.path, channels, method=method, size=layer.size, steps=plan.steps,
            frames=plan.frames, normalize=normalize, seed=_SEED,
        )  # fmt: skip
        reached = [
            _reached(network, layer.path, normalize(frame), channels) for frame in ascent.frames
        ]
        found[method] = {
            "activations": _rounded(torch.stack(reached, dim=1)),
            "tiles": _as_bytes(ascent.frames.transpose(0, 1).flatten(0, 1)),
        }
    return found


def _resized(pictures, side):
    images = torch.tensor(pictures).permute(0, 3, 1, 2).float() / 255
    if side == images.shape[2]:
        return images
    return nn.functional.interpolate(images, size=side, mode="bilinear", antialias=True)


def _outputs(network, paths, inputs):
    with evaluating(network), torch.no_grad(), record_activations(network, paths) as activations:
        network(inputs)
    return dict(activations)


def _strongest(network, paths, inputs):
    """Find the largest activation of each picture and channel, and where it is.

    Returns
    -------
    dict of str to (Tensor, Tensor)
        By layer: values (N, K), and places as parts of the picture's sides (N, K, 2).
    """
    found = {path: [] for path in paths}
    for batch in inputs.split(16):
        for path, output in _outputs(network, paths, batch).items():
            maps = output if output.ndim == 4 else output[..., None, None]
            value, at = maps.flatten(2).max(dim=2)
            rows, columns = maps.shape[2:]
            place = torch.stack([(at // columns + 0.5) / rows, (at % columns + 0.5) / columns], 2)
            found[path].append((value, place))
    return {path: tuple(map(torch.cat, zip(*parts, strict=True))) for path, parts in found.items()}


def _drawn_channels(best, count):
    """Draw filters at random, of those that any picture excites."""
    alive = (best.max(dim=0).values > 0).nonzero().flatten().tolist()
    chosen = np.random.default_rng(_SEED).choice(alive, min(count, len(alive)), replace=False)
    return tuple(sorted(int(channel) for channel in chosen))


def _reached(network, path, images, channels):
    """Return what each image makes of its own channel, averaged over all places."""
    with evaluating(network), torch.no_grad():
        output = output_of(network, path, images)  # later layers may need larger pictures
    own = output[torch.arange(len(channels)), list(channels)]
    return own.flatten(1).mean(dim=1) if own.ndim > 1 else own


def _part(network, path, image_size):
    """Return which part of a picture's side to show: what the filter sees of it, or a little more."""
    sees, step = 1, 1
    # Both networks are chains (shortcuts see nothing more), and list their layers from the image on.
    for name, module in network.named_modules():
        if isinstance(module, nn.Conv2d | nn.MaxPool2d):
            kernel, stride = (
                size[0] if isinstance(size, tuple) else size
                for size in (module.kernel_size, module.stride)
            )
            sees, step = sees + (kernel - 1) * step, step * stride
        if f"{name}.".startswith(f"{path}.") and not list(module.children()):
            last = sees
    return float(np.clip(last, min(LEAST_CROP, image_size), image_size)) / image_size


def _examples(pictures, strongest, channels, part):
    """Cut out what excites each channel most, from as many different pictures."""
    (best, places), tiles, reached = strongest, [], []
    for channel in channels:
        values, order = best[:, channel].sort(descending=True)
        used, own = [], []
        for value, i in zip(values.tolist(), order.tolist(), strict=True):
            if pictures.groups[i] not in used and len(own) < EXAMPLES:
                used.append(pictures.groups[i])
                own.append(float(f"{value:.4g}"))
                tiles.append(_crop(pictures.pixels[i], places[i, channel].tolist(), part))
        reached.append(own)
    return {"activations": reached, "part": part, "tiles": np.stack(tiles)}


def _crop(picture, place, part):
    """Cut a square around a place out of a picture; at the edge it moves inwards."""
    side = round(part * len(picture))
    top, left = (
        int(np.clip(round(at * len(picture) - side / 2), 0, len(picture) - side)) for at in place
    )
    crop = Image.fromarray(picture[top : top + side, left : left + side])
    return np.asarray(crop.resize((EXAMPLE_SIDE, EXAMPLE_SIDE), Image.Resampling.BICUBIC))


def _as_bytes(images):
    return (images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy()


def _rounded(values):
    return [[float(f"{value:.4g}") for value in row] for row in values.tolist()]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=list(PLANS))
    parser.add_argument("--root", default=FOLDER, help="folder for the results")
    options = parser.parse_args()
    for name in options.names:
        print(record(name, options.root))


if __name__ == "__main__":
    main()
