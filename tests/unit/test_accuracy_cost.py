"""Accuracy and cost of torchvision's classifiers: against its metadata, and the front by brute
force.
"""

import numpy as np
import pytest
import torchvision
import traitlets

from lecture_utils.architectures import best_weights, pareto_front, published
from lecture_utils.widgets import AccuracyCost


def test_figures_are_torchvisions_for_every_classifier():
    rows = published()
    names = set(torchvision.models.list_models(torchvision.models))
    assert {row.name for row in rows} == names
    for row in rows:
        weights = torchvision.models.get_weight(f"{_enum(row.name)}.{row.weights}")
        assert row.parameters == weights.meta["num_params"]
        assert row.macs == weights.meta["_ops"] * 1e9
        assert 100 * row.accuracy == pytest.approx(weights.meta["_metrics"]["ImageNet-1K"]["acc@1"])
        assert row.image_size == weights.transforms().crop_size[0]
    # VGG16 has a second set of weights, without a classifier and without an accuracy.
    assert [row.weights for row in rows if row.name == "vgg16"] == ["IMAGENET1K_V1"]


def _enum(name):
    return torchvision.models.get_model_weights(name).__name__


def test_titles_are_readable():
    titles = {row.name: row.title for row in published()}
    assert len(set(titles.values())) == len(titles)
    assert titles["mnasnet0_5"] == "MNASNet0.5"
    assert titles["regnet_y_1_6gf"] == "RegNet Y 1.6GF"
    assert titles["wide_resnet50_2"] == "Wide ResNet50 2"
    assert titles["efficientnet_v2_l"] == "EfficientNet v2 L"
    assert not [title for title in titles.values() if "_" in title]


def test_more_data_is_what_the_weights_say():
    rows = published()
    assert {row.weights.split("_V")[0] for row in rows if not row.more_data} == {"IMAGENET1K"}
    best = best_weights(rows)
    assert not any(row.more_data for row in best)
    # The largest two networks have no weights from ImageNet alone.
    assert {row.name for row in rows} - {row.name for row in best} == {"regnet_y_128gf", "vit_h_14"}
    for row in best_weights(rows, more_data=True):
        assert row.accuracy == max(r.accuracy for r in rows if r.name == row.name)


def test_the_front_is_what_brute_force_finds():
    rng = np.random.default_rng(4)
    for _ in range(200):
        count = rng.integers(0, 12)
        costs, scores = rng.integers(0, 6, count), rng.integers(0, 6, count)
        front = pareto_front(costs, scores)

        def beaten(i, costs=costs, scores=scores, count=count):
            return any(
                costs[j] <= costs[i]
                and scores[j] >= scores[i]
                and ((costs[j], scores[j]) != (costs[i], scores[i]) or j < i)
                for j in range(count)
            )

        assert sorted(front) == [i for i in range(count) if not beaten(i)]
        assert [costs[i] for i in front] == sorted(costs[i] for i in front)


@pytest.mark.parametrize(
    ("costs", "scores", "message"),
    [([1], [1, 2], "1 costs and 2 scores"), ([1, 2], [1, float("nan")], "is NaN")],
)
def test_a_front_of_nonsense_is_refused(costs, scores, message):
    with pytest.raises(ValueError, match=message):
        pareto_front(costs, scores)


def test_every_choice_of_weights_has_its_front():
    for cost in ("macs", "parameters"):
        fronts = {
            weights: AccuracyCost(cost=cost, weights=weights).front
            for weights in ("first", "best", "all")
        }
        for front in fronts.values():
            scores = [row.accuracy for row in front]
            assert scores == sorted(set(scores))
        assert not any(row.more_data for row in fronts["best"])
        assert any(row.more_data for row in fronts["all"])


def test_the_figure_names_the_front():
    html = AccuracyCost(cost="parameters").figure_html()
    assert "<svg" in html and "SqueezeNet1.1" in html and "EfficientNet v2 L" in html


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"family": "VGGs"}, "family is 'VGGs'; use one of AlexNet"),
        ({"selected": "resnet51"}, "selected is 'resnet51'; use one of alexnet"),
        ({"cost": "time"}, "cost"),
        ({"weights": "worst"}, "weights"),
    ],
)
def test_wrong_settings_are_refused(wrong, message):
    with pytest.raises(traitlets.TraitError, match=message):
        AccuracyCost(**wrong)
