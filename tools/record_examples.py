"""Record how the filters of a recording respond to images of a data set: takes a minute.

python tools/record_examples.py cats-vs-dogs/augmented efficientnet_lite0

For each filter: the images with the highest and lowest activations, and pairs of other images for
the quiz "which of the two activates the filter more?". Two simple programs also take the quiz.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from image_pool import Pool, image_pool
from record_filters import SOURCES as FILTER_SOURCES
from record_filters import load_model
from torch import nn

from lecture_utils._atomic import replacing
from lecture_utils._inspect import evaluating
from lecture_utils.interpretation import feature_maps, record_activations
from lecture_utils.interpretation.recordings import (
    CARD,
    EXAMPLES,
    FOLDER,
    PLANS,
    Recording,
    folder_of,
    tiles_of,
)
from lecture_utils.runs._environment import code_version, versions
from lecture_utils.widgets._sprites import pack_tiles, unpack_tiles

#: Number of images with the highest, and with the lowest activation, kept for each filter.
SHOWN = 4
#: Pairs per filter, and the fraction of held-out images from which the higher (lower) is drawn.
PAIRS, QUANTILE = 3, 0.2
#: The images that quiz players see: some with a high activation, and some with a low one.
HIGH, LOW = 3, 1
_QUALITY = 30
_SEED = 1
SOURCES = (*FILTER_SOURCES, "../tools/record_examples.py")
# The second observer sees images through a network other than the one in question.
_OTHER = {"cats-vs-dogs/augmented": "efficientnet_lite0"}
_OTHER_LAYER = {"cats-vs-dogs/augmented": "10", "efficientnet_lite0": "features.stage5"}


def record(name: str, root: str | os.PathLike[str]) -> Path:
    """Run images through a model with recorded filters, and write their responses.

    Parameters
    ----------
    name : str
        One of `recordings.PLANS`.
    root : path

    Returns
    -------
    Path
        The recording's folder.

    Raises
    ------
    FileNotFoundError
        If the model's filters are not recorded.
    """
    folder, code = folder_of(name, root), code_version(SOURCES)
    if not (folder / CARD).is_file():
        raise FileNotFoundError(
            f"{name} is not recorded; record it with: python tools/record_filters.py {name}"
        )
    recording = Recording(folder)
    side = recording.card["plan"]["image_size"]
    pool = image_pool(side)
    model, normalize, weights, _ = load_model(name)
    if weights != recording.card["weights"]:
        raise ValueError(f"{name} has new weights; record its filters again first")
    responses = _responses(model, normalize, recording.card["layers"], pool.images)
    generator = np.random.default_rng(_SEED)
    layers = [
        _layer(entry, *response, pool, generator)
        for entry, response in zip(recording.card["layers"], responses, strict=True)
    ]
    sprite, layout = pack_tiles(pool.images, _QUALITY, "AVIF")
    with replacing(folder / "pool.avif") as scratch:
        scratch.write_bytes(sprite)
    shown = unpack_tiles(sprite, layout, len(pool.images))  # as readers see them
    result = {
        "pool": {
            "sheet": layout, "names": pool.names, "groups": pool.groups, "origin": pool.origin,
            "held_out": pool.held_out.nonzero()[0].tolist(),
        },
        "layers": layers,
        "observers": _observers(recording, layers, shown),
        "seed": _SEED, "versions": versions(), "code": code,
    }  # fmt: skip
    with replacing(folder / EXAMPLES) as scratch:
        scratch.write_text(json.dumps(result) + "\n", encoding="utf-8")
    return folder


def _responses(model, normalize, entries, pixels):
    """Yield, for each layer, the activations of all images in the recorded filters.

    Yields
    ------
    mean : ndarray, shape (images, filters)
        The mean over all positions; for a logit, its value.
    extremes : list of ndarray, shape (images, filters, 3)
        The highest and the lowest value, with row and column as fractions of the side; None for
        logits.
    """
    paths = [entry["path"] for entry in entries]
    parts = [[] for _ in entries]
    images = torch.tensor(pixels).permute(0, 3, 1, 2).float() / 255
    with evaluating(model), torch.no_grad(), record_activations(model, paths) as outputs:
        for batch in images.split(16):
            model(normalize(batch))
            for part, entry in zip(parts, entries, strict=True):
                part.append(outputs[entry["path"]][:, list(entry["channels"])])
    for part in parts:
        output = torch.cat(part)
        if output.ndim == 2:
            yield output.numpy(), None
        else:
            extremes = [_with_position(output.flatten(2).max(2), output.shape[2:])]
            extremes += [_with_position(output.flatten(2).min(2), output.shape[2:])]
            yield output.mean(dim=(2, 3)).numpy(), extremes


def _with_position(extreme, size):
    value, at = extreme
    row, column = (at // size[1] + 0.5) / size[0], (at % size[1] + 0.5) / size[1]
    return torch.stack([value, row, column], dim=2).numpy()


def _layer(entry, mean, extremes, pool: Pool, generator):
    """Choose examples and pairs for all filters of a layer."""
    shown, held_out = (~pool.held_out).nonzero()[0], pool.held_out.nonzero()[0]
    filters = range(len(entry["channels"]))
    result = {
        "whole": {
            "most": [_first(mean[:, k], shown, pool.groups, -1) for k in filters],
            "least": [_first(mean[:, k], shown, pool.groups, 1) for k in filters],
        },
        "local": None,
        "pairs": [_pairs(mean[:, k], held_out, pool.groups, generator) for k in filters],
    }
    if extremes is not None:
        result["local"] = {
            key: [
                [
                    [image, value, *_rounded(extreme[image, k, 1:], 2)]
                    for image, value in _first(extreme[:, k, 0], shown, pool.groups, sign)
                ]
                for k in filters
            ]
            for key, extreme, sign in zip(("most", "least"), extremes, (-1, 1), strict=True)
        }
    return result


def _first(values, candidates, groups, sign):
    """Return the images with the highest (sign -1) or lowest values, from different photos."""
    chosen, used = [], set()
    for image in candidates[np.argsort(sign * values[candidates], kind="stable")]:
        if groups[image] not in used and len(chosen) < SHOWN:
            used.add(groups[image])
            chosen.append([int(image), *_rounded([values[image]])])
    return chosen


def _pairs(values, candidates, groups, generator):
    """Draw pairs of held-out images: one from the highest fifth, one from the lowest."""
    ordered = candidates[np.argsort(values[candidates], kind="stable")]
    count = max(PAIRS, round(QUANTILE * len(ordered)))
    pairs = []
    while len(pairs) < PAIRS:
        low, high = generator.choice(ordered[:count]), generator.choice(ordered[-count:])
        used = {image for pair in pairs for image in pair[:2]}
        if groups[low] != groups[high] and not {int(low), int(high)} & used:
            pairs.append([int(high), int(low), *_rounded([values[high], values[low]])])
    return pairs


def _rounded(values, digits=4):
    return [float(f"{value:.{digits}g}") for value in values]


def _observers(recording, layers, shown):
    """Let two programs take the quiz, with synthesized images and with examples.

    Returns
    -------
    dict of str to dict of str to list of str
        By observer and condition: for each layer, pair by pair, "1" for a correct answer and "0"
        for a wrong one.
    """
    results = {}
    for observer, features in _observer_features(recording.name).items():
        pool = features(shown)
        mean, spread = pool.mean(axis=0), pool.std(axis=0) + 1e-6
        pool = (pool - mean) / spread
        results[observer] = {"synthesized": [], "examples": []}
        for number, (entry, layer) in enumerate(zip(recording.card["layers"], layers, strict=True)):
            synthesized = (features(_synthesized(recording, number)) - mean) / spread
            tiles = tiles_of(entry)
            scores = {"synthesized": "", "examples": ""}
            for k, pairs in enumerate(layer["pairs"]):
                references = {
                    "synthesized": [
                        synthesized[tiles[kind][k][:count]].mean(axis=0)
                        for kind, count in (("optima", HIGH), ("minimum", LOW))
                    ],
                    "examples": [
                        pool[[image for image, _ in layer["whole"][kind][k][:count]]].mean(axis=0)
                        for kind, count in (("most", HIGH), ("least", LOW))
                    ],
                }
                for condition, (most, least) in references.items():
                    for high, low, *_ in pairs:
                        closer = [
                            np.linalg.norm(pool[image] - least) - np.linalg.norm(pool[image] - most)
                            for image in (high, low)
                        ]
                        scores[condition] += "01"[int(closer[0] > closer[1])]
            for condition, text in scores.items():
                results[observer][condition].append(text)
    return results


def _synthesized(recording, number):
    """Return a layer's images as readers see them, at the size that the network sees."""
    entry = recording.card["layers"][number]
    count = sum(len(row) for rows in tiles_of(entry).values() for row in rows)
    tiles = unpack_tiles(recording.sheet(number), entry["sheet"], count)
    if tiles.shape[1] == entry["size"]:
        return tiles
    images = torch.tensor(tiles).permute(0, 3, 1, 2).float()
    images = nn.functional.interpolate(images, size=entry["size"], mode="bicubic")
    return images.clamp(0, 255).round().byte().permute(0, 2, 3, 1).numpy()


def _observer_features(name):
    """Return two functions from images of bytes, (N, H, W, 3), to features, (N, F)."""
    other = _OTHER.get(name, "cats-vs-dogs/augmented")
    model, normalize, *_ = load_model(other)

    def seen_by_the_other(pixels):
        images = normalize(torch.tensor(pixels).permute(0, 3, 1, 2).float() / 255)
        smallest = 64  # the other network needs at least this size
        if images.shape[2] < smallest:
            repeats = -(-smallest // images.shape[2])
            images = images.tile(1, 1, repeats, repeats)
        with evaluating(model), torch.no_grad():
            maps = feature_maps(model, _OTHER_LAYER[other], images)
        return maps.mean(dim=(2, 3)).numpy()

    return {"colors and contrast": _colors_and_contrast, other: seen_by_the_other}


def _colors_and_contrast(pixels):
    """Return mean and spread of the three colors, and the mean change to the next pixels."""
    values = pixels / 255
    changes = [np.abs(np.diff(values, axis=axis)).mean(axis=(1, 2, 3)) for axis in (1, 2)]
    return np.column_stack([values.mean(axis=(1, 2)), values.std(axis=(1, 2)), *changes])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=list(PLANS))
    parser.add_argument("--root", default=FOLDER, help="folder with the recordings")
    options = parser.parse_args()
    for name in options.names:
        print(record(name, options.root))


if __name__ == "__main__":
    main()
