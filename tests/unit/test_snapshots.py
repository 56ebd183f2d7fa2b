"""What a run keeps besides its weights: filters during training, and the classes of test images."""

import numpy as np
import pytest
import torch

from lecture_utils import models, runs
from lecture_utils.filter_banks import gabor_kernel
from lecture_utils.runs import _record, _snapshots, _store

STEPS = [0, 1, 3, 6]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Two epochs of three steps on the embedded sample."""
    return runs.train(
        "fashion_mnist/gap", 5, root=tmp_path_factory.mktemp("runs"), data_dir="sample",
        model="one-layer", epochs=2, batch_size=20, train_size=60, validation_size=50,
        snapshots=STEPS, save_classes=True, resample_by_seed=True,
    )  # fmt: skip


def test_snapshots_begin_with_the_random_weights_and_end_with_the_trained_ones(run):
    step, weights = run.snapshots
    assert step.tolist() == STEPS and weights.shape == (4, 32, 1, 7, 7)
    torch.manual_seed(5)
    begin = models.build("one-layer")[0].weight.detach().numpy()
    end = run.model[0].weight.detach().numpy()
    for found, expected in ((weights[0], begin), (weights[-1], end)):
        # Half a level of 127; the trained weights are shipped in half precision.
        limit = np.abs(expected).max() * (0.5 / 127 + 2**-10)
        assert np.abs(found - expected).max() <= limit
    assert np.abs(weights[-1] - weights[0]).max() > 3 * np.abs(begin).max() / 127


def test_classes_are_those_that_the_model_predicts(run):
    data = _record._data_module(run.recipe, 5, "sample")
    data.setup("test")
    with torch.no_grad():
        logits = run.model(data.test_set.inputs / 255)
    classes = run.test_classes
    assert np.array_equal(classes["label"], data.test_set.labels.numpy())
    assert np.array_equal(classes["predicted"], logits.argmax(1).numpy())
    errors = int((classes["predicted"] != classes["label"]).sum())
    assert errors == run.card["metrics"]["test"]["errors"]


def test_the_seed_draws_the_training_images_and_not_the_held_out_ones(run):
    one, other = (_record._data_module(run.recipe, seed, "sample") for seed in (5, 6))
    assert torch.equal(one.validation_set.inputs, other.validation_set.inputs)
    assert not torch.equal(one.train_set.inputs, other.train_set.inputs)


def test_a_run_that_kept_nothing_says_so():
    recorded = runs.load("mnist/gap")
    with pytest.raises(FileNotFoundError, match="kept no snapshots"):
        _ = recorded.snapshots
    with pytest.raises(FileNotFoundError, match="did not save its predicted classes"):
        _ = recorded.test_classes


def test_filters_of_zeros_and_damaged_files(tmp_path):
    path = tmp_path / "snapshots.npz"
    _snapshots.write_snapshots(path, [0], [np.zeros((2, 1, 3, 3))])
    assert not _snapshots.read_snapshots(path).weights.any()
    with pytest.raises(ValueError, match="damaged"):
        _store.read_arrays(path, "another")
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(ValueError, match="damaged"):
        _snapshots.read_snapshots(path)
    with pytest.raises(FileNotFoundError, match="train the run again"):
        _snapshots.read_snapshots(tmp_path / "none.npz")


def test_designed_filters_are_gabor_filters_that_add_up_to_nothing():
    filters = models.gabor_filters()[:, 0].double().numpy()
    np.testing.assert_allclose(filters.sum((1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose((filters**2).sum((1, 2)), 1, rtol=1e-6)
    # The first one: upright stripes of four pixels; opposite phases are each other's negative.
    kernel = gabor_kernel(1 / 4, sigma=4 / 3).real
    middle = tuple(slice(side // 2 - 3, side // 2 + 4) for side in kernel.shape)
    expected = kernel[middle] - kernel[middle].mean()
    np.testing.assert_allclose(filters[0], expected / np.linalg.norm(expected), atol=1e-6)
    np.testing.assert_allclose(filters[0], -filters[2], atol=1e-6)


def test_smooth_filters_share_the_simple_properties_of_gabor_filters():
    torch.manual_seed(1)
    smooth = models.smooth_filters()[:, 0].double().numpy()
    np.testing.assert_allclose(smooth.sum((1, 2)), 0, atol=1e-6)
    np.testing.assert_allclose((smooth**2).sum((1, 2)), 1, rtol=1e-6)

    def neighbors(filters):
        """Return the mean product of neighboring weights, 1 / 49 for a flat filter of norm 1."""
        return np.mean(filters[..., 1:] * filters[..., :-1])

    gabor, white = models.gabor_filters()[:, 0].numpy(), models.build("random")[0].weight
    white = (white / white.norm(dim=(2, 3), keepdim=True))[:, 0].detach().numpy()
    assert neighbors(smooth) > 0.5 * neighbors(gabor) > 10 * abs(neighbors(white))
    network = models.filter_network(filters="smooth")
    torch.manual_seed(2)
    other = models.smooth_filters()[:, 0].double().numpy()
    assert np.abs((smooth * other).sum((1, 2))).max() < 0.9  # drawn anew
    assert not network[0].bias.any()


def test_random_layers_are_those_that_learned_ones_start_from():
    torch.manual_seed(4)
    frozen = models.build("two-random")
    torch.manual_seed(4)
    learned = models.build("two-layers")
    assert all(map(torch.equal, frozen.state_dict().values(), learned.state_dict().values()))
    trained = [name for name, p in frozen.named_parameters() if p.requires_grad]
    assert trained == [name for name, _ in frozen[-1].named_parameters(prefix=str(len(frozen) - 1))]
    assert all(p.requires_grad for p in learned.parameters())


@pytest.mark.parametrize(
    "options",
    [
        {"filters": "sobel"},
        {"layers": 3},
        {"filters": "none", "layers": 2},
        {"filters": "gabor", "layers": 2},
    ],
)
def test_other_filters_and_layers_are_refused(options):
    with pytest.raises(ValueError, match=r"filters is|layers is"):
        models.filter_network(**options)


@pytest.mark.parametrize("filters", ["gabor", "smooth", "random"])
def test_only_learned_filters_are_trained(filters):
    assert not any(p.requires_grad for p in models.filter_network(filters=filters)[0].parameters())
    assert all(p.requires_grad for p in models.filter_network()[0].parameters())
