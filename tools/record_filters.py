"""Record activation maximization of a model's filters: takes up to an hour on one core.

python tools/record_filters.py cats-vs-dogs/augmented efficientnet_lite0

Each layer is saved as soon as it is finished, in a folder next to the recordings: after a kill,
calling this again continues with the next one. Several processes can share the work: with
``--only 0 3 6`` each records its layers, and a last call without it combines all of them.
"""

import argparse
import json
import os
import shutil
import time
from collections.abc import Collection
from pathlib import Path

import numpy as np
import torch
from image_pool import image_pool
from inspected_layers import filter_layers, measured_field
from torch import nn

from lecture_utils import pretrained, runs
from lecture_utils._atomic import replaced, replacing
from lecture_utils._inspect import evaluating
from lecture_utils.interpretation import Priors, maximize_activation, record_activations
from lecture_utils.interpretation.recordings import (
    CARD,
    EXAMPLES,
    FOLDER,
    PLANS,
    Recording,
    as_dict,
    folder_of,
    settings,
    tiles_of,
)
from lecture_utils.runs._environment import SOURCES as RUN_SOURCES
from lecture_utils.runs._environment import code_version, hardware, versions
from lecture_utils.widgets._sprites import pack_tiles

# Quality of the AVIF files, and largest side of a stored image: a whole chapter's page should not
# need more data than a few photos.
_QUALITY, _LARGEST_TILE = 30, 96
# Number of synthesized images that go through the model together.
_BATCH = 48
_SEED = 0
# The code that determines the images and activations of a recording: that of a run, and that for
# inspecting filters.
SOURCES = (
    *RUN_SOURCES,
    "interpretation",
    "widgets/_sprites.py",
    "../tools/image_pool.py",
    "../tools/inspected_layers.py",
    "../tools/record_filters.py",
)


def load_model(name):
    """Return a model, its normalization, an identifier of its weights, and its class names."""
    if name in pretrained.NETWORKS:
        net = pretrained.load(name)
        return net.model, net.normalize, net.origin, net.class_names
    run = runs.load(name)
    return run.model, lambda images: images, run.card["weights_sha256"], None


def record(name: str, root: str | os.PathLike[str], only: Collection[int] | None = None) -> Path:
    """Maximize the activations of a model's filters, and write images and a card.

    Parameters
    ----------
    name : str
        One of `recordings.PLANS`.
    root : path
    only : collection of int, optional
        Indices of the layers to record, without writing the recording.

    Returns
    -------
    Path
        The folder; results of ``record_examples.py`` there are kept if they are still valid.
    """
    plan, code = PLANS[name], code_version(SOURCES)
    folder = folder_of(name, root)
    model, normalize, weights, class_names = load_model(name)
    model = model.to(memory_format=torch.channels_last)  # a fifth faster
    pool = image_pool(plan.image_size)
    paths = plan.layers or filter_layers(model)
    alive = _alive(model, paths, normalize, pool.images)
    finished = folder.parent / f"{folder.name}-layers"
    finished.mkdir(parents=True, exist_ok=True)
    jobs = [(path, _drawn(alive[path], plan.filters, k), None) for k, path in enumerate(paths)]
    if plan.classes:
        jobs.append((_last_linear(model), plan.classes, [class_names[c] for c in plan.classes]))
    labels = [*_labels(paths), "classes"]
    layers = []
    for number, (path, channels, class_of) in enumerate(jobs):
        if only is not None and number not in only:
            continue
        key = json.dumps([as_dict(plan), path, channels, weights, code, _SEED])
        kept = finished / f"{number}.npz"
        # The commit does not say what edited code was when a layer was made with it.
        if code["changed_since"] is not False or not _is_kept(kept, key):
            started = time.process_time()
            layer, tiles = _layer(model, normalize, path, channels, class_of, plan)
            layer["of"] = len(alive[path]) if path in alive else len(class_names)
            layer["seconds"] = round(time.process_time() - started, 1)
            with replacing(kept) as scratch, open(scratch, "wb") as file:
                np.savez(file, key=key, layer=json.dumps(layer), tiles=tiles)
            print(f"{name}, {path}: {layer['seconds']} s", flush=True)
        with np.load(kept) as parts:
            layer = {"label": labels[number], **json.loads(str(parts["layer"]))}
            layers.append((layer, parts["tiles"]))
    if only is not None:
        return finished
    _write(folder, layers, {
        "name": name, "title": plan.title, "plan": as_dict(plan), "seed": _SEED,
        "weights": weights, "hardware": hardware(), "versions": versions(), "code": code,
    })  # fmt: skip
    shutil.rmtree(finished)
    return folder


def _write(folder, layers, card):
    """Write sheets and card; keep the responses to images if the filters are the same."""
    before = Recording(folder) if (folder / EXAMPLES).is_file() else None
    with replaced(folder) as scratch:
        for number, (layer, tiles) in enumerate(layers):
            data, layer["sheet"] = pack_tiles(tiles, _QUALITY, "AVIF")
            (scratch / f"{number}.avif").write_bytes(data)
        card["layers"] = [layer for layer, _ in layers]
        text = json.dumps(card, indent=1)
        (scratch / CARD).write_text(text + "\n", encoding="utf-8")
        if before and _filters(before.card) == _filters(card):
            for kept in (EXAMPLES, "pool.avif"):
                shutil.copy(folder / kept, scratch / kept)


def _filters(card):
    return [(layer["path"], layer["channels"]) for layer in card["layers"]], card["weights"]


def _is_kept(file, key):
    if not file.is_file():
        return False
    with np.load(file) as parts:
        return str(parts["key"]) == key


def _layer(model, normalize, path, channels, names, plan):
    """Maximize every activation that is recorded for one layer.

    Returns
    -------
    layer : dict
        Entry for the card.
    tiles : ndarray of uint8, shape (N, side, side, 3)
        In the order of `tiles_of`.
    """
    field = None if names else measured_field(model, path, 2 * plan.sizes[1])
    size = plan.sizes[1] if names else _size(field, plan)
    tiles = []

    def ascend(wanted, **options):
        """Return the activation of each image; store the images."""
        activations = []
        for part in (wanted[i : i + _BATCH] for i in range(0, len(wanted), _BATCH)):
            options = {"priors": Priors(**settings()[0]), **options}
            result = maximize_activation(
                model, path, part, size=size, steps=plan.steps, seed=_SEED,
                learning_rate=plan.learning_rate, normalize=normalize, **options,
            )  # fmt: skip
            tiles.extend(_as_tiles(result.images))
            activations += [float(f"{value:.4g}") for value in result.activations.tolist()]
        return activations

    per_batch = max(1, _BATCH // plan.optima)
    optima = []
    for some in (channels[i : i + per_batch] for i in range(0, len(channels), per_batch)):
        repeated = [channel for channel in some for _ in range(plan.optima)]
        values = ascend(repeated, diversity=plan.diversity)
        optima += [values[i : i + plan.optima] for i in range(0, len(values), plan.optima)]
    layer = {
        "path": path, "channels": list(channels), "field": field, "size": size,
        "names": names,
        "optima": optima,
        "minimum": ascend(channels, minimize=True),
        "neuron": None if names else ascend(channels, objective="neuron"),
    }  # fmt: skip
    # Each setting of the priors separately, with the same random start.
    swept = channels[: plan.swept]
    order = len(tiles)
    columns = [ascend(swept, priors=Priors(**each)) for each in settings()]
    layer["swept"] = [list(row) for row in zip(*columns, strict=True)]
    by_setting = np.stack(tiles[order:]).reshape(len(columns), len(swept), *tiles[0].shape)
    tiles[order:] = by_setting.swapaxes(0, 1).reshape(-1, *tiles[0].shape)
    assert sum(len(row) for rows in tiles_of(layer).values() for row in rows) == len(tiles)
    return layer, np.stack(tiles)


def _size(field, plan):
    """Return the side of the images: twice the receptive field, in steps of 8 pixels."""
    return int(np.clip(-(-2 * field // 8) * 8, *plan.sizes))


def _labels(paths):
    """Return readable names: "stage4.1" for "features.stage4.1.change.expand.norm"."""
    short = [path.removeprefix("features.") for path in paths]
    shorter = [".".join(path.split(".")[:2]) for path in short]
    labels = shorter if len(set(shorter)) == len(paths) else short
    return [f"layer {label}" if label.isdecimal() else label for label in labels]


def _last_linear(model):
    return [name for name, module in model.named_modules() if isinstance(module, nn.Linear)][-1]


def _alive(model, paths, normalize, pixels):
    """Return, for each filter of each layer, whether any image activates it at any position."""
    best = {}
    images = torch.tensor(pixels).permute(0, 3, 1, 2).float() / 255
    with evaluating(model), torch.no_grad(), record_activations(model, paths) as outputs:
        for batch in images.split(16):
            model(normalize(batch))
            for path in paths:
                largest = outputs[path].amax(dim=(0, 2, 3))
                best[path] = torch.maximum(best.get(path, largest), largest)
    return {path: values > 0 for path, values in best.items()}


def _drawn(alive, count, number):
    """Draw filters at random from those that some image activates."""
    candidates = alive.nonzero().flatten().tolist()
    generator = np.random.default_rng((_SEED, number))
    chosen = generator.choice(candidates, min(count, len(candidates)), replace=False)
    return tuple(sorted(int(channel) for channel in chosen))


def _as_tiles(images):
    side = min(images.shape[2], _LARGEST_TILE)
    if side < images.shape[2]:
        images = nn.functional.interpolate(
            images, size=side, mode="bicubic", antialias=True, align_corners=False
        )
    return list((images.clamp(0, 1) * 255).round().byte().permute(0, 2, 3, 1).numpy())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="+", choices=list(PLANS))
    parser.add_argument("--root", default=FOLDER, help="folder for the results")
    parser.add_argument("--only", nargs="+", type=int, help="indices of the layers to record")
    options = parser.parse_args()
    for name in options.names:
        print(record(name, options.root, options.only))


if __name__ == "__main__":
    main()
