"""FilterEvolution in Python: recorded runs, how far filters have moved, and what is refused."""

import html
import re

import numpy as np
import pytest
import recorded_filters
import scipy.stats
import torch
import torch.nn.functional as F
import traitlets

from lecture_utils import runs
from lecture_utils.widgets import FilterEvolution
from lecture_utils.widgets.filter_evolution.evolution import mean_similarity


@pytest.mark.parametrize("seed", range(5))
def test_similarity_is_torchs(seed):
    weights = np.random.default_rng(seed).normal(size=(6, 9, 4, 5))
    flat = torch.tensor(weights).flatten(2)
    expected = F.cosine_similarity(flat, flat[:1].expand_as(flat), dim=2).mean(1)
    np.testing.assert_allclose(mean_similarity(weights), expected, atol=1e-12)


def test_similarity_ignores_scale_and_survives_zeros():
    start = np.random.default_rng(0).normal(size=(4, 3, 3))
    weights = np.stack([start, 5 * start, -start, 0 * start])
    np.testing.assert_allclose(mean_similarity(weights), [1, 1, -1, 0], atol=1e-12)


def test_the_demo_has_the_filters_of_the_runs():
    recorded = recorded_filters.runs((1000, 100))
    demo = FilterEvolution(recorded, recorded_filters.curves())
    assert demo.sizes == [100, 1000] and demo.steps == list(recorded_filters.STEPS)
    assert (demo.step, demo.selected) == (400, 0)
    for size, run in recorded.items():
        for step, weights in zip(*run.snapshots, strict=True):
            # Half a level of 127.
            limit = np.abs(weights).max() * 0.51 / 127
            np.testing.assert_allclose(demo.weights(size, int(step)), weights[:, 0], atol=limit)
        np.testing.assert_allclose(
            demo.similarity[size], mean_similarity(run.snapshots[1][:, :, 0]), atol=1e-12
        )
        assert demo.similarity[size][0] == pytest.approx(1)
    with pytest.raises(ValueError, match="no filters for 300 images after 400"):
        demo.weights(300, 400)


def test_snapshots_in_eight_bits_stay_as_they_are():
    run = recorded_filters.run(100)
    step = run.snapshots[0]
    once = FilterEvolution({100: run})
    run.snapshots = (step, np.stack([once.weights(100, int(s))[:, None] for s in step]))
    twice = FilterEvolution({100: run})
    np.testing.assert_array_equal(once.filters, twice.filters)


def test_accuracies_of_the_curves():
    curves = recorded_filters.curves()
    curves["pixels"][100] = dict(enumerate(curves["pixels"][100]))  # by seed
    curves["pixels"][300] = curves["pixels"][300][:1]
    curves["nothing yet"] = {}
    demo = FilterEvolution(recorded_filters.runs(), curves)
    assert [curve["label"] for curve in demo.curves] == [*curves][:-1]
    values = list(curves["pixels"][100].values())
    first, second = demo.curves[0]["points"][:2]
    low, high = scipy.stats.t.interval(0.95, 4, np.mean(values), scipy.stats.sem(values))
    assert first["mean"] - first["margin"] == pytest.approx(low)
    assert first["mean"] + first["margin"] == pytest.approx(high)
    assert (second["mean"], second["margin"]) == (curves["pixels"][300][0], None)


@pytest.mark.slow
def test_recorded_runs_can_be_shown(tmp_path):
    recorded = {
        size: runs.train(
            "fashion_mnist/gap", 3, root=tmp_path / str(size), data_dir="sample",
            model="one-layer", epochs=2, batch_size=20, train_size=size, validation_size=50,
            repeats=120 // size, snapshots=[0, 1, 6, 12], resample_by_seed=True,
        )
        for size in (20, 60)
    }  # fmt: skip
    demo = FilterEvolution(recorded)
    assert demo.steps == [0, 1, 6, 12] and demo.filters.shape == (2, 4, 32, 7, 7)
    for run, measured, source in zip(recorded.values(), demo.measured, demo.sources, strict=True):
        # Both runs see 120 images per epoch, in 6 steps.
        assert measured == {"steps": [6, 12], "accuracy": run.history["val_accuracy"]}
        assert (source["name"], source["seed"]) == ("fashion_mnist/gap", 3)
        again = runs.load(source["name"], source["seed"], root=source["root"])
        assert again.card == run.card


def test_the_nearest_measurement_is_told():
    demo = FilterEvolution(recorded_filters.runs((100,)), step=0)
    near = {0: 100, 100: 100, 200: 200, 400: 400}
    for step, measured in near.items():
        demo.step = step
        assert f"(after step {measured})" in demo.figure_html()


def test_the_figure_tells_the_numbers():
    demo = FilterEvolution(recorded_filters.runs(), recorded_filters.curves(), step=50)
    page = demo.figure_html()
    assert page.count("<img") == 1 and "<script" not in page
    assert "The 12 filters of a first layer after 50 of 400 steps" in page
    cells = re.findall(r"<td>(.*?)</td>", page)
    for size, values in demo.similarity.items():
        assert f"{values[demo.steps.index(50)]:.2f} with {size:,} images" in html.unescape(page)
    assert [float(cell) for cell in cells[:6:2]] == pytest.approx(
        [values[demo.steps.index(50)] for values in demo.similarity.values()], abs=5e-4
    )
    assert len(cells) == 3 * 2 + 4 * 5 and "±" in cells[-1]


def changed(**options):
    """Runs of which the second one differs."""
    return {100: recorded_filters.run(100), 500: recorded_filters.run(500, **options)}


def broken(change):
    run = recorded_filters.run(100)
    step, weights = run.snapshots
    run.snapshots = (step, change(weights.copy()))
    return {100: run}


@pytest.mark.parametrize(
    ("recorded", "options", "message"),
    [
        ({}, {}, "1 to 4 recorded runs"),
        (None, {}, "1 to 4 recorded runs"),
        (recorded_filters.runs((10, 20, 30, 40, 50)), {}, "1 to 4"),
        ({"100": recorded_filters.run(100)}, {}, "'100' is not a number of training images"),
        ({0: recorded_filters.run(100)}, {}, "0 is not a number of training images"),
        (changed(steps=(0, 1, 400)), {}, "100 and 500 images cannot be shown side by side"),
        (changed(shape=(12, 1, 3, 3)), {}, "cannot be shown side by side"),
        (broken(lambda w: np.repeat(w, 3, axis=2)), {}, "one channel"),
        (broken(lambda w: np.repeat(w, 6, axis=1)), {}, "up to 64"),
        (broken(lambda w: w * np.nan), {}, "not all finite"),
        (recorded_filters.runs(), {"step": 3}, "after steps 0, 1, 2, 5, 10"),
        (recorded_filters.runs(), {"selected": 300}, "use one of 100, 500, 1000"),
        (recorded_filters.runs(), {"curves": {"a": {100: [91.0]}}}, "not accuracies"),
        (recorded_filters.runs(), {"curves": {"a": {100: []}}}, "not accuracies"),
        (
            recorded_filters.runs(),
            {"curves": {"a": {0.5: [0.9]}}},
            "not a number of training images",
        ),
        (recorded_filters.runs(), {"curves": {str(i): {} for i in range(7)}}, "at most 6"),
    ],
)
def test_nonsense_is_named(recorded, options, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        FilterEvolution(recorded, **options)


def test_a_run_without_snapshots_says_so():
    with pytest.raises(FileNotFoundError, match="kept no snapshots"):
        FilterEvolution({1000: runs.load("mnist/gap")})
