"""Models and data of one's own: they train as they do outside, or the error says what to change.

The expected values come from plain loops in PyTorch and from scikit-learn.
"""

import copy
import math
import multiprocessing
import pickle
import warnings
from collections import OrderedDict, namedtuple
from fractions import Fraction

import numpy as np
import pytest
import pytorch_lightning as pl
import torch
from sklearn import metrics
from torch import nn
from torch.utils.data import (
    BatchSampler,
    ConcatDataset,
    DataLoader,
    IterableDataset,
    Subset,
    TensorDataset,
    random_split,
)
from torchvision.models import VisionTransformer
from torchvision.models.inception import InceptionOutputs

from lecture_utils import training, transfer
from lecture_utils._validation.batches import as_labels
from lecture_utils._validation.pixels import check_pixels
from lecture_utils.interpretation import grad_cam, occlusion
from lecture_utils.training import (
    BatchDataModule,
    Classifier,
    ImageDataModule,
    InMemoryDataModule,
    InMemoryDataset,
    evaluate,
)
from lecture_utils.training._forward import apply_model

SIDE, CLASSES = 8, 3


class ViewNet(nn.Module):
    """A LeNet as tutorials write it: a view after the convolution."""

    def __init__(self, classes=CLASSES, channels=3, dropout=0.0):
        super().__init__()
        self.conv = nn.Conv2d(channels, 4, 3, padding=1)
        self.norm = nn.BatchNorm2d(4)
        self.dropout = nn.Dropout(dropout)
        self.fc = nn.Linear(4 * SIDE * SIDE, classes)

    def forward(self, x):
        x = self.dropout(torch.relu(self.norm(self.conv(x))))
        return self.fc(x.view(x.size(0), -1))


def seeded(make, *args, **options):
    torch.manual_seed(0)
    return make(*args, **options)


def make_images(count=12, channels=3, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.randint(
        0, 256, (count, channels, SIDE, SIDE), dtype=torch.uint8, generator=generator
    )


def labels_for(count=12, classes=CLASSES):
    return torch.arange(count) % classes


class OwnData(BatchDataModule):
    """Images of one's own as a data module."""

    def __init__(self, images=None, labels=None, batch_size=12, **options):
        super().__init__(batch_size=batch_size, eval_batch_size=5, seed=0, **options)
        self.images = make_images() if images is None else images
        self.labels = labels_for(len(self.images)) if labels is None else labels

    def setup(self, stage=None):
        data = InMemoryDataset(self.images, self.labels)
        self.train_set = self.validation_set = self.test_set = data


def trainer(**options):
    settings = {"accelerator": "cpu", "max_epochs": 1, "num_sanity_val_steps": 0}
    quiet = ("logger", "enable_checkpointing", "enable_progress_bar", "enable_model_summary")
    return pl.Trainer(**{**settings, **dict.fromkeys(quiet, False), **options})


def plain_sgd(model, images, labels, steps, rate=0.1):
    """Train on all images at once, without anything of the book's."""
    optimizer = torch.optim.SGD(model.parameters(), rate, momentum=0.9, nesterov=True)
    for _ in range(steps):
        loss = nn.functional.cross_entropy(model.train()(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def assert_same_weights(ours, theirs, atol=2e-5):
    for (name, a), b in zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True):
        torch.testing.assert_close(
            a, b, atol=atol, rtol=1e-4, msg=lambda text, n=name: f"{n}: {text}"
        )


# Memory format


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("kind", ["bytes", "floats", "channels last", "doubles"])
def test_a_model_with_a_view_trains_as_in_a_plain_loop(kind, channels):
    images = make_images(channels=channels)
    model = seeded(ViewNet, channels=channels)
    plain = plain_sgd(copy.deepcopy(model), images / 255, labels_for(), 3)
    given = {
        "bytes": images,
        "floats": images / 255,
        "channels last": images.contiguous(memory_format=torch.channels_last),
        "doubles": (images / 255).double(),
    }[kind]
    data = OwnData(given)
    trainer(max_epochs=3).fit(Classifier(model, optimizer="sgd", learning_rate=0.1), data)
    assert_same_weights(model, plain)
    scores = evaluate(model, data.test_set)
    logits = plain.eval()(images / 255).detach()
    assert scores["accuracy"] == metrics.accuracy_score(labels_for(), logits.argmax(1))
    expected = metrics.log_loss(labels_for(), logits.double().softmax(1))
    assert scores["loss"] == pytest.approx(expected, rel=1e-3)
    torch.testing.assert_close(
        transfer.run_in_batches(model, given, 5), logits, atol=1e-4, rtol=1e-3
    )
    # After training, its owner may look at the weights in the same way.
    model.conv.weight.view(4, -1)


def test_the_averaged_weights_of_a_model_with_a_view():
    model, data = seeded(ViewNet), OwnData(batch_size=6)
    plain = copy.deepcopy(model)
    trainer(max_epochs=2).fit(classifier := Classifier(model, ema_decay=0.5), data)
    logits = classifier.eval_model.eval()(make_images() / 255)
    assert not torch.equal(classifier.eval_model.fc.weight, plain.fc.weight)
    expected = nn.functional.cross_entropy(logits, labels_for()).item()
    assert evaluate(classifier.eval_model, data.test_set)["loss"] == pytest.approx(
        expected, rel=1e-4
    )


def test_layers_that_find_their_sizes_in_the_first_forward_pass():
    lazy = nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(3))
    assert evaluate(lazy, InMemoryDataset(make_images(), labels_for()))["loss"] > 0


def test_a_failed_attempt_leaves_statistics_and_random_numbers_as_they_were():
    model, images = seeded(ViewNet, dropout=0.5), make_images() / 255
    reference = copy.deepcopy(model)
    torch.manual_seed(7)
    expected = reference(images)
    torch.manual_seed(7)
    torch.testing.assert_close(apply_model(model, images), expected)
    assert_same_weights(model, reference)
    assert model.norm.num_batches_tracked == 1


def test_an_evaluation_leaves_weights_that_can_be_trained():
    model = seeded(ViewNet).to(memory_format=torch.channels_last)
    data = OwnData()
    data.setup()
    evaluate(model, data.test_set)
    trainer().test(Classifier(model), data, verbose=False)
    assert not any(p.is_inference() for p in model.parameters())
    trainer().fit(Classifier(model), data)


def test_layers_that_work_in_place_do_not_spoil_the_second_attempt():
    model = nn.Sequential(nn.Threshold(0.5, 9.0, inplace=True), seeded(ViewNet)).eval()
    images = make_images() / 255
    expected = model(images.clone())
    torch.testing.assert_close(apply_model(model, images.clone()), expected)


def test_a_model_that_can_work_with_the_channels_last_does():
    seen = []

    class Watching(nn.Conv2d):
        def forward(self, x):
            seen.append(x.is_contiguous(memory_format=torch.channels_last))
            return super().forward(x)

    model = nn.Sequential(Watching(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(4, 3))
    trainer().fit(Classifier(model), OwnData())
    assert seen and all(seen)


def test_batches_of_a_data_module_suit_any_lightning_module():
    class Own(pl.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = ViewNet(channels=1)

        def training_step(self, batch, _):
            return nn.functional.cross_entropy(self.model(batch[0]), batch[1])

        def configure_optimizers(self):
            return torch.optim.SGD(self.parameters(), 0.1)

    data = OwnData(make_images(channels=1), augment=lambda images: images.flip(3))
    trainer(limit_val_batches=0).fit(Own(), data)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_a_permuted_or_reshaped_feature_map_means_the_same(layout):
    class Reshapes(ViewNet):
        def forward(self, x):
            x = self.norm(self.conv(x)).permute(0, 2, 3, 1)
            return self.fc(x.reshape(len(x), -1))

    model = seeded(Reshapes).eval().to(memory_format=layout)
    expected = model(make_images() / 255)
    torch.testing.assert_close(apply_model(model, make_images()), expected, atol=1e-5, rtol=1e-5)


class ChecksLayout(ViewNet):
    """Fails on a map with the channels last: at once, or from some batch on."""

    error, fine = AssertionError, 0

    def forward(self, x):
        x = torch.relu(self.norm(self.conv(x)))
        self.fine -= 1
        if self.fine < 0 and not x.is_contiguous():
            raise self.error("the layout")
        return self.fc(x.reshape(len(x), -1))


class LaysTheChannelsFirst(ChecksLayout):
    error = type("OwnError", (Exception,), {})


@pytest.mark.parametrize("fine", [0, 3])
@pytest.mark.parametrize(
    "error", [AssertionError, ValueError, TypeError, LaysTheChannelsFirst.error]
)
def test_a_model_that_fails_with_the_channels_last_trains_whatever_it_raises(error, fine):
    model = seeded(ChecksLayout)
    plain = plain_sgd(copy.deepcopy(model), make_images() / 255, labels_for(), 3)
    model.error, model.fine = error, fine
    data = OwnData()
    data.setup()
    evaluate(model, data.test_set)  # where it may still work
    trainer(max_epochs=3).fit(Classifier(model, optimizer="sgd", learning_rate=0.1), data)
    assert_same_weights(model, plain)


@pytest.mark.parametrize("call", [torch.as_strided, torch.Tensor.as_strided])
def test_a_model_that_reads_memory_by_its_strides_trains_as_in_a_plain_loop(call):
    class Strided(ViewNet):
        def forward(self, x):
            x = torch.relu(self.norm(self.conv(x)))
            return self.fc(call(x, (len(x), 4 * SIDE**2), (4 * SIDE**2, 1)))

    model = seeded(Strided)
    plain = plain_sgd(copy.deepcopy(model), make_images() / 255, labels_for(), 3)
    trainer(max_epochs=3).fit(Classifier(model, optimizer="sgd", learning_rate=0.1), OwnData())
    assert_same_weights(model, plain)


def test_an_error_that_has_nothing_to_do_with_the_layout_is_the_models_own():
    class Misspelled(ViewNet):
        def forward(self, x):
            return self.cnov(x)

    class Full(ViewNet):
        error = MemoryError

        def forward(self, x):
            raise self.error("can't allocate memory: 9 bytes")

    images = make_images() / 255
    with pytest.raises(AttributeError, match="has no attribute 'cnov'"):
        apply_model(Misspelled(), images)
    for error in (MemoryError, RuntimeError, torch.OutOfMemoryError, KeyboardInterrupt):
        Full.error = error
        with pytest.raises(error):
            apply_model(Full(), images)
        with pytest.raises(error):
            apply_model(Full(), images[:, 0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_weights_are_laid_out_as_before_after_an_error(error):
    class Stop(pl.Callback):
        def on_train_batch_end(self, *_):
            assert not model[0].weight.is_contiguous()  # as convolutions are fastest
            raise error

    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten())
    with pytest.raises((error, SystemExit)):
        trainer(callbacks=[Stop()]).fit(Classifier(model), OwnData())
    assert model[0].weight.is_contiguous()


# Labels, images and logits


@pytest.mark.parametrize("task", training.TASKS)
@pytest.mark.parametrize("shape", [(12,), (12, 1)])
@pytest.mark.parametrize("dtype", [torch.int32, torch.uint8, torch.float64])
def test_labels_of_any_type_and_as_a_column(task, shape, dtype):
    labels = labels_for(classes=2)
    model = seeded(ViewNet, 1 if task == "binary" else 2).eval()
    logits = model(make_images() / 255).detach().double()
    positive = logits[:, 0].sigmoid() if task == "binary" else logits.softmax(1)[:, 1]
    given = labels.reshape(shape).to(dtype)
    scores = evaluate(model, InMemoryDataset(make_images(), given), task=task)
    assert scores["loss"] == pytest.approx(metrics.log_loss(labels, positive), rel=1e-4)
    assert scores["errors"] == (1 - metrics.accuracy_score(labels, positive > 0.5)) * 12
    loader = DataLoader(TensorDataset(make_images(), given), 12)
    classifier = Classifier(seeded(ViewNet, 1 if task == "binary" else 2), task=task, mixup=0.4)
    run = trainer()
    run.fit(classifier, loader, loader)
    assert 0 <= run.callback_metrics["val_accuracy"] <= 1
    assert 0 < run.callback_metrics["train_loss"] < 20


def test_all_correct_is_an_accuracy_of_1():
    class Knows(nn.Module):
        def forward(self, x):
            return 20 * x.flatten(1)[:, :1] - 10

    images = torch.tensor([0.0, 1, 0, 1, 1, 0]).reshape(6, 1, 1, 1)
    scores = evaluate(Knows(), InMemoryDataset(images, images.reshape(6, 1)), task="binary")
    assert scores["accuracy"] == 1 and scores["errors"] == 0


BAD_LABELS = {
    "beyond the classes": (
        labels_for(classes=4),
        "one of the labels is 3, but there are 3 classes",
    ),
    "negative": (labels_for() - 1, "one of the labels is -1; class indices start at 0"),
    "one-hot": (nn.functional.one_hot(labels_for()), r"labels have shape \(12, 3\).*argmax"),
    "halves": (labels_for() / 2, "one of the labels is 0.5"),
    "NaN": (torch.full((12,), math.nan), "one of the labels is nan"),
    "complex": (labels_for() * 1j, "labels are torch.complex64"),
    "too few": (labels_for(11), "12 (images|inputs) but 11 labels"),
}


@pytest.mark.parametrize("case", BAD_LABELS)
@pytest.mark.parametrize("options", [{}, {"mixup": 0.5}, {"label_smoothing": 0.1}])
def test_labels_that_make_no_sense(case, options):
    labels, message = BAD_LABELS[case]
    with pytest.raises(ValueError, match=message):
        evaluate(ViewNet(), InMemoryDataset(make_images(), labels))
    with pytest.raises(ValueError, match=message):
        training.classification_loss(
            torch.zeros(12, 3), labels
        ) if case != "too few" else as_labels(labels, 12)
    classifier = Classifier(ViewNet(), **options)
    classifier.trainer = trainer()
    for step in (classifier.training_step, classifier.validation_step, classifier.test_step):
        with pytest.raises(ValueError, match=message):
            step((make_images() / 255, labels), 0)


def test_a_third_class_in_a_binary_task():
    for function in (
        lambda: training.classification_loss(torch.zeros(3), [0, 1, 2], "binary"),
        lambda: evaluate(ViewNet(1), InMemoryDataset(make_images(), labels_for()), task="binary"),
        lambda: trainer().fit(Classifier(ViewNet(1), task="binary"), OwnData()),
    ):
        with pytest.raises(ValueError, match="one of the labels is 2, but there are 2 classes"):
            function()


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (make_images(channels=4), r"expects 3 channels; images\[:, :3\]"),
        (
            make_images().permute(0, 2, 3, 1),
            r"channels come last; use images.permute\(0, 3, 1, 2\)",
        ),
        (make_images(channels=1), "first convolution expects 3 channels"),
        (make_images()[:, :, :6], r"does not accept images of shape \(\d+, 3, 6, 8\)"),
    ],
)
def test_images_that_the_model_does_not_take(images, message):
    data = OwnData(images)
    data.setup()
    with pytest.raises(ValueError, match=message):
        evaluate(ViewNet(), data.test_set)
    with pytest.raises(ValueError, match=message):
        trainer().fit(Classifier(ViewNet()), data)
    with pytest.raises(ValueError, match=message):
        transfer.run_in_batches(ViewNet(), images)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (
            make_images().permute(0, 2, 3, 1),
            r"channels come last; use images.permute\(0, 3, 1, 2\)",
        ),
        (make_images(channels=4).numpy() / 255, r"expects 3 channels; images\[:, :3\]"),
        (make_images()[0], r"data have shape \(3, 8, 8\)"),
        (make_images(0), r"data have shape \(0, 3, 8, 8\)"),
        (make_images() > 9, "data are torch.bool"),
    ],
)
def test_images_that_an_embedding_does_not_take(images, message):
    with pytest.raises(ValueError, match=message):
        transfer.embed(network(), images, cache=False)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (make_images().int(), "inputs are torch.int32; convert them to bytes"),
        (make_images() > 3, "inputs are torch.bool"),
        (np.zeros((12, 3, 8, 8), np.uint16), "inputs are torch.uint16"),
        (["a"] * 12, r"inputs are a list of 12 \(str, such as 'a'\); pass a tensor"),
        ("cat.jpg", "inputs are a str, 'cat.jpg'; pass"),
        (
            [[1.0, 2.0], [3.0]],
            r"list of 2 items of different shapes \(shape \(2,\) and .* \(1,\)\)",
        ),
        ([torch.zeros(3, 8, 8), torch.zeros(3, 8, 9)], r"\(3, 8, 8\) and shape \(3, 8, 9\)"),
        (torch.zeros(12), r"inputs have shape \(12,\)"),
    ],
)
def test_inputs_that_are_no_images(images, message):
    with pytest.raises(ValueError, match=message):
        InMemoryDataset(images, labels_for())


@pytest.mark.parametrize("dtype", ["u1", "f2", "f4", "f8", ">f4"])
def test_arrays_are_as_good_as_tensors(dtype):
    images = make_images().numpy()[::-1] if dtype == "u1" else (make_images() / 255).numpy()[::-1]
    labels = labels_for().numpy()[::-1]
    data = InMemoryDataset(images.astype(dtype)[::1], labels)
    model = seeded(ViewNet).eval()
    expected = model((make_images() / 255).flip(0)).detach()
    scores = evaluate(model, data)
    assert scores["accuracy"] == metrics.accuracy_score(labels, expected.argmax(1))
    assert scores["loss"] == pytest.approx(metrics.log_loss(labels, expected.softmax(1)), rel=5e-3)


def test_features_of_another_model_can_be_trained_on():
    features = nn.Linear(5, 4)(torch.rand(12, 5))  # with the graph that computed them
    data = InMemoryDataset(features, labels_for())
    loader = DataLoader(data, 4)
    trainer(max_epochs=2).fit(Classifier(nn.Linear(4, 3)), loader, loader)


class Puts(nn.Module):
    """Puts out what a function makes of the right logits."""

    def __init__(self, change, classes=CLASSES):
        super().__init__()
        self.change, self.model = change, ViewNet(classes)

    def forward(self, x):
        return self.change(self.model(x))


Outputs = namedtuple("Outputs", "logits aux_logits")
OUTPUTS = {
    "4-D": (lambda x: x[..., None, None], r"\(\d+, 3, 1, 1\).*nn.Flatten"),
    "maps": (lambda x: x[..., None, None].repeat(1, 1, 2, 2), r"pool or flatten"),
    "a tuple": (lambda x: (x, x), r"returns a tuple of 2 \(torch.float32\); wrap it"),
    "named": (lambda x: Outputs(x, x), "returns a Outputs with 'logits', 'aux_logits'"),
    "a dict": (lambda x: {"logits": x}, "returns a dict with 'logits'"),
    "ordered": (lambda x: OrderedDict(out=x), "returns a OrderedDict with 'out'"),
    "classes": (lambda x: x.argmax(1), "the logits are torch.int64"),
    "transposed": (lambda x: x.T, r"the batch has \d+ images"),
    "one": (lambda x: x[:, :1], 'use task="binary"'),
}


@pytest.mark.parametrize("case", OUTPUTS)
def test_outputs_that_are_no_logits(case):
    change, message = OUTPUTS[case]
    data = OwnData()
    data.setup()
    with pytest.raises(ValueError, match=message):
        evaluate(Puts(change), data.test_set)
    with pytest.raises(ValueError, match=message):
        trainer().fit(Classifier(Puts(change)), data)


def test_gray_images_without_their_channel():
    gray = ViewNet(channels=1)
    with pytest.raises(ValueError, match=r"images\[:, None\] adds the channel"):
        evaluate(gray, InMemoryDataset(make_images()[:, 0], labels_for()))


def test_two_logits_in_a_binary_task():
    with pytest.raises(ValueError, match='more than one logit per image use task="multiclass"'):
        training.predicted_classes(torch.zeros(4, 2), "binary")


def test_inception_in_training_mode():
    outputs = InceptionOutputs(torch.zeros(2, 3), torch.zeros(2, 3))
    with pytest.raises(ValueError, match="InceptionOutputs with 'logits', 'aux_logits'"):
        training.classification_loss(outputs, [0, 1])


def test_nothing_to_train_on():
    with pytest.raises(ValueError, match="train_set is empty"):
        trainer().fit(Classifier(ViewNet()), OwnData(make_images(0)))
    assert "__old__init__" not in vars(DataLoader)  # which Lightning replaces for a while
    with pytest.raises(ValueError, match="the batch is empty"):
        training.classification_loss(torch.zeros(0, 3), [])
    classifier = Classifier(ViewNet())
    with pytest.raises(ValueError, match="a batch is empty"):
        classifier.training_step((torch.zeros(0, 3, 8, 8), torch.zeros(0)), 0)
    with pytest.raises(ValueError, match="there are no images"):
        transfer.run_in_batches(ViewNet(), make_images(0))
    with pytest.raises(ValueError, match="a batch is a dict; the loader must return pairs"):
        classifier.training_step({"image": make_images()}, 0)
    with pytest.raises(TypeError, match=r"dataset is a TensorDataset; pass an InMemoryDataset"):
        evaluate(ViewNet(), TensorDataset(make_images(), labels_for()))


def test_nan_in_the_images_is_told_from_a_learning_rate_that_is_too_high():
    images = make_images() / 255
    images[3, 0, 0, 0] = math.nan
    with pytest.raises(ValueError, match="an image has values that are not finite"):
        trainer().fit(Classifier(ViewNet()), OwnData(images))


@pytest.mark.parametrize("seed", range(5))
def test_losses_and_predictions_of_random_logits_are_those_of_scikit_learn(seed):
    random = np.random.default_rng(seed)
    count, classes = random.integers(1, 40), random.integers(2, 9)
    logits = torch.from_numpy(random.normal(0, 3, (count, classes)))
    labels = random.integers(0, classes, (count, 1))
    for dtype, tolerance in ((torch.float64, 1e-12), (torch.float32, 1e-5), (torch.float16, 1e-2)):
        loss = training.classification_loss(logits.to(dtype), labels)
        p = logits.to(dtype).double().softmax(1).numpy()
        expected = metrics.log_loss(labels[:, 0], p, labels=list(range(classes)))
        assert loss.item() == pytest.approx(expected, rel=tolerance)
    assert training.predicted_classes(logits).tolist() == logits.numpy().argmax(1).tolist()


# Logits for one image


@pytest.mark.parametrize("class_index", [None, 3, [3]])
def test_a_squeezed_output_for_one_image_is_one_image(class_index):
    torch.manual_seed(1)
    body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 5))
    squeezing = Puts(torch.squeeze)
    squeezing.model = body
    image = torch.rand(1, 1, 8, 8)
    for explain in (
        lambda model, layer: grad_cam(model, layer, image, class_index),
        lambda model, layer: occlusion(model, image, class_index, window=3, batch_size=1),
        # The last batch has one covered image.
        lambda model, layer: occlusion(model, image, class_index, window=3, batch_size=35),
    ):
        torch.testing.assert_close(explain(squeezing, "model.0"), explain(body, "0"))


# What cannot be trained


class TwoInputs(ViewNet):
    def forward(self, a, b):
        return super().forward(a + b)


def asserting(size):
    return VisionTransformer(size, 8, 1, 2, 16, 16, num_classes=CLASSES)


@pytest.mark.parametrize(
    ("make", "images", "message"),
    [
        (
            lambda: nn.Sequential(nn.BatchNorm2d(3), nn.Flatten(), nn.LazyLinear(3)),
            make_images()[:, 0],
            r"does not accept images of shape \(\d+, 8, 8\).*expected 4D input",
        ),
        (
            lambda: asserting(16),
            make_images(),
            r"shape \(\d+, 3, 8, 8\).*AssertionError: Wrong image",
        ),
        (TwoInputs, make_images(), "needs more than the images .*'b'"),
    ],
)
def test_models_that_do_not_take_the_images(make, images, message):
    model = make()
    with pytest.raises(ValueError, match=message):
        evaluate(model, InMemoryDataset(images, labels_for()))
    if not any(map(nn.parameter.is_lazy, model.parameters())):
        with pytest.raises(ValueError, match=message):
            trainer().fit(Classifier(model), OwnData(images))


def test_layers_without_a_size_cannot_be_trained():
    message = "layer '1' is a LazyLinear whose weight has no size yet; run the model once"
    model = nn.Sequential(nn.Flatten(), nn.LazyLinear(CLASSES))
    with pytest.raises(ValueError, match=message):
        trainer().fit(Classifier(model), OwnData())
    with pytest.raises(ValueError, match=message):
        training.parameter_groups(model, 0.1)
    model(make_images() / 255)
    trainer().fit(Classifier(model), OwnData())


def test_a_data_set_is_no_loader():
    for data in (
        InMemoryDataset(make_images(), labels_for()),
        TensorDataset(torch.rand(12, 7), labels_for()),
    ):
        with pytest.raises(ValueError, match=r"a single sample.*DataLoader\(dataset, batch_size"):
            trainer().fit(Classifier(nn.Sequential(nn.Flatten(), nn.Linear(7, 3))), data)
    with pytest.raises(TypeError, match=r"model is a NoneType; pass an nn.Module"):
        evaluate(None, InMemoryDataset(make_images(), labels_for()))


@pytest.mark.parametrize("loader", ["batch sampler", "iterable"])
def test_a_batch_of_one_that_nobody_could_foresee(loader):
    class Stream(IterableDataset):
        def __iter__(self):
            return iter(zip(make_images() / 255, labels_for(), strict=True))

    if loader == "iterable":
        data = DataLoader(Stream(), 11)
    else:
        pairs = TensorDataset(make_images() / 255, labels_for())
        data = DataLoader(pairs, batch_sampler=BatchSampler(range(12), 11, drop_last=False))
    with pytest.raises(ValueError, match=r"epoch 0, step 1, a batch has a single image.*drop_last"):
        trainer().fit(Classifier(PooledNorm()), data)


def test_several_loaders_have_scores_of_their_own():
    model, images, labels = seeded(ViewNet).eval(), make_images(), labels_for()
    parts = [slice(0, 7), slice(7, 12)]
    loaders = [DataLoader(TensorDataset(images[part], labels[part]), 3) for part in parts]
    run = trainer()
    for kind, call in (("val", run.validate), ("test", run.test)):
        call(Classifier(model), loaders, verbose=False)
        for number, part in enumerate(parts):
            logits = model(images[part] / 255).detach()
            expected = nn.functional.cross_entropy(logits, labels[part]).item()
            name = f"{kind}_loss/dataloader_idx_{number}"
            assert run.callback_metrics[name].item() == pytest.approx(expected, rel=1e-5)
    predicted = run.predict(Classifier(model), loaders)
    assert [sum(map(len, each)) for each in predicted] == [7, 5]


@pytest.mark.parametrize("schedule", training.SCHEDULES)
def test_training_on_no_batch_is_no_error(schedule):
    model = seeded(ViewNet)
    trainer(limit_train_batches=0).fit(Classifier(model, schedule=schedule), OwnData())
    assert_same_weights(model, seeded(ViewNet), atol=0)


@pytest.mark.parametrize("optimizer", training.OPTIMIZERS)
def test_half_precision_trains_or_says_why_not(optimizer):
    def fit(precision):
        model = seeded(ViewNet)
        classifier = Classifier(model, optimizer=optimizer, learning_rate=1e-3)
        run = trainer(precision=precision, max_epochs=3)
        run.fit(classifier, OwnData())
        return run.callback_metrics["train_loss"].item()

    if optimizer == "sgd":
        assert fit("16-true") == pytest.approx(fit("32-true"), rel=0.02)
    else:
        message = f"optimizer is '{optimizer}'.*float16.*16-mixed.*\"sgd\""
        with pytest.raises(ValueError, match=message):
            fit("16-true")
        assert fit("bf16-true") == pytest.approx(fit("32-true"), rel=0.05)


@pytest.mark.parametrize("value", [None, "0.1", True, math.nan, math.inf, -1, [0.1]])
@pytest.mark.parametrize(
    "name",
    ["learning_rate", "backbone_lr_scale", "weight_decay", "label_smoothing", "mixup", "ema_decay"],
)
def test_numbers_that_are_none(name, value):
    if (name, value) == ("ema_decay", None):
        return  # no average
    with pytest.raises(ValueError, match=rf"^{name} is .*(positive|at least 0|from 0|above 0)"):
        Classifier(ViewNet(), **{name: value})


def test_numbers_of_any_kind():
    for half in (0.5, np.float32(0.5), torch.tensor(0.5), Fraction(1, 2), np.array(0.5)):
        classifier = Classifier(ViewNet(), weight_decay=half, mixup=half, learning_rate=half)
        assert classifier.weight_decay == classifier.mixup == classifier.learning_rate == 0.5
    with pytest.raises(ValueError, match="ema_decay is 1; it must be above 0 and below 1"):
        Classifier(ViewNet(), ema_decay=1)
    with pytest.raises(ValueError, match="mixup is '1'; it must be a number at least 0"):
        Classifier(ViewNet(), mixup="1")


@pytest.mark.parametrize("seed", [2**70, -(2**32)])
def test_seeds_that_no_generator_takes(seed):
    with pytest.raises(
        ValueError, match=f"seed is {seed}; it must be from -4294967295 to 42949672"
    ):
        BatchDataModule(batch_size=1, eval_batch_size=1, seed=seed)
    with pytest.raises(ValueError, match=f"split_seed is {seed}; it must be from"):
        InMemoryDataModule(lambda split: None, split_seed=seed)


@pytest.mark.skipif(np.longdouble == np.float64, reason="there is no such type here")
def test_a_type_that_torch_does_not_have():
    with pytest.raises(ValueError, match=r"inputs are a ndarray of float\d+; pass a tensor"):
        InMemoryDataset(np.zeros((12, 3, 8, 8), np.longdouble), labels_for())


def test_what_is_no_image_is_named():
    for given, message in (
        ("cat.jpg", r"image has type <U7 \(a str, 'cat.jpg'\); give integers"),
        (
            [[0.1], [0.2, 0.3]],
            r"but a list of 2 items of different shapes .*\(1,\) and .*\(2,\)",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            check_pixels(given)


# PyTorch's data sets


@pytest.fixture
def image_folder(tmp_path, monkeypatch):
    from PIL import Image

    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    for split in ("train", "validation", "test"):
        for kind in ("a", "b"):
            folder = tmp_path / "photos" / split / kind
            folder.mkdir(parents=True)
            for i in range(3):
                Image.fromarray(make_images(1, seed=i)[0].permute(1, 2, 0).numpy()).save(
                    folder / f"{i}.png"
                )
    return tmp_path / "photos"


def folder_set(image_folder):
    data = ImageDataModule(image_folder, batch_size=4, image_size=SIDE)
    data.setup()
    return data.train_set


SETS = {
    "bytes": lambda _: InMemoryDataset(make_images(), labels_for()),
    "one channel": lambda _: InMemoryDataset(make_images(channels=1), labels_for()),
    "features": lambda _: InMemoryDataset(torch.rand(12, 7), labels_for()),
    "photos": folder_set,
}


def read(loader):
    batches = [(list(map(int, labels)), images) for images, labels in loader]
    return [label for labels, _ in batches for label in labels], torch.cat([i for _, i in batches])


@pytest.mark.parametrize("kind", SETS)
def test_every_data_set_works_with_torchs_own_tools(kind, image_folder):
    data = SETS[kind](image_folder)
    reference = TensorDataset(data.inputs, data.labels)
    for wrap in (
        lambda each: each,
        lambda each: Subset(each, [3, 1, 1, 5]),
        lambda each: Subset(Subset(each, [3, 1, 5, 0]), [2, 0, 1]),
        lambda each: random_split(each, [0.5, 0.5], torch.Generator().manual_seed(1))[0],
        lambda each: ConcatDataset([each, Subset(each, [0])]),
    ):
        for options in ({}, {"shuffle": True, "drop_last": True}):
            ours, theirs = (
                read(
                    DataLoader(wrap(each), 3, generator=torch.Generator().manual_seed(2), **options)
                )
                for each in (data, reference)
            )
            assert ours[0] == theirs[0]
            assert torch.equal(ours[1], theirs[1]) and ours[1].dtype == theirs[1].dtype
    samples = data.__getitems__([4, 2])
    assert isinstance(samples, list) and len(samples) == 2
    for (image, label), index in zip(samples, [4, 2], strict=True):
        assert torch.equal(image, data[index][0]) and label == data[index][1]


def test_indices_of_a_batch_mean_what_they_mean_for_a_list():
    data, images = InMemoryDataset(make_images(), labels_for()), make_images()
    for given in (
        [-1, 0],
        np.array([-1, 0]),
        torch.tensor([-1, 0], dtype=torch.int8),
        range(-1, 1),
    ):
        inputs, labels = data.batch(given)
        assert torch.equal(inputs, torch.stack([images[11], images[0]]))
        assert labels.tolist() == [2, 0]
    assert read(DataLoader(Subset(data, [-1, 0]), 2))[0] == [2, 0]
    assert data.batch([])[0].shape == (0, 3, SIDE, SIDE)
    for mask in (data.labels == 2, (data.labels == 2).numpy(), [True, False]):
        with pytest.raises(ValueError, match=r"indices are a mask.*mask.nonzero\(\)\[:, 0\]"):
            data.batch(mask)
    assert data.batch((data.labels == 2).nonzero()[:, 0])[1].tolist() == [2] * 4
    with pytest.raises(ValueError, match=r"torch.float32 such as 1.7.*; pass whole numbers"):
        data.batch([1.7])
    with pytest.raises(ValueError, match=r"indices have shape \(\)"):
        data.batch(3)
    for index in (12, -13):
        with pytest.raises(IndexError, match=f"is {index}, but there are 12 images; .* -12 to 11"):
            data.batch([0, index])


def test_the_loaders_own_data_sets_keep_the_contract_too():
    data = OwnData(batch_size=5)
    data.setup()
    loader = data.val_dataloader()
    again = read(DataLoader(loader.dataset, 5))
    assert again[0] == labels_for().tolist() == read(loader)[0]
    assert torch.equal(again[1], read(loader)[1])


@pytest.mark.skipif(
    "fork" not in multiprocessing.get_all_start_methods(), reason="spawning is slow"
)
def test_workers_read_the_data_sets():
    data = OwnData()
    data.setup()
    # What a spawned worker would get.
    both = ConcatDataset([data.train_set, data.val_dataloader().dataset])
    loader = DataLoader(
        pickle.loads(pickle.dumps(both)),
        5,
        num_workers=2,
        persistent_workers=True,
        multiprocessing_context="fork",
    )
    for _ in range(2):
        labels, images = read(loader)
        assert labels == [*labels_for().tolist()] * 2
        assert torch.equal(images, torch.cat([make_images()] * 2))


def test_data_modules_and_data_sets_pickle_before_and_after_training():
    data = OwnData(augment=nn.Identity())
    for _ in range(2):
        again = pickle.loads(pickle.dumps(data))
        again.setup("fit")
        assert torch.equal(again.train_set.inputs, make_images()) and again.trainer is None
        trainer().fit(Classifier(ViewNet()), data)
    assert data.trainer is not None
    embedded = transfer.EmbeddedDataModule(OwnData(), network())
    assert pickle.loads(pickle.dumps(embedded)).batch_size == 12


# Train and evaluation mode


def network():
    return transfer.TransferNetwork(
        OrderedDict(
            stem=nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Dropout(0.5)),
            body=nn.Sequential(nn.Conv2d(4, 4, 3), nn.BatchNorm2d(4), nn.Dropout(0.5)),
            pool=nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten()),
            head=nn.Linear(4, CLASSES),
        )
    )


class Modes(pl.Callback):
    """Notes which layers drop or normalize by the batch while a step runs."""

    def __init__(self):
        self.on = set()

    def on_train_batch_end(self, trainer, module, *_):
        for name, layer in module.model.named_modules():
            if isinstance(layer, (nn.BatchNorm2d, nn.Dropout)) and layer.training:
                self.on.add(name)


CHANGEABLE = {"stem.1", "stem.3", "body.1", "body.2"}


def switch_off(model, *names):
    for name in names:
        model.get_submodule(name).eval()
    return model


def frozen_by_hand(model):
    for name, parameter in model.named_parameters():
        parameter.requires_grad = name.startswith("head")
    return model


@pytest.mark.parametrize(
    ("prepare", "expected"),
    [
        (lambda m: m.train(), CHANGEABLE),
        (lambda m: m.eval(), CHANGEABLE),
        # A loaded model with a new, and so training, head.
        (lambda m: m.eval().append(nn.Dropout(0.1).train()) and m, {*CHANGEABLE, "4"}),
        (lambda m: switch_off(m.train(), "stem.1"), CHANGEABLE - {"stem.1"}),
        # The usual recipe: a loaded model, of which all but the last layer is frozen by hand. What
        # has no parameters cannot be meant to be frozen.
        (lambda m: frozen_by_hand(m.eval()), {"stem.3", "body.2"}),
        (lambda m: frozen_by_hand(m.train()), CHANGEABLE),
        (lambda m: transfer.freeze(m, "body"), {"body.1", "body.2"}),
        (lambda m: transfer.freeze(m, "body").eval(), {"body.1", "body.2"}),
        (lambda m: transfer.freeze(m.eval(), "body", freeze_bn_stats=True), {"body.2"}),
    ],
)
def test_what_trains_is_in_training_mode_and_what_was_switched_off_is_not(prepare, expected):
    model, watch = seeded(network), Modes()
    prepare(model)
    before = {name: value.clone() for name, value in model.named_buffers()}
    trainer(callbacks=[watch], max_epochs=2).fit(Classifier(model), OwnData())
    assert watch.on == expected
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            moved = not torch.equal(value, before[name])
            assert moved == (name.rpartition(".")[0] in expected), name


def test_a_normalization_without_parameters_is_never_taken_for_frozen():
    model = nn.Sequential(nn.BatchNorm2d(3, affine=False), seeded(ViewNet)).eval()
    trainer().fit(Classifier(model), OwnData())
    expected = 0.9 * torch.zeros(3) + 0.1 * (make_images() / 255).mean((0, 2, 3))
    torch.testing.assert_close(model[0].running_mean, expected)


def test_a_loaded_model_trains_like_one_that_was_never_switched_off():
    model = seeded(ViewNet)
    plain = plain_sgd(copy.deepcopy(model), make_images() / 255, labels_for(), 2)
    data = OwnData()
    trainer(max_epochs=2).fit(Classifier(model.eval(), optimizer="sgd", learning_rate=0.1), data)
    assert_same_weights(model, plain)


def test_a_whole_block_that_stays_switched_off_is_named():
    model = nn.Sequential(network().eval(), nn.Linear(CLASSES, CLASSES))
    with pytest.warns(UserWarning, match="^0: in evaluation mode inside a model in training"):
        trainer().fit(Classifier(model), OwnData())
    assert not model[0].training
    model[0].requires_grad_(False)  # frozen on purpose
    with warnings.catch_warnings():
        warnings.filterwarnings("error", message=".*in evaluation mode inside")
        trainer().fit(Classifier(model), OwnData())


# Lightning's surroundings


def test_training_without_an_end_needs_a_schedule_without_one():
    class Stop(pl.Callback):
        def on_train_epoch_end(self, trainer, *_):
            trainer.should_stop = trainer.current_epoch == 1

    trainer(max_epochs=-1, callbacks=[Stop()]).fit(Classifier(ViewNet()), OwnData())
    for schedule in ("cosine", "one-cycle"):
        classifier = Classifier(ViewNet(), schedule=schedule)
        with pytest.raises(ValueError, match=f'"?{schedule}.*max_epochs=-1.*schedule="constant"'):
            trainer(max_epochs=-1).fit(classifier, OwnData())
        trainer(max_epochs=-1, max_steps=2).fit(Classifier(ViewNet(), schedule=schedule), OwnData())


class PooledNorm(nn.Sequential):
    """Normalizes one value per channel, which takes two images or more."""

    def __init__(self):
        body = nn.Conv2d(3, 4, 3), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.BatchNorm1d(4)
        super().__init__(*body, nn.Linear(4, CLASSES))


@pytest.mark.parametrize("own_loader", [False, True])
@pytest.mark.parametrize(
    ("batch_size", "message"),
    [(11, "12 training images in batches of 11 leave a last batch of one image"), (1, "is 1,")],
)
def test_a_batch_of_one_image_is_refused_at_the_start(own_loader, batch_size, message):
    classifier = Classifier(PooledNorm())
    data = OwnData(batch_size=batch_size)
    steps = []
    classifier.on_train_batch_end = lambda *_: steps.append(1)
    loader = DataLoader(TensorDataset(make_images() / 255, labels_for()), batch_size)
    arguments = (loader, loader) if own_loader else (data,)
    with pytest.raises(ValueError, match=message):
        trainer().fit(classifier, *arguments)
    assert not steps


@pytest.mark.parametrize("model", [ViewNet, lambda: nn.Sequential(nn.Flatten(), nn.Linear(192, 3))])
def test_a_batch_of_one_image_is_fine_where_nothing_is_normalized_over_it_alone(model):
    # Batch normalization over the positions of a map does with one image.
    trainer().fit(Classifier(model()), OwnData(batch_size=11))


def test_the_look_at_a_batch_of_one_changes_nothing():
    def trained(batches):
        model = seeded(PooledNorm)
        data = OwnData(batch_size=11, augment=nn.Dropout(0.3))
        loader_options = {"limit_train_batches": batches}
        trainer(**loader_options).fit(Classifier(model, learning_rate=0.1), data)
        return model

    # With one batch the last one is never reached, and nothing is looked at.
    reference = trained(1)
    with pytest.raises(ValueError, match="last batch of one image"):
        trained(1.0)
    assert_same_weights(trained(1), reference, atol=0)


@pytest.mark.parametrize("task", training.TASKS)
def test_test_and_predict(task):
    labels = labels_for(classes=2)
    model = seeded(ViewNet, 1 if task == "binary" else 2).eval()
    data = OwnData(labels=labels)
    classifier, run = Classifier(model, task=task), trainer()
    run.test(classifier, data, verbose=False)
    logits = model(make_images() / 255).detach()
    p = (
        torch.cat([torch.zeros(12, 1), logits], 1).softmax(1)
        if task == "binary"
        else logits.softmax(1)
    )
    assert run.callback_metrics["test_loss"].item() == pytest.approx(
        metrics.log_loss(labels, p), rel=1e-4
    )
    assert run.callback_metrics["test_accuracy"].item() == pytest.approx(
        metrics.accuracy_score(labels, p.argmax(1))
    )
    for loaders in (
        data,
        DataLoader(make_images() / 255, 5),
        DataLoader(TensorDataset(make_images()), 5),
    ):
        predicted = torch.cat(run.predict(classifier, loaders))
        torch.testing.assert_close(predicted, p, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("precision", ["64-true", "32-true", "bf16-true", "bf16-mixed", "16-true"])
@pytest.mark.parametrize("images", [make_images(), make_images() / 255])
def test_every_precision_trains(precision, images):
    model = seeded(ViewNet)
    classifier = Classifier(model, optimizer="sgd", learning_rate=0.01, mixup=0.2)
    run = trainer(precision=precision, max_epochs=2)
    run.fit(classifier, OwnData(images, augment=nn.Identity()))
    wanted = {"64-true": torch.float64, "bf16-true": torch.bfloat16, "16-true": torch.float16}
    assert model.fc.weight.dtype == wanted.get(precision, torch.float32)
    assert 0.1 < run.callback_metrics["train_loss"] < 5
    data = InMemoryDataset(images, labels_for())
    logits = copy.deepcopy(model).float().eval()(make_images() / 255).detach()
    expected = metrics.log_loss(labels_for(), logits.softmax(1))
    assert evaluate(model, data)["loss"] == pytest.approx(expected, rel=0.03)


def test_double_precision_is_that_of_a_plain_loop():
    model = seeded(ViewNet)
    plain = plain_sgd(copy.deepcopy(model).double(), make_images().double() / 255, labels_for(), 3)
    classifier = Classifier(model, optimizer="sgd", learning_rate=0.1)
    data = OwnData(make_images().double() / 255)
    trainer(precision="64-true", max_epochs=3).fit(classifier, data)
    assert_same_weights(model, plain, atol=1e-7)


def test_loaders_before_setup():
    data = InMemoryDataModule(lambda split: None)
    for name in ("train", "val", "test", "predict"):
        with pytest.raises(ValueError, match=r"there is no \w+_set yet; call setup\(\) first"):
            getattr(data, f"{name}_dataloader")()


@pytest.mark.parametrize(
    ("stage", "sets"),
    [
        (None, {"train", "validation", "test"}),
        ("fit", {"train", "validation"}),
        ("validate", {"validation"}),
        ("test", {"test"}),
        ("predict", {"test"}),
    ],
)
def test_setup_reads_what_a_stage_needs(stage, sets, image_folder):
    data = ImageDataModule(image_folder, batch_size=4, image_size=SIDE)
    data.setup(stage)
    have = {name for name in ("train", "validation", "test") if getattr(data, f"{name}_set")}
    assert have == sets
    with pytest.raises(ValueError, match="stage is 'train'; use one of fit"):
        data.setup("train")
