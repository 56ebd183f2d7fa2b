"""TransferExplorer in Python: counts are torch's, recorded runs come with their cards, nonsense is
named.
"""

import json
import shutil
from collections import OrderedDict

import numpy as np
import pytest
import torch
import traitlets
from torchvision.models import resnet18

from lecture_utils import runs as recorded
from lecture_utils.profiling import training_memory, with_zeros
from lecture_utils.statistics import wilson
from lecture_utils.transfer import attach_head, freeze
from lecture_utils.widgets import TransferExplorer
from lecture_utils.widgets.transfer_explorer.networks import describe, kept_for_backward

# The demo describes large networks, layer by layer.
pytestmark = pytest.mark.slow

COLUMNS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


def seed(accuracy=0.98, epochs=3, **more):
    return {
        **{column: [0.5] * epochs for column in COLUMNS},
        "test_accuracy": accuracy,
        "test_count": 1000,
        **more,
    }


def run(label="a", train_from="head", model="resnet18", pretrained=True, seeds=None, **more):
    """A recorded run; with the same small images everywhere, networks are described once."""
    return {
        "image_size": 64,
        "label": label,
        "model": model,
        "train_from": train_from,
        "pretrained": pretrained,
        "seeds": seeds or [seed()],
        **more,
    }


def test_the_lectures_counts():
    """One layer of 512 weights and a bias; "8.4 M"; "11.2 M"."""
    found = {
        train_from: TransferExplorer(run(), model="resnet18", train_from=train_from).trainable
        for train_from in ("head", "layer4", "stem")
    }
    assert found["head"] == 512 + 1
    assert [round(found[train_from] / 1e6, 1) for train_from in ("layer4", "stem")] == [8.4, 11.2]
    assert found["stem"] == sum(p.numel() for p in resnet18(num_classes=1).parameters())


def kept_for_real(model, count):
    """Return the bytes that a forward pass on the processor keeps for the backward pass."""
    storages = {}

    def keep(tensor):
        storage = tensor.untyped_storage()
        storages[storage.data_ptr()] = storage
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        model(torch.zeros(count, 3, 64, 64))
    return sum(storage.nbytes() for storage in storages.values())


@pytest.mark.parametrize("name", ["efficientnet_lite0", "resnet18"])
def test_every_boundary_counts_what_torch_would_train(name):
    from lecture_utils.architectures import load

    module = with_zeros(load(name)[0])
    described = describe(name, 64)
    names = [stage["name"] for stage in described["stages"]]
    for outputs in (1, 7):
        model = attach_head(module, outputs)
        every = sum(4 * tensor.numel() for tensor in (*model.parameters(), *model.buffers()))
        for stage in described["stages"]:
            if not stage["parameters"]:
                continue
            freeze(model, stage["name"], freeze_bn_stats=True).train()
            learns = sum(p.numel() for p in model.parameters() if p.requires_grad)
            demo = TransferExplorer(
                run(), model=name, train_from=stage["name"], outputs=outputs, image_size=64
            )
            assert demo.trainable == learns
            per_photo = kept_for_real(model, 3) - kept_for_real(model, 2)
            # With a gradient and Adam's two averages.
            assert demo.memory == every + 3 * 4 * learns + 32 * per_photo
        # The same without numbers takes ten times as long, so only at the last boundary.
        assert demo.memory == training_memory(model, (32, 3, 64, 64))
    assert names[-1] == "head" and described["ways"]["feature extraction"] == "head"
    kept = [stage["kept"] for stage in described["stages"]]
    assert kept == sorted(kept, reverse=True)
    # Of a photo, the head needs the features and nothing else.
    assert kept[-1] == 4 * described["features"]


def test_what_is_kept_is_what_a_real_backward_pass_needs():
    """On a processor, with numbers: a stack of layers whose saved tensors are known."""
    from torch import nn

    from lecture_utils.transfer import TransferNetwork

    layers = OrderedDict(
        stem=nn.Conv2d(3, 4, 3, padding=1, bias=False),
        relu=nn.ReLU(),
        pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
        head=nn.Linear(4, 1),
    )
    model = TransferNetwork(layers).to("meta")
    side = 8
    image, maps, pooled = (4 * n for n in (3 * side**2, 4 * side**2, 4))
    # The convolution needs its input, ReLU its output, the head its features.
    assert kept_for_backward(model, "stem", (3, side, side)) == image + maps + pooled
    assert kept_for_backward(model, "head", (3, side, side)) == pooled


def test_recorded_runs_come_with_their_cards():
    demo = TransferExplorer(
        {"from scratch": "cats-vs-dogs/from-scratch"}, "cats-vs-dogs/strong", image_size=64
    )
    assert [run["label"] for run in demo.runs] == ["from scratch", "cats vs dogs/strong"]
    for each, name in zip(demo.runs, ("from-scratch", "strong"), strict=True):
        saved = recorded.load(f"cats-vs-dogs/{name}")
        (seed,) = each["seeds"][:1]
        assert each["trainable"] == saved.card["parameters"] and not each["pretrained"]
        assert seed["test_accuracy"] == saved.card["metrics"]["test"]["accuracy"]
        assert seed["val_loss"] == saved.history["val_loss"]
    with pytest.raises(FileNotFoundError, match="record it with"):
        TransferExplorer("transfer/partial", root="nowhere")


def test_only_times_of_one_kind_of_machine_are_averaged(tmp_path):
    name = "cats-vs-dogs/from-scratch"
    machines = [("EPYC", "32-true"), ("EPYC", "32-true"), ("Xeon", "32-true"), ("EPYC", "16-mixed")]
    source = recorded.load(name).folder
    for number, (processor, precision) in enumerate(machines):
        folder = tmp_path / name / f"seed{number}"
        shutil.copytree(source, folder)
        card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
        card |= {"seed": number, "training_seconds": 100.0 + number}
        card["hardware"]["processor"] = processor
        card["trainer"]["precision"] = precision
        (folder / "card.json").write_text(json.dumps(card), encoding="utf-8")
    (found,) = TransferExplorer(name, root=tmp_path).runs
    assert [each["seconds"] for each in found["seeds"]] == [100.0, 101.0, None, None]


def test_images_are_as_large_as_those_of_the_runs_or_as_the_network_was_made_for():
    runs = run(), run("b"), run("c", image_size=96), run("d", image_size=None)
    sides = [
        TransferExplorer(*some, models=["resnet18"]).networks[0]["size"]
        for some in (runs[:2], runs[1:3], runs[3:])
    ]
    assert sides == [[3, 64, 64], [3, 224, 224], [3, 224, 224]]


def test_what_is_recorded_learned_as_many_parameters_as_the_demo_counts():
    demo = TransferExplorer(image_size=64)
    for each in demo.runs:
        if each["model"] in ("efficientnet_lite0", "resnet18"):
            demo.model, demo.train_from = each["model"], each["train_from"]
            assert demo.trainable == each["trainable"]


def test_own_networks_and_the_network_on_screen():
    demo = TransferExplorer(
        run(model="mine", train_from="layer4"),
        models=["efficientnet_lite0", {"mine": (resnet18(), (3, 64, 64))}],
    )
    assert demo.model == "efficientnet_lite0" and demo.train_from == "head"
    assert demo.networks[1]["own"] and not demo.networks[0]["own"]
    demo.train_from = "stage6"
    demo.model = "mine"
    assert demo.train_from == "head"  # there is no stage6
    demo.train_from = "layer4"
    assert demo.trainable == 8394241
    # The module is as it was.
    module = demo.networks[1]
    assert module["features"] == 512 and torch.is_tensor(next(resnet18().parameters()))


def test_what_the_page_keeps():
    demo = TransferExplorer(
        run("only <head>", seeds=[seed(0.985, seconds=30.0), seed(0.987, seconds=36.0)]),
        run("scratch", train_from=None, pretrained=False, seeds=[seed(0.8)]),
        model="resnet18",
    )
    text = demo.figure_html()
    low, high = wilson(986, 1000)
    for words in (
        "8,394,241",
        "11,177,025",
        "513",
        "only &lt;head&gt;",
        "98.6% (2 seeds)",
        "11.0 (processor time)",
    ):
        assert words in text
    assert f"{low:.1%} to {high:.1%}" in text and "not recorded" in text
    assert demo.ticked == ["scratch"] and demo.epoch == 3


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: TransferExplorer("mnist/none"), "there is no run 'mnist/none'"),
        (lambda: TransferExplorer(5), "5 is not a run"),
        (lambda: TransferExplorer({"label": "a", "pretrained": True}), "lacks"),
        (lambda: TransferExplorer({**run(), "speed": 3}), "speed"),
        (lambda: TransferExplorer(run(), run()), "two runs are called 'a'"),
        (lambda: TransferExplorer(run(train_from="stage6")), "can be trained from stem, layer1"),
        (
            lambda: TransferExplorer(run(seeds=[{**seed(), "val_loss": [np.nan] * 3}])),
            "val_loss is nan",
        ),
        (lambda: TransferExplorer(run(seeds=[{**seed(), "val_loss": [1.0]}])), "lengths"),
        (lambda: TransferExplorer(run(seeds=[seed(98.0)])), "test_accuracy is 98.0"),
        (lambda: TransferExplorer(run(seeds=[seed(seconds=-1)])), "seconds is -1"),
        (lambda: TransferExplorer(run(), models=[]), "models are"),
        (lambda: TransferExplorer(run(), models=[3]), "3 is not a network"),
        (lambda: TransferExplorer(run(), models=["resnet18"] * 2), "each once"),
        (lambda: TransferExplorer(run(), model="vgg16"), "no network 'vgg16'"),
        (lambda: TransferExplorer(run(), train_from="layer9"), "train_from is 'layer9'"),
        (
            lambda: TransferExplorer(run(), model="resnet18", train_from="pool"),
            "train_from is 'pool'",
        ),
        (lambda: TransferExplorer(run(), outputs=0), "outputs"),
    ],
)  # fmt: skip
def test_nonsense_is_named(make, words):
    with pytest.raises((ValueError, traitlets.TraitError), match=words):
        make()
