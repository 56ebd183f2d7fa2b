"""Heads on trained networks, freezing, learning rates: against torchvision's networks and steps by
hand.
"""

import copy
import pickle
import warnings

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from torch import nn
from torchvision import models

from lecture_utils import datasets, pretrained, transfer
from lecture_utils.profiling import training_memory
from lecture_utils.training import (
    BatchDataModule,
    Classifier,
    ImageDataModule,
    InMemoryDataset,
    evaluate,
    parameter_groups,
)


def built(name):
    """A network of torchvision's with random weights, as `pretrained.load` gives it."""
    options = {"init_weights": False} if name in ("vgg16", "inception_v3") else {}
    torch.manual_seed(0)
    return getattr(models, name)(weights=None, **options).eval()


@pytest.fixture(scope="module")
def resnet():
    return built("resnet18")


class RandomImages(BatchDataModule):
    """Two classes that differ in brightness."""

    def __init__(self, count=24, side=32, batch_size=8):
        super().__init__(batch_size=batch_size, eval_batch_size=8, seed=0)
        rng = np.random.default_rng(0)
        labels = np.arange(count) % 2
        images = rng.integers(0, 100, (count, 3, side, side)) + 100 * labels[:, None, None, None]
        self.train_set = InMemoryDataset(
            torch.from_numpy(images.astype(np.uint8)), torch.from_numpy(labels)
        )
        self.validation_set = self.test_set = self.train_set


def fit(model, data, epochs=1, **options):
    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=epochs,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )
    classifier = Classifier(model, **{"task": "binary", "learning_rate": 0.01, **options})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        trainer.fit(classifier, datamodule=data)
    return classifier


def statistics(model):
    return {name: value.clone() for name, value in model.named_buffers() if "running" in name}


def weights(model):
    return {name: value.detach().clone() for name, value in model.named_parameters()}


def changed(before, after):
    return {name for name in before if not torch.equal(before[name], after[name])}


# ---- the head, and the stages before it


@pytest.mark.slow
@pytest.mark.parametrize("name", ["resnet18", "resnet50", "vgg16", "inception_v3"])
def test_the_stages_of_torchvisions_networks_compute_what_their_last_layer_takes(name):
    network = built(name)
    if name == "inception_v3":
        network.transform_input = True
    last = network.classifier[-1] if name == "vgg16" else network.fc
    taken = []
    last.register_forward_hook(lambda layer, args, output: taken.append(args[0]))
    images = torch.rand(2, 3, 80, 96)
    normalize = models.ResNet18_Weights.DEFAULT.transforms()
    mean, std = (torch.tensor(v).view(3, 1, 1) for v in (normalize.mean, normalize.std))
    with torch.no_grad():
        network((images - mean) / std)
        model = transfer.attach_head(network, 5).eval()
        features = transfer.split(model)[0](images)
        assert torch.allclose(features, taken[0], atol=1e-5)
        assert model(images).shape == (2, 5)
        assert model.train()(images).shape == (2, 5)


def test_the_stages_of_efficientnet_lite_are_those_of_its_trained_network():
    net = pretrained.load("efficientnet_lite0")
    model = transfer.attach_head(net, 1000).eval()
    model.head.load_state_dict(net.model.classifier.state_dict())
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.allclose(model(images), net.model(net.normalize(images)), atol=1e-4)
    assert model.stages == ("stem", *(f"stage{i}" for i in range(1, 8)), "top", "pool", "head")


def test_the_lectures_counts(resnet):
    model = transfer.attach_head(resnet, 1)
    assert transfer.trainable_parameters(transfer.freeze(model)) == 512 + 1
    partial = transfer.trainable_parameters(transfer.freeze(model, until="layer4"))
    assert partial == sum(p.numel() for p in resnet.layer4.parameters()) + 513
    assert round(partial / 1e6, 1) == 8.4
    everything = transfer.trainable_parameters(transfer.freeze(model, until=None))
    assert everything == sum(p.numel() for p in resnet.parameters()) - 513 * 1000 + 513
    assert round(everything / 1e6, 1) == 11.2


@pytest.mark.parametrize("until", ["stem", "layer1", "layer3", "pool", "head"])
def test_both_parts_of_a_split_are_the_whole(resnet, until):
    model = transfer.attach_head(resnet, 3).eval()
    first, second = transfer.split(model, until)
    images = torch.rand(2, 3, 40, 40)
    with torch.no_grad():
        assert torch.equal(second(first(images)), model(images))
    assert {*first.state_dict(), *second.state_dict()} == {*model.state_dict()}
    assert second.head is model.head


def test_the_network_that_was_given_stays_as_it_is(resnet):
    before = copy.deepcopy(resnet.state_dict())
    fit(transfer.attach_head(resnet, 1), RandomImages())
    for name, value in resnet.state_dict().items():
        assert torch.equal(value, before[name])
    assert not resnet.training
    assert all(p.requires_grad for p in resnet.parameters())


def test_a_head_may_have_dropout(resnet):
    model = transfer.attach_head(resnet, 2, dropout=0.5)
    assert isinstance(model.head[0], nn.Dropout)
    groups = parameter_groups(model, 0.1, 0.1)
    assert sum(p.numel() for p in groups[1]["params"]) == 512 * 2 + 2


# ---- frozen


@pytest.mark.slow
def test_what_is_frozen_stays_as_it_came_in_training_with_lightning(resnet):
    model = transfer.freeze(transfer.attach_head(resnet, 1), until="layer4")
    weights_before, statistics_before = weights(model), statistics(model)
    fit(model, RandomImages(), epochs=2)
    moved = changed(weights_before, weights(model)) | changed(statistics_before, statistics(model))
    assert moved
    assert all(name.startswith(("layer4", "head")) for name in moved)
    assert any("running_mean" in name for name in moved)


def test_the_usual_way_to_freeze_lets_the_statistics_drift(resnet):
    """The mistake that `freeze` is there to prevent: gradients off, statistics on."""
    usual, ours = (transfer.attach_head(resnet, 1) for _ in range(2))
    for parameter in transfer.split(usual)[0].parameters():
        parameter.requires_grad = False
    transfer.freeze(ours)
    before = statistics(ours)
    for model in (usual, ours):
        model.train()
        model(torch.rand(4, 3, 32, 32))
    assert changed(before, statistics(usual)) == set(before)
    assert changed(before, statistics(ours)) == set()
    ours.eval()
    images = torch.rand(2, 3, 32, 32)
    expected = ours(images)
    assert torch.equal(ours.train()(images), expected)


def test_all_statistics_can_be_frozen_while_the_weights_are_trained(resnet):
    model = transfer.freeze(transfer.attach_head(resnet, 1), until=None, freeze_bn_stats=True)
    weights_before, statistics_before = weights(model), statistics(model)
    fit(model, RandomImages())
    assert changed(weights_before, weights(model)) >= {"stem.conv1.weight", "layer4.1.bn2.weight"}
    assert changed(statistics_before, statistics(model)) == set()


def test_freezing_again_frees_what_is_not_frozen_any_more(resnet):
    model = transfer.freeze(transfer.attach_head(resnet, 1))
    transfer.freeze(model, until="layer3")
    assert model.frozen_until == "layer3"
    before = statistics(model)
    model.train()(torch.rand(4, 3, 32, 32))
    moved = {name.partition(".")[0] for name in changed(before, statistics(model))}
    assert moved == {"layer3", "layer4"}
    transfer.freeze(model, until=None)
    assert model.frozen_until is None
    assert all(p.requires_grad for p in model.parameters())
    model.train()(torch.rand(4, 3, 32, 32))
    assert changed(before, statistics(model)) == set(before)


def test_layers_that_were_switched_off_by_hand_stay_so_when_they_are_freed(resnet):
    def modes(model):
        return {name: layer.training for name, layer in model.named_modules()}

    model = transfer.attach_head(resnet, 1)
    model.layer1.eval()
    before = modes(model)
    transfer.freeze(model, "layer3")
    assert not model.layer2[0].bn1.training
    # In between, other modes of the model and another stage.
    transfer.freeze(model.eval())
    for name, layer in model.named_modules():
        layer.training = before[name]
    for net in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        net(torch.rand(2, 3, 32, 32))
        assert not net.layer2[0].bn1.training
        transfer.freeze(net, None)
        assert modes(net) == before
    transfer.freeze(model, "layer1")
    assert {name for name, mode in modes(model).items() if mode != before[name]} == {"stem.bn1"}
    transfer.freeze(model, None)
    assert modes(model) == before


def test_freeing_follows_the_mode_of_the_model(resnet):
    model = transfer.freeze(transfer.attach_head(resnet, 1).eval(), "layer4")
    assert not any(layer.training for layer in transfer.freeze(model, None).modules())
    transfer.freeze(model, "layer4").train()
    assert all(layer.training for layer in transfer.freeze(model, None).modules())


def test_frozen_dropout_is_off():
    class Plain(models.VGG):
        pass

    features = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2))
    network = Plain(features, init_weights=False)
    network.classifier = nn.Sequential(nn.Linear(4 * 49, 6), nn.Dropout(0.9), nn.Linear(6, 2))
    network.__class__ = models.VGG
    model = transfer.attach_head(network, 2)
    images = torch.rand(3, 3, 16, 16)
    assert not torch.equal(model(images), model(images))
    transfer.freeze(model).train()
    assert torch.equal(model(images), model(images))


# ---- learning rates


def test_groups_are_the_lectures(resnet):
    model = transfer.attach_head(resnet, 1)
    backbone, head = parameter_groups(model, 0.01, 0.1)
    assert (backbone["lr"], head["lr"]) == (0.001, 0.01)
    assert {id(p) for p in head["params"]} == {id(p) for p in model.head.parameters()}
    ids = [id(p) for group in (backbone, head) for p in group["params"]]
    assert sorted(ids) == sorted(id(p) for p in model.parameters())
    transfer.freeze(model)
    (only,) = parameter_groups(model, 0.01, 0.1)
    assert only["lr"] == 0.01
    assert sum(p.numel() for p in only["params"]) == 513


@pytest.mark.slow
@pytest.mark.parametrize("schedule", ["constant", "cosine", "one-cycle"])
def test_the_backbone_takes_smaller_steps_throughout(resnet, schedule):
    model = transfer.attach_head(resnet, 1)
    seen = []

    class Watch(Classifier):
        def on_train_batch_end(self, *args):
            seen.append([group["lr"] for group in self.optimizers().param_groups])

    trainer = pl.Trainer(
        accelerator="cpu",
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
    )
    module = Watch(
        model, task="binary", schedule=schedule, learning_rate=0.01, backbone_lr_scale=0.05
    )
    trainer.fit(module, datamodule=RandomImages())
    assert len(seen) == 3
    for backbone, head in seen:
        assert backbone == pytest.approx(0.05 * head)


def test_a_first_step_of_sgd_moves_the_backbone_by_its_own_rate(resnet):
    model = transfer.freeze(transfer.attach_head(resnet, 1), None, freeze_bn_stats=True)
    reference = copy.deepcopy(model)
    data = RandomImages(count=8)
    classifier = fit(model, data, optimizer="sgd", learning_rate=0.1, backbone_lr_scale=0.01)
    images = data.train_set.inputs.float() / 255
    loss = nn.functional.binary_cross_entropy_with_logits(
        reference(images)[:, 0], data.train_set.labels.float()
    )
    loss.backward()
    for name, parameter in reference.named_parameters():
        rate = 0.1 if name.startswith("head") else 0.001
        # Nesterov's first step: gradient plus 0.9 times the momentum, which is the gradient.
        expected = parameter - rate * 1.9 * parameter.grad
        ours = dict(classifier.model.named_parameters())[name]
        assert torch.allclose(ours, expected, atol=1e-6), name


# ---- the frozen part computed once


@pytest.mark.slow
@pytest.mark.parametrize("until", ["head", "layer4"])
def test_training_on_embeddings_is_training_the_whole_network(resnet, until, tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    torch.manual_seed(1)
    whole = transfer.freeze(transfer.attach_head(resnet, 1), until, freeze_bn_stats=True)
    other = copy.deepcopy(whole)
    data = RandomImages()
    fit(whole, data, epochs=3)
    learns = transfer.split(other, until)[1]
    fit(learns, transfer.EmbeddedDataModule(data, other, until), epochs=3)
    for (name, ours), theirs in zip(other.named_parameters(), whole.parameters(), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-4), name


def test_images_that_change_cannot_be_embedded(resnet, tmp_path):
    data = ImageDataModule(tmp_path, augment=lambda images: images)
    with pytest.raises(ValueError, match="leave augment out"):
        transfer.EmbeddedDataModule(data, transfer.attach_head(resnet, 1))


# ---- a folder of one's own


@pytest.mark.slow
def test_five_kinds_of_pets_some_files_broken_go_three_ways(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    kinds = ("cat", "dog", "rabbit", "mouse", "bear")
    folder = datasets.drawn_pets((30, 5, 5), kinds=kinds).folder
    for broken in ("train/cats/cat.1.jpg", "train/bears/bear.2.jpg", "test/dogs/dog.1.jpg"):
        path = folder / broken
        path.write_bytes(path.read_bytes()[:500])
    (folder / "train/mice/mouse.1.jpg").write_bytes(b"")
    data = ImageDataModule(folder, 10, 64)
    with pytest.warns(UserWarning, match="3 images in .*train cannot be read"):
        data.setup("fit")
    net = pretrained.load("efficientnet_lite0")
    accuracy = {}
    for until in ("head", "stage7", None):
        torch.manual_seed(0)
        model = transfer.freeze(
            transfer.attach_head(net, len(data.class_names)), until, freeze_bn_stats=True
        )
        epochs, rate = 3, 1e-3
        rows = data
        if until == "head":
            epochs, rate = 10, 1e-2
            rows = transfer.EmbeddedDataModule(data, model)
            model = transfer.split(model)[1]
        classifier = fit(
            model, rows, epochs, task="multiclass", learning_rate=rate, backbone_lr_scale=0.3
        )
        accuracy[until] = evaluate(classifier.eval_model, rows.train_set)["accuracy"]
    assert len(data.train_set) == 27
    # Five kinds: chance is 0.2. They have learned what they were shown.
    assert min(accuracy.values()) > 0.5, accuracy


# ---- nonsense


def test_errors_name_the_remedy(resnet):
    with pytest.raises(ValueError, match="not to Linear"):
        transfer.attach_head(nn.Linear(1, 1), 2)
    with pytest.raises(ValueError, match="num_classes is 0"):
        transfer.attach_head(resnet, 0)
    with pytest.raises(ValueError, match="dropout is 1"):
        transfer.attach_head(resnet, 2, dropout=1)
    model = transfer.attach_head(resnet, 2)
    for call in (transfer.freeze, transfer.split):
        with pytest.raises(
            ValueError, match="until is 'layer5'; this model's stages are stem, layer1"
        ):
            call(model, "layer5")
    for call in (transfer.freeze, transfer.split):
        with pytest.raises(ValueError, match=r"a ResNet, .* attach_head\(model, num_classes\)"):
            call(resnet)
    for rate in ("0.1", float("inf"), float("nan"), True, None):
        with pytest.raises(ValueError, match=r"learning_rate is .*; give a finite number"):
            parameter_groups(model, rate)
        with pytest.raises(ValueError, match=r"backbone_lr_scale is .*; give a finite number"):
            parameter_groups(model, 0.1, rate)
    with pytest.raises(ValueError, match="backbone_lr_scale is 0"):
        parameter_groups(model, 0.1, 0)
    with pytest.raises(ValueError, match="learning_rate is -1"):
        parameter_groups(model, -1)
    with pytest.raises(ValueError, match="no child called 'head'"):
        parameter_groups(nn.Sequential(nn.Linear(1, 1)), 0.1, 0.1)
    with pytest.raises(ValueError, match="every parameter is frozen"):
        parameter_groups(model.requires_grad_(False), 0.1)
    with pytest.raises(ValueError, match="backbone_lr_scale is 0"):
        Classifier(nn.Linear(1, 1), backbone_lr_scale=0.0)


# ---- memory


def test_memory_is_the_sum_of_what_must_be_kept():
    # 8 images of 3 x 4 x 4: the convolution keeps its input, ReLU its output, the dense layer its
    # input.
    network = nn.Sequential(nn.Conv2d(3, 5, 1), nn.ReLU(), nn.Flatten(), nn.Linear(80, 2))
    parameters = 5 * 3 + 5 + 80 * 2 + 2
    kept = 3 * 16 + 5 * 16
    assert training_memory(network, (8, 3, 4, 4)) == 4 * (4 * parameters + 8 * kept)
    network[0].requires_grad_(False)
    frozen = 4 * (parameters + 3 * (80 * 2 + 2) + 8 * 5 * 16)
    assert training_memory(network, (8, 3, 4, 4)) == frozen
    with pytest.raises(ValueError, match="shape is"):
        training_memory(network, (3, 4, 4))


def test_the_more_is_frozen_the_less_memory_it_takes(resnet):
    model = transfer.attach_head(resnet, 1)
    needs = []
    for until in model.stages:
        transfer.freeze(model, until, freeze_bn_stats=True)
        needs.append(training_memory(model, (16, 3, 64, 64)))
    assert needs == sorted(needs, reverse=True)
