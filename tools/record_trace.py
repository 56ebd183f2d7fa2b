"""Trace what feeds a channel of EfficientNet-Lite0, level by level, and test it: takes minutes.

python tools/record_trace.py

The start is a channel that stands out at both eyes of scikit-image's photo of a cat. From there,
the largest contribution (weight times activation) leads to a channel of the previous blocks, and so
on. The trace ends at the first blocks, or at a channel that contributes only because it is silent.
"""

import argparse
import json
import os
from pathlib import Path

import numpy as np
import torch
from image_pool import image_pool
from inspected_layers import measured_field
from PIL import Image
from record_filters import SOURCES as FILTER_SOURCES
from record_filters import load_model
from torch import nn

from lecture_utils import datasets, pretrained
from lecture_utils._atomic import replaced
from lecture_utils._inspect import evaluating
from lecture_utils.interpretation import Priors, maximize_activation
from lecture_utils.interpretation.recordings import DEFAULT, FOLDER, TRACE
from lecture_utils.runs._environment import code_version, versions

NETWORK, START = "efficientnet_lite0", "stage6.1"
# Center and radius of the eyes in the photo as the network sees it, in pixels out of 224; marked
# manually.
EYES = ((82, 65, 30), (100, 192, 24))
#: Number of channels shown and ablated per level, and number of random sets to compare with.
SHOWN, ABLATED, DRAWS = 3, 5, 250
#: The smallest number of active inputs from which random sets are drawn.
LEAST_ACTIVE = 4 * ABLATED
#: Images of the test, without the photo of the cat: those with the highest activations.
TEST_IMAGES = 8
_TILE, _QUALITY, _STEPS, _RATE, _SEED = 96, 40, 64, 0.1, 0
SOURCES = (*FILTER_SOURCES, "../tools/record_trace.py")


class Blocks:
    """The inverted bottlenecks of a network, in order, with the linear steps between them."""

    def __init__(self, features: nn.Module):
        self.names, self.blocks = [], []
        for stage_name, stage in features.named_children():
            for number, block in enumerate(stage.children()):
                if hasattr(block, "change"):
                    self.names.append(f"{stage_name}.{number}")
                    self.blocks.append(block)

    def sources(self, name: str) -> list[str]:
        """Return the names of the blocks whose projections add up to the input of a block."""
        at = self.names.index(name) - 1
        sources = [self.names[at]]
        while self.blocks[at].adds_input:
            at -= 1
            sources.insert(0, self.names[at])
        return sources

    def __getitem__(self, name: str) -> nn.Module:
        return self.blocks[self.names.index(name)].change

    def direct_weights(self, source: str, target: str, channel: int) -> torch.Tensor:
        """Return how much each depthwise channel of a block adds to an expanded channel.

        There is no nonlinear function between them: projection, sum, expansion, normalization.
        """
        project, expand = self[source].project, self[target].expand
        rows = _scale(project.norm)[:, None] * project.conv.weight.flatten(1)
        own = _scale(expand.norm)[channel] * expand.conv.weight[channel].flatten()
        return own @ rows


def _scale(norm):
    return norm.weight / (norm.running_var + norm.eps).sqrt()


def outputs_of(blocks, model, images, names):
    """Return the outputs of the expansions (before their ReLU) and depthwise filters of blocks."""
    kept, hooks = {}, []
    for name in names:
        for part in ("expand.norm", "depthwise"):
            if hasattr(blocks[name], part.split(".")[0]):
                module = blocks[name].get_submodule(part)
                key = f"{name} {part.split('.')[0]}"
                hooks.append(module.register_forward_hook(_keeper(kept, key)))
    with torch.no_grad():
        model(images)
    for hook in hooks:
        hook.remove()
    return kept


def _keeper(kept, key):
    def keep(_, __, output):
        kept[key] = output.clone()

    return keep


def start_channel(maps):
    """Find the channel that stands out most at both eyes: (channel, the weaker eye, the rest)."""
    maps = maps[0].clamp(0, 6)  # the block's ReLU6
    side = maps.shape[1]
    step = 224 / side
    at = (torch.arange(side) + 0.5) * step
    rows, columns = torch.meshgrid(at, at, indexing="ij")
    at_eyes, elsewhere = [], torch.ones(side, side, dtype=torch.bool)
    for row, column, radius in EYES:
        distance = torch.maximum((rows - row).abs(), (columns - column).abs())
        at_eyes.append(maps[:, distance < max(0.75 * step, 0.7 * radius)].amax(dim=1))
        elsewhere &= distance >= radius + step
    weaker, rest = torch.stack(at_eyes).amin(dim=0), maps[:, elsewhere].amax(dim=1)
    channel = int((weaker - rest).argmax())
    return channel, float(weaker[channel]), float(rest[channel])


def trace(blocks, kept, start, channel):
    """Follow the largest contribution back, block by block.

    Returns
    -------
    list of dict
        From the start down: ``block``, ``channel``, ``activation`` at its position, ``bias`` (its
        value without any input), and ``inputs``: the channels that contribute most.
    """
    maps = kept[f"{start} expand"][0]
    position = divmod(int(maps[channel].argmax()), maps.shape[2])
    levels, block = [], start
    while True:
        activation = float(kept[f"{block} expand"][0][(channel, *position)])
        contributions = []
        for source in blocks.sources(block):
            values = kept[f"{source} depthwise"][0][(slice(None), *position)]
            own = blocks.direct_weights(source, block, channel) * values
            contributions += [(float(c), source, k) for k, c in enumerate(own)]
        contributions.sort(reverse=True)
        level = {
            "block": block, "channel": channel, "position": list(position),
            "activation": activation,
            "bias": activation - sum(c for c, _, _ in contributions),
            "positive": sum(c for c, _, _ in contributions if c > 0),
            "sources": blocks.sources(block), "candidates": len(contributions),
            "inputs": [
                {"block": b, "channel": k, "contribution": c}
                for c, b, k in contributions[: max(SHOWN, ABLATED)]
            ],
        }  # fmt: skip
        levels.append(level)
        _, block, channel = contributions[0]
        if not hasattr(blocks[block], "expand"):
            return levels
        position = _strongest_tap(
            blocks[block], kept[f"{block} expand"][0][channel], channel, position
        )
        if position is None:
            return levels


def _strongest_tap(block, expanded, channel, position):
    """Find the position in its window that contributes most to a depthwise filter.

    If none contributes, because the filter responds only to what it lacks, return None.
    """
    depthwise = block.depthwise
    padded = expanded.clamp(0, 6)[None, None]
    shift = depthwise.conv.padding[0]
    if hasattr(depthwise, "pad"):
        padded, before = depthwise.pad(padded), depthwise.pad(torch.ones_like(padded))
        first = before[0, 0].nonzero()[0]
        shift = int(first[0])
    else:
        padded = nn.functional.pad(padded, (shift,) * 4)
    stride, size = depthwise.conv.stride[0], depthwise.conv.kernel_size[0]
    top, left = (p * stride for p in position)
    window = padded[0, 0, top : top + size, left : left + size]
    kernel = _scale(depthwise.norm)[channel] * depthwise.conv.weight[channel, 0]
    if (kernel * window).max() <= 0:
        return None
    row, column = divmod(int((kernel * window).argmax()), size)
    side = expanded.shape[0]
    return tuple(min(max(p, 0), side - 1) for p in (top + row - shift, left + column - shift))


def strongest_images(blocks, model, levels, images):
    """Find the images that activate the channel of each level most.

    Returns
    -------
    list of (Tensor, Tensor, Tensor)
        Images, their largest activations, and the positions of these.
    """
    best = [[] for _ in levels]
    for batch in images.split(16):
        kept = outputs_of(blocks, model, batch, {level["block"] for level in levels})
        for level, maxima in zip(levels, best, strict=True):
            maps = kept[f"{level['block']} expand"][:, level["channel"]]
            maxima.append(torch.stack(maps.flatten(1).max(dim=1)))
    result = []
    for maxima in best:
        values, positions = torch.cat(maxima, dim=1)
        chosen = values.argsort(descending=True)[:TEST_IMAGES]
        result.append((images[chosen], values[chosen], positions[chosen].long()))
    return result


def mean_outputs(blocks, model, names, images):
    """Return the mean output of every depthwise filter of some blocks over images and positions."""
    total = {name: 0 for name in names}
    for batch in images.split(16):
        kept = outputs_of(blocks, model, batch, names)
        for name in names:
            total[name] += kept[f"{name} depthwise"].mean(dim=(2, 3)).sum(dim=0)
    return {name: value / len(images) for name, value in total.items()}


def test_level(blocks, model, level, strongest, means):
    """Ablate the traced inputs on other images, and `DRAWS` random sets of inputs.

    An ablated channel has its mean over all images everywhere: zero would also remove the constant
    that its normalization adds, which says nothing about the image.

    Returns
    -------
    dict
        The fraction of the activation that is lost: by the traced inputs, by each random set, and
        by each set of equally active inputs.
    """
    block, channel, sources = level["block"], level["channel"], level["sources"]
    images, before, position = strongest
    kept = outputs_of(blocks, model, images, sources)
    pool = [(source, k) for source in sources for k in range(len(kept[f"{source} depthwise"][0]))]
    activity = torch.cat([kept[f"{s} depthwise"].mean(dim=(0, 2, 3)) for s in sources])
    inputs = _input_of_first(blocks, model, images, sources[0])

    def lost(channels):
        hooks = [
            blocks[source].depthwise.register_forward_hook(
                _replacing([k for s, k in channels if s == source], means[source])
            )
            for source in {s for s, _ in channels}
        ]
        with torch.no_grad():
            values = inputs
            for name in blocks.names[blocks.names.index(sources[0]) : blocks.names.index(block)]:
                values = blocks.blocks[blocks.names.index(name)](values)
            after = blocks[block].expand.conv(values)
            after = blocks[block].expand.norm(after)[:, channel].flatten(1)
        for hook in hooks:
            hook.remove()
        after = after.gather(1, position[:, None])[:, 0]
        return float((before - after).sum() / before.sum())

    traced = [(each["block"], each["channel"]) for each in level["inputs"][:ABLATED]]
    generator = np.random.default_rng(_SEED)
    others = [i for i, pair in enumerate(pool) if pair not in traced]
    # The traced inputs are active ones: compare with the most active tenth as well.
    count = max(LEAST_ACTIVE, len(pool) // 10)
    active = sorted(others, key=lambda i: -float(activity[i]))[:count]
    nulls = {
        name: [
            lost([pool[i] for i in generator.choice(candidates, ABLATED, replace=False)])
            for _ in range(DRAWS)
        ]
        for name, candidates in (("random", others), ("active", active))
    }
    return {"images": len(images), "before": float(before.mean()), "traced": lost(traced), **nulls}


def _replacing(channels, means):
    def replace(_, __, output):
        output = output.clone()
        output[:, channels] = means[channels, None, None]
        return output

    return replace


def _input_of_first(blocks, model, images, name):
    kept = {}

    def keep(_, inputs):
        kept["input"] = inputs[0].clone()

    block = blocks.blocks[blocks.names.index(name)]
    hook = block.register_forward_pre_hook(keep)
    with torch.no_grad():
        model(images)
    hook.remove()
    return kept["input"]


def synthesized(model, normalize, wanted):
    """Return an image for the center neuron of each channel, bytes (N, side, side, 3)."""
    tiles = []
    for block, channel in wanted:
        path = f"features.{block}.change.expand.norm"
        size = int(np.clip(-(-2 * measured_field(model, path, 224) // 8) * 8, 32, 112))
        result = maximize_activation(
            model, path, channel, objective="neuron", priors=Priors(**DEFAULT), size=size,
            steps=_STEPS, learning_rate=_RATE, normalize=normalize, seed=_SEED,
        )  # fmt: skip
        pixels = (result.images[0] * 255).round().byte().permute(1, 2, 0).numpy()
        tiles.append(np.asarray(Image.fromarray(pixels).resize((_TILE, _TILE), Image.BICUBIC)))
    return np.stack(tiles)


def record(root: str | os.PathLike[str]) -> Path:
    """Trace, test, synthesize and write the result."""
    code, folder = code_version(SOURCES), Path(root) / TRACE
    model, normalize, weights, _ = load_model(NETWORK)
    model.requires_grad_(False)
    net = pretrained.load(NETWORK)
    blocks = Blocks(model.features)
    with evaluating(model):
        cat = normalize(net.crop(datasets.photo("cat")))
        kept = outputs_of(blocks, model, cat, blocks.names)
        channel, at_eyes, elsewhere = start_channel(kept[f"{START} expand"])
        levels = trace(blocks, kept, START, channel)
        pool = image_pool(224)
        others = [i for i, name in enumerate(pool.names) if not name.startswith("cat")]
        pixels = torch.tensor(pool.images[others]).permute(0, 3, 1, 2).float() / 255
        images = normalize(pixels)
        best = strongest_images(blocks, model, levels, images)
        sources = {source for level in levels for source in level["sources"]}
        means = mean_outputs(blocks, model, sources, images)
        for level, strongest in zip(levels, best, strict=True):
            level["test"] = test_level(blocks, model, level, strongest, means)
            print(level["block"], level["channel"], level["test"]["traced"], flush=True)
        wanted = [(START, channel)]
        for level in levels:
            wanted += [(each["block"], each["channel"]) for each in level["inputs"][:SHOWN]]
        shown = [pair for pair in wanted if hasattr(blocks[pair[0]], "expand")]
        tiles = synthesized(model, normalize, shown)
    card = {
        "network": NETWORK, "weights": weights, "levels": levels, "shown": shown,
        "start": {"at_eyes": at_eyes, "elsewhere": elsewhere}, "eyes": EYES,
        "seed": _SEED, "versions": versions(), "code": code,
    }  # fmt: skip
    with replaced(folder) as scratch:
        (scratch / "trace.json").write_text(json.dumps(card) + "\n", encoding="utf-8")
        strip = Image.fromarray(np.concatenate(list(tiles), axis=1))
        strip.save(scratch / "trace.avif", quality=_QUALITY, speed=6)
    return folder


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", default=FOLDER, help="folder for the result")
    print(record(parser.parse_args().root))


if __name__ == "__main__":
    main()
