"""Networks taken apart: totals are torchvision's, fields are geometry's, branches are the network's
own.
"""

import numpy as np
import pytest
import torch
import torchvision
from torch import nn

from lecture_utils import models
from lecture_utils.architectures import available, depth, load, title, trace
from lecture_utils.architectures._wiring import chain
from lecture_utils.geometry import count_macs, count_parameters, receptive_field

NAMES = ("vgg16", "resnet18", "resnet50", "inception_v3", "efficientnet_b0", "densenet121")


@pytest.fixture(scope="module")
def trees():
    names = (*NAMES, *models.NETWORKS)
    return {name: trace(*load(name)) for name in names}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "parameters"),
    [("vgg16", 138_357_544), ("resnet50", 25_557_032), ("inception_v3", 27_161_264)],
)
def test_parameters_are_those_of_the_papers(trees, name, parameters):
    assert trees[name].parameters == parameters


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "layers"),
    [
        ("vgg16", 16),
        ("resnet18", 18),
        ("resnet50", 50),
        ("inception_v3", 48),
        ("densenet121", 121),
        ("plain-56", 56),
    ],
)
def test_layers_are_those_of_the_names(trees, name, layers):
    assert depth(trees[name]) == layers


def test_depth_counts_one_after_the_other_and_the_longer_branch(trees):
    block = trees["resnet50"].find("layer2.0")
    assert depth(block) == 3  # Its projection is beside the three.
    assert depth(block.find("layer2.0.bn1")) == 0
    aux = trees["inception_v3"].find("AuxLogits")
    assert depth(aux) == 0 and not depth(trees["vgg16"].find("avgpool, flatten"))


@pytest.mark.parametrize("name", NAMES)
def test_totals_are_torchvisions(trees, name):
    meta = torchvision.models.get_model_weights(name).DEFAULT.meta
    assert trees[name].parameters == meta["num_params"]
    assert trees[name].macs / 1e9 == pytest.approx(meta["_ops"], rel=0.01)


def test_our_own_networks_cost_what_geometry_counts(trees):
    for name in models.NETWORKS:
        module, shape = models.build(name), load(name)[1]
        assert trees[name].parameters == count_parameters(module)
        assert trees[name].macs == count_macs(module, shape)


def test_every_block_is_the_sum_of_its_parts(trees):
    for name in ("vgg16", "resnet50", "inception_v3", "densenet121", "efficientnet_b0"):
        for block in trees[name].walk():
            if not block.parts:
                continue
            run = [part for part in block.parts if not part.training_only or block.training_only]
            assert block.parameters == sum(part.parameters for part in block.parts), block.name
            assert block.macs == sum(part.macs for part in run), block.name
            assert block.memory == sum(part.memory for part in run), block.name


@pytest.mark.slow
@pytest.mark.parametrize(("name", "size"), [("resnet18", 64), ("inception_v3", 139)])
def test_shapes_are_those_that_hooks_see(name, size):
    module = load(name)[0].eval()
    shapes = {}

    def note(path):
        return lambda _, __, output: shapes.setdefault(path, set()).add(tuple(output.shape[1:]))

    hooks = [part.register_forward_hook(note(path)) for path, part in module.named_modules()]
    module(torch.zeros(1, 3, size, size, device="meta"))
    for hook in hooks:
        hook.remove()
    layers = [b for b in trace(module, size).layers() if b.name in shapes]
    assert len(layers) > 40
    assert all(block.shape in shapes[block.name] for block in layers)


def test_receptive_fields_are_geometrys(trees):
    for name in ("vgg16", "resnet50", "inception_v3"):
        fields = {f.name: f.size for f in receptive_field(load(name)[0].eval())}
        layers = [b for b in trees[name].layers() if b.name in fields and not b.training_only]
        assert len(layers) > 15
        for block in layers:
            assert block.receptive_field == fields[block.name], block.name
    assert trees["resnet50"].find("layer4").receptive_field == (427, 427)
    assert trees["resnet50"].receptive_field is None  # Global average pooling sees everything.


def test_the_shortcut_with_its_projection_is_a_branch(trees):
    first, second = (trees["resnet50"].find(f"layer2.{i}") for i in (0, 1))
    split, merge = first.children[0], first.children[1]
    assert split.kind == "parallel" and merge.label == "Add"
    change, shortcut = split.branches
    assert [b.label for b in change] == ["Conv 1×1", "Conv 3×3, stride 2", "Conv 1×1"]
    assert [b.label for b in shortcut] == ["Conv 1×1, stride 2"]
    assert shortcut[0].shape == change[-1].shape == (512, 28, 28)
    assert second.children[0].branches[1] == ()  # An identity: nothing is computed.


def test_inceptions_branches_are_the_modules(trees):
    block = trees["inception_v3"].find("Mixed_5b")
    assert [[b.label for b in branch] for branch in block.children[0].branches] == [
        ["Conv 1×1"],
        ["Conv 1×1", "Conv 5×5"],
        ["Conv 1×1", "Conv 3×3", "Conv 3×3"],
        ["Average pool 3×3, stride 1", "Conv 1×1"],
    ]
    inner = trees["inception_v3"].find("Mixed_7b").children[0].branches[1]
    assert [b.kind for b in inner] == ["BasicConv2d", "parallel", "cat"]
    assert [[b.label for b in way] for way in inner[1].branches] == [["Conv 1×3"], ["Conv 3×1"]]


def test_the_auxiliary_classifier_is_for_training_only(trees):
    tree = trees["inception_v3"]
    names = [block.name for block in tree.children]
    aux = tree.find("AuxLogits")
    assert aux.training_only and aux.parameters == 3_326_696 and aux.shape == (1000,)
    assert names.index("AuxLogits") == names.index("Mixed_6e") + 1
    assert tree.macs == sum(b.macs for b in tree.children if b is not aux)


def test_stages_end_with_a_pooling(trees):
    tree = trees["vgg16"]
    stages = [block for block in tree.children if block.kind == "stage"]
    assert [block.shape for block in stages] == [
        (64, 112, 112), (128, 56, 56), (256, 28, 28), (512, 14, 14), (512, 7, 7), (25088,)
    ]  # fmt: skip
    assert [len(block.children) for block in stages] == [3, 3, 4, 4, 4, 2]
    names = [b.name for b in trees["resnet50"].children]
    assert names == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]


def test_memory_counts_what_is_written():
    network = nn.Sequential(
        nn.Conv2d(1, 2, 3), nn.ReLU(), nn.ReLU(inplace=True), nn.Dropout(), nn.Flatten()
    )
    convolution, relu, in_place, dropout, flatten = trace(network, 5).layers()
    assert [convolution.memory, relu.memory] == [4 * 2 * 9] * 2
    assert [in_place.memory, dropout.memory, flatten.memory] == [0, 0, 0]


def test_a_network_stays_as_it_is():
    network = nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.Dropout()).train()
    network[1].eval()
    before = {name: t.clone() for name, t in network.state_dict().items()}
    trace(network, 6)
    assert [m.training for m in network] == [True, False, True]
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert not any(m._forward_hooks for m in network.modules())


class Undecided(nn.Module):
    """Looks at the numbers of an image, which torch.fx cannot trace."""

    def __init__(self):
        super().__init__()
        self.first, self.second = nn.Conv2d(3, 4, 3), nn.Sequential(nn.Conv2d(4, 2, 3), nn.ReLU())
        self.never = nn.Linear(2, 5)

    def forward(self, x):
        if x.shape[0] > 1 and x.sum() > 0:
            return x
        for _ in range(int(x.shape[0])):
            x = self.second(self.first(x))
        return x


def test_what_fx_cannot_follow_is_traced_by_hooks():
    tree = trace(Undecided(), 10)
    assert "torch.fx cannot trace" in tree.note
    assert [b.name for b in tree.children] == ["first", "second", "never"]
    assert tree.parameters == count_parameters(Undecided())
    assert tree.macs == count_macs(Undecided(), (3, 10, 10))
    assert tree.shape == (2, 6, 6) and tree.find("second.0").shape == (2, 6, 6)
    assert tree.find("never").training_only


def test_shared_parameters_count_once():
    shared = nn.Conv2d(2, 2, 1)
    tree = trace(nn.Sequential(shared, nn.ReLU(), shared), 3)
    assert tree.parameters == count_parameters(shared)
    assert tree.macs == 2 * 4 * 9


def test_random_series_parallel_graphs_are_found_again():
    rng = np.random.default_rng(5)

    def build(depth):
        """Make a chain of steps and branches; no two of its branches are shortcuts."""
        links = []
        for _ in range(rng.integers(1, 4)):
            if depth and rng.random() < 0.5 and (not links or isinstance(links[-1], str)):
                ways = [build(depth - 1) for _ in range(rng.integers(1, 4))]
                links.append(ways + ([[]] if len(ways) == 1 or rng.random() < 0.3 else []))
            links.append("step")
        return links

    def wire(links, before, edges, counter):
        """Number the steps, collect the edges; return the chain in numbers and its loose ends."""
        numbered = []
        for link in links:
            if link == "step":
                counter[0] += 1
                edges |= {(end, counter[0]) for end in before}
                before = {counter[0]}
                numbered.append(counter[0])
            else:
                ways = [wire(way, before, edges, counter) for way in link]
                before = set().union(*(ends for _, ends in ways))
                numbered.append([way for way, _ in ways])
        return numbered, before

    for _ in range(200):
        edges, counter = set(), [0]
        numbered, ends = wire(build(2), {0}, edges, counter)
        n = counter[0]
        edges |= {(end, n + 1) for end in ends}
        assert chain(list(range(1, n + 1)), edges, 0, n + 1) == numbered


def test_dense_wiring_stays_a_list():
    edges = {(0, 1), (0, 2), (1, 2), (1, 3), (2, 4), (3, 4), (0, 3), (2, 3)}
    assert chain([1, 2, 3], edges, 0, 4) == [1, 2, 3]


@pytest.mark.parametrize(
    ("module", "size", "message"),
    [
        (7, 10, "model is 7"),
        (nn.Conv2d(3, 4, 3), 0, "image_size is 0"),
        (nn.Conv2d(3, 4, 3), (1, 2, 3, 4), "image_size is"),
        (nn.Conv2d(3, 4, 3), 2.5, "image_size is 2.5"),
        (nn.Conv2d(3, 4, 3), 2, r"does not accept an image of \(3, 2, 2\)"),
        (nn.Conv2d(3, 4, 3), (1, 9, 9), r"does not accept an image of \(1, 9, 9\)"),
        (nn.Linear(4, 2), 5, "has no convolution"),
        (nn.Identity(), (1, 2, 2), None),
    ],
)
def test_nonsense_is_named(module, size, message):
    if message is None:
        assert trace(module, size).parameters == 0
        return
    with pytest.raises(ValueError, match=message):
        trace(module, size)


def test_efficientnet_lite0():
    # Tan and Le's Lite0 has 4.65 million parameters.
    assert trace(*load("efficientnet_lite0")).parameters == 4_652_008


def test_names():
    assert {"vgg16", "strong"} <= set(available())
    assert title("resnet50") == "ResNet50" and title("mine") == "mine"
    assert load("regnet_y_400mf")[1] == (3, 224, 224)
    with pytest.raises(ValueError, match="there is no network 'alexnet2'"):
        load("alexnet2")
    with pytest.raises(ValueError, match="the first level has 'stem', 'layer1'"):
        trace(*load("resnet18")).find("layer9")
