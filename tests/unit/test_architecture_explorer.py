"""ArchitectureExplorer: what travels to the page is what `trace` found; nonsense is named."""

import gzip
import json
import re

import pytest
import traitlets
from torch import nn

from lecture_utils.architectures import load, trace
from lecture_utils.models import NETWORKS
from lecture_utils.widgets import ArchitectureExplorer


@pytest.fixture(scope="module")
def explorer():
    return ArchitectureExplorer()


def decode(row):
    """Read a block again, in the way of block.js."""
    row = [*row, *([], 0, 0, 0, 0, 0, 0, 0, [], [], 0)[len(row) :]]
    name, kind, label, shape, parameters, macs, memory, field, children, branches, training = row
    return {
        "block": (name, kind, label, tuple(shape or ()), parameters, macs, memory),
        "field": tuple(field or ()),
        "training": bool(training),
        "children": [decode(child) for child in children],
        "branches": [[decode(block) for block in branch] for branch in branches],
    }


def as_told(block):
    costs = (block.parameters, block.macs, block.memory)
    return {
        "block": (block.name, block.kind, block.label, block.shape or (), *costs),
        "field": block.receptive_field or (),
        "training": block.training_only,
        "children": [as_told(child) for child in block.children],
        "branches": [[as_told(inner) for inner in branch] for branch in block.branches],
    }


@pytest.mark.slow
def test_the_page_gets_the_whole_tree(explorer):
    for network in explorer.networks:
        assert decode(network["tree"]) == as_told(explorer.trees[network["name"]])


@pytest.mark.slow
def test_starts_with_vgg16_beside_resnet50(explorer):
    assert (explorer.left, explorer.right, explorer.cost) == ("vgg16", "resnet50", "parameters")
    assert explorer.trees["vgg16"].parameters == 138_357_544
    assert explorer.trees["inception_v3"].parameters == 27_161_264
    titles = [network["title"] for network in explorer.networks]
    assert titles[:4] == ["VGG16", "ResNet50", "Inception v3", "ResNet18"]


def test_the_first_branches_are_open(explorer):
    assert explorer.opened["inception_v3"] == ["Mixed_5b"]
    assert explorer.opened["cats-strong"] == ["7"]
    assert explorer.opened["vgg16"] == ["classifier"]
    assert ArchitectureExplorer("gap").opened == {"gap": []}
    for name, blocks in explorer.opened.items():
        assert all(explorer.trees[name].find(block).children for block in blocks)


def test_the_data_of_all_networks_is_small(explorer):
    assert len(explorer.networks) >= 5
    assert len(gzip.compress(json.dumps(explorer.networks).encode())) < 60_000


def test_own_networks_and_names():
    explorer = ArchitectureExplorer("gap", {"mine": (nn.Conv2d(1, 2, 3), 9)}, "strong")
    assert list(explorer.trees) == ["gap", "mine", "strong"]
    assert (explorer.left, explorer.right) == ("gap", "mine")
    assert explorer.trees["mine"].macs == 7 * 7 * 2 * 9
    assert [network["own"] for network in explorer.networks] == [False, True, False]
    assert explorer.trees["strong"] == trace(*load("strong")) and "strong" in NETWORKS
    assert ArchitectureExplorer("dense").right == "dense"


def test_the_figure_tells_the_numbers(explorer):
    page = explorer.figure_html()
    assert page.count("<table>") == 2 and "<script" not in page
    assert "VGG16 for an image of 3×224×224: 138,357,544 parameters" in page
    for name in ("vgg16", "resnet50"):
        for block in explorer.trees[name].children:
            row = re.search(rf'<tr><th scope="row">{block.name}\b.*?</tr>', page)[0]
            assert f"<td>{block.parameters:,}</td><td>{block.macs:,}</td>" in row


@pytest.mark.parametrize(
    ("networks", "settings", "message"),
    [
        (("alexnet9",), {}, "there is no network 'alexnet9'"),
        ((7,), {}, "7 is not a network"),
        (({},), {}, "is not a network"),
        (({"mine": nn.ReLU()},), {}, "'mine' is ReLU.*give \\(module, image_size\\)"),
        (("gap", "gap"), {}, "two networks called 'gap'"),
        (("gap",), {"left": "strong"}, "left is 'strong'; use one of gap"),
        (("gap",), {"cost": "time"}, "cost"),
        (("gap",), {"opened": {"strong": []}}, "opened names a network 'strong'"),
        (("gap",), {"opened": {"gap": ["layer9"]}}, "no block 'layer9'"),
    ],
)
def test_nonsense_is_named(networks, settings, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        ArchitectureExplorer(*networks, **settings)
