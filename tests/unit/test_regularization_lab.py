"""RegularizationLab in Python: what it takes from runs, what it chooses, and what it refuses."""

import html
import re
from statistics import fmean
from types import SimpleNamespace

import numpy as np
import pytest
import recorded_regularization
import traitlets
from ipywidgets.embed import dependency_state
from recorded_regularization import CHARACTERS

from lecture_utils import runs
from lecture_utils.runs import regularization
from lecture_utils.widgets import RegularizationLab
from lecture_utils.widgets.regularization_lab.data import describe


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    recorded_regularization.record_all(folder, photos=200)
    return folder


@pytest.fixture(scope="module")
def recorded(root):
    return regularization.recorded(root=root)


def rows_of(demo, method, strength):
    entry = next(e for e in demo.entries if (e["method"], e["strength"]) == (method, strength))
    return range(entry["first"], entry["first"] + len(entry["seeds"]))


def test_scores_and_curves_are_those_of_the_runs(recorded):
    demo = RegularizationLab(recorded)
    assert demo.budgets == list(regularization.BUDGETS)
    assert demo.clean_epochs == list(range(5, 151, 5))
    assert [(e["method"], e["strength"]) for e in demo.entries] == list(CHARACTERS)
    names = demo.score_names
    for key, seeds in recorded.items():
        for row, run in zip(rows_of(demo, *key), seeds, strict=True):
            for i, quantity in enumerate(("accuracy", "loss")):
                np.testing.assert_allclose(
                    demo.validation[i, row], run.history[f"val_{quantity}"], rtol=1e-6
                )
                np.testing.assert_allclose(demo.clean[i, row], run.clean_train[quantity], rtol=1e-6)
            for b, budget in enumerate(demo.budgets):
                found = dict(zip(names, demo.scores[row, b], strict=True))
                readout = run.readouts[budget]
                assert found["epoch"] == readout.epoch
                assert found["errors"] == readout.metrics["test"]["errors"]
                assert found["test_photos"] == 200
                assert found["seen_accuracy"] == run.history["train_accuracy"][readout.epoch - 1]
                for split, values in readout.metrics.items():
                    assert found[f"{split}_accuracy"] == values["accuracy"]
                    assert found[f"{split}_loss"] == values["loss"]


@pytest.mark.parametrize("budget", regularization.BUDGETS)
def test_strengths_are_chosen_on_validation_unless_the_reader_chooses(recorded, budget):
    demo = RegularizationLab(recorded, budget=budget)
    best = regularization.choose(budget, recorded)
    assert demo.shown == {method: each.strength for method, each in best.items()}
    demo.strengths = {"dropout": "weak"}
    assert demo.shown == {**{m: e.strength for m, e in best.items()}, "dropout": "weak"}
    by_key = regularization.scores(budget, recorded)
    for method, strength in demo.shown.items():
        each = by_key[method, strength]
        columns = dict(zip(demo.score_names, demo.numbers(method).T, strict=True))
        assert columns["epoch"].tolist() == list(each.epochs)
        for split in ("train", "validation", "test"):
            assert columns[f"{split}_accuracy"].tolist() == list(each.accuracy[split])


@pytest.mark.parametrize(
    ("method", "strength"), [("augmentation", "strong"), ("dropout", "weak"), ("none", "on")]
)
def test_readings_compare_the_budgets(recorded, method, strength):
    demo = RegularizationLab(recorded, method=method, strength=strength, budget=60)
    first, last = (regularization.scores(b, recorded) for b in (20, 150))

    def mean(scores, split, key):
        return 100 * fmean(scores[key].accuracy[split])

    key, none = (method, strength), ("none", "on")
    assert demo.readings() == pytest.approx(
        {
            "ahead_first": mean(first, "validation", key) - mean(first, "validation", none),
            "ahead_last": mean(last, "validation", key) - mean(last, "validation", none),
            "gap_last": mean(last, "train", key) - mean(last, "validation", key),
        },
        abs=1e-9,
    )


def test_without_a_baseline_there_is_nothing_to_be_ahead_of(recorded):
    some = {key: seeds for key, seeds in recorded.items() if key[0] == "dropout"}
    readings = RegularizationLab(some, method="dropout").readings()
    assert readings["ahead_first"] is readings["ahead_last"] is None
    assert readings["gap_last"] > 0


def test_settings_of_the_constructor(recorded):
    demo = RegularizationLab(recorded)
    assert (demo.method, demo.budget, demo.quantity) == ("augmentation", 60, "accuracy")
    assert demo.strengths == {}
    demo = RegularizationLab(
        recorded, method="dropout", strength="strong", budget=20, quantity="loss"
    )
    assert (demo.method, demo.budget, demo.quantity) == ("dropout", 20, "loss")
    assert demo.strengths == {"dropout": "strong"} and demo.shown["dropout"] == "strong"
    # An order of its own does not change that of the rows.
    again = RegularizationLab(dict(reversed(recorded.items())))
    assert again.entries == demo.entries


def test_settings_are_told_as_the_recipes_say(recorded):
    told = {(e["method"], e["strength"]): e["setting"] for e in RegularizationLab(recorded).entries}
    assert told["none", "on"] == ""
    assert told["dropout", "weak"] == "dropout with probability 0.2"
    assert told["weight-decay", "strong"] == "weight decay of 2"
    assert told["batch-norm", "on"] == "batch normalization"
    assert told["label-smoothing", "medium"] == "label smoothing of 0.1"
    assert told["augmentation", "strong"] == (
        "random crops (20% to 100% of the area), rotations (up to 30°), horizontal flips "
        "(probability 0.5), color changes (up to 40%)"
    )
    parts = [told["augmentation", "medium"], "dropout with probability 0.5", "weight decay of 0.5"]
    assert told["all", "on"] == ", ".join([*parts, "batch normalization", "label smoothing of 0.1"])
    options = {"brightness": 0.1, "saturation": 0.2}
    recipe = SimpleNamespace(
        augmentation=options, model_options={}, weight_decay=0.0, label_smoothing=0.0
    )
    assert describe(SimpleNamespace(recipe=recipe)) == (
        "changes of brightness (up to 10%), changes of saturation (up to 20%)"
    )


def test_few_runs_are_enough(root, recorded):
    some = {
        ("dropout", "medium"): recorded["dropout", "medium"][1:],
        ("batch-norm", "on"): recorded["batch-norm", "on"],
        ("none", "on"): [],
    }
    demo = RegularizationLab(some)
    # The method that is shown by default is not recorded.
    assert demo.method == "dropout" and demo.shown == {"dropout": "medium", "batch-norm": "on"}
    assert [entry["seeds"] for entry in demo.entries] == [[1, 2], [0, 1, 2]]
    assert demo.source == {
        "roots": [str(root)],
        "some": [["dropout", "medium", [1, 2]], ["batch-norm", "on", [0, 1, 2]]],
    }
    assert "no regularization" not in re.sub(r"<svg.*?</svg>", "", demo.figure_html(), flags=re.S)
    only = RegularizationLab({("none", "on"): recorded["none", "on"][:1]}, quantity="loss")
    assert only.method == "none" and only.scores.shape[0] == 1
    assert only.figure_html().count("<tr>") == 2
    assert RegularizationLab(recorded).source["some"] == []


def test_runs_of_several_lengths_and_without_clean_scores(recorded):
    long, short = recorded["none", "on"][0], recorded["dropout", "weak"][0]
    stub = SimpleNamespace(
        card=short.card,
        folder=short.folder,
        history={name: values[:70] for name, values in short.history.items()},
        readouts={budget: short.readouts[budget] for budget in (20, 60)},
        recipe=SimpleNamespace(
            clean_every=0, augmentation={}, model_options={}, weight_decay=0, label_smoothing=0
        ),
    )
    demo = RegularizationLab({("none", "on"): [long], ("dropout", "weak"): [stub]})
    assert demo.budgets == [20, 60]
    assert np.isnan(demo.validation[:, 1, 70:]).all() and np.isfinite(demo.validation[:, 0]).all()
    assert np.isnan(demo.clean[:, 1]).all() and np.isfinite(demo.clean[:, 0]).all()
    assert demo.figure_html()
    without = RegularizationLab({("dropout", "weak"): [stub]})
    assert without.clean.shape == (2, 1, 0) and without.figure_html()


def test_what_goes_to_the_page_is_small(recorded):
    demo = RegularizationLab(recorded)
    assert len(demo.scores) == 45
    state = dependency_state([demo], drop_defaults=False)[demo.model_id]
    assert sum(len(buffer["data"]) for buffer in state["buffers"]) < 105_000


@pytest.mark.slow
@pytest.mark.parametrize("budget", regularization.BUDGETS)
def test_the_figure_tells_the_numbers(recorded, budget):
    demo = RegularizationLab(recorded, method="weight-decay", budget=budget)
    page = html.unescape(demo.figure_html())
    assert page.count('role="img"') == 1 and "<script" not in page
    label = f"weight decay ({demo.shown['weight-decay']})"
    assert f"accuracy of {label} over the epochs" in page
    lines = re.findall(r"<tr><th.*?>(.*?)</th>(.*?)</tr>", page[page.index("<tbody>") :])
    for (method, each), (name, cells) in zip(
        regularization.choose(budget, recorded).items(), lines, strict=True
    ):
        found = re.findall(r"<td>(.*?)</td>", cells)
        assert name == regularization.METHODS[method]
        assert found[0] == (each.strength if each.strength != "on" else "\N{EN DASH}")
        splits = ("train", "validation", "test")
        assert found[1:4] == [f"{fmean(each.accuracy[split]):.1%}" for split in splits]
        errors = [
            run.readouts[budget].metrics["test"]["errors"]
            for run in recorded[method, each.strength]
        ]
        assert found[4] == ", ".join(map(str, errors))
        assert found[5] == ", ".join(map(str, each.epochs))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "mixup"}, "method is 'mixup'; use one of none, augmentation"),
        ({"strength": "huge"}, "the strength of augmentation is 'huge'; use one of weak, medium"),
        ({"method": "batch-norm", "strength": "weak"}, "use one of on"),
        ({"budget": 30}, "budget is 30; use one of 20, 60, 150"),
        ({"budget": 2.5}, "budget"),
        ({"quantity": "error"}, "quantity"),
    ],
)
def test_nonsense_is_named(recorded, options, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        RegularizationLab(recorded, **options)


@pytest.mark.parametrize("change", [{"method": "mixup"}, {"budget": 5}, {"quantity": "x"}])
def test_nonsense_is_refused_later_as_well(recorded, change):
    demo = RegularizationLab(recorded)
    [(name, value)] = change.items()
    before = getattr(demo, name)
    with pytest.raises(traitlets.TraitError, match=name):
        setattr(demo, name, value)
    assert getattr(demo, name) == before


def test_without_runs_the_error_says_how_to_record_some(recorded, root):
    for nothing in ({}, {("none", "on"): []}):
        with pytest.raises(ValueError, match="train regularization/none"):
            RegularizationLab(nothing)
    with pytest.raises(ValueError, match="give what regularization"):
        RegularizationLab([1])
    with pytest.raises(ValueError, match="'dropout' is not a method with a strength"):
        RegularizationLab({"dropout": recorded["dropout", "weak"]})
    alone = {("none", "on"): recorded["none", "on"]}
    with pytest.raises(ValueError, match="augmentation is not recorded; use one of none"):
        RegularizationLab(alone, strength="weak")
    with pytest.raises(traitlets.TraitError, match="no strength is recorded"):
        RegularizationLab(alone).strengths = {"dropout": "weak"}
    with pytest.raises(FileNotFoundError, match="was not read out"):
        RegularizationLab({("none", "on"): [runs.load("mnist/gap")]})
    other = SimpleNamespace(readouts={7: None})
    with pytest.raises(ValueError, match="none of the budgets 20, 60, 150"):
        RegularizationLab({("none", "on"): [other]})
