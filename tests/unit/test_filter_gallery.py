"""FilterGallery and ResponseQuiz: what was recorded is what the networks do."""

import base64
import io
import json
import re

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image

from lecture_utils import pretrained, runs
from lecture_utils._inspect import output_of
from lecture_utils.interpretation import recordings
from lecture_utils.interpretation.recordings import DEFAULT, PLANS, SWEEPS
from lecture_utils.statistics import wilson
from lecture_utils.widgets import FilterGallery, ResponseQuiz

#: The recordings that ship; VGG16 and ResNet50 have a plan, too, for those who have the weights.
CATS, LITE = NAMES = ["cats-vs-dogs/augmented", "efficientnet_lite0"]


def network_of(name):
    if name in pretrained.NETWORKS:
        net = pretrained.load(name)
        return net.model, net.normalize
    return runs.load(name).model, lambda images: images


# ---- the recordings ----


@pytest.mark.parametrize("name", NAMES)
def test_recordings_fit_their_plans_and_their_networks(name):
    recording, plan = recordings.load(name), PLANS[name]
    card = recording.card
    assert json.dumps(card["plan"]) == json.dumps(recordings.as_dict(plan))
    for code in (card["code"], recording.examples["code"]):
        assert code["changed_since"] is False and code["commit"]
    if name in runs.RECIPES:
        assert card["weights"] == runs.load(name).card["weights_sha256"], (
            f"{name} was trained anew; record: python tools/record_filters.py {name}"
        )
    for layer, responses in zip(card["layers"], recording.examples["layers"], strict=True):
        count = len(layer["channels"])
        assert count == 12 and len(layer["swept"]) == plan.swept
        assert all(len(row) == plan.optima for row in layer["optima"])
        assert all(len(row) == len(recordings.settings()) for row in layer["swept"])
        assert all(len(rows) == count for rows in responses["whole"].values())


def test_every_expanded_convolution_and_the_classes_are_recorded():
    layers = recordings.load(LITE).card["layers"]
    blocks = ((2, 2), (3, 2), (4, 3), (5, 3), (6, 4), (7, 1))
    expected = [f"stage{stage}.{block}" for stage, count in blocks for block in range(count)]
    assert [each["label"] for each in layers] == [*expected, "classes"]
    assert layers[-1]["channels"] == list(PLANS[LITE].classes)


def test_recordings_are_all_there_and_small():
    assert set(NAMES) <= set(recordings.available())
    folder = recordings.folder_of(NAMES[0]).parent
    assert sum(path.stat().st_size for path in folder.rglob("*.*")) < 1_200_000


@pytest.mark.parametrize("name", NAMES)
def test_the_images_that_are_shipped_activate_their_filters(name):
    """Decoded from their sprites they still reach most of what was recorded, and more than images
    for other filters do.
    """
    network, normalize = network_of(name)
    gallery = FilterGallery(name)
    for entry in gallery.networks[0]["layers"][-2:]:
        gallery.layer = entry["label"]
        images = torch.tensor(gallery.images("optima")[:, 0]).permute(0, 3, 1, 2) / 255
        with torch.no_grad():
            responses = output_of(network.eval(), entry["path"], normalize(images))
        responses = responses.flatten(2).mean(2) if responses.ndim == 4 else responses
        reached = responses[:, entry["channels"]].numpy()  # image i, filter j
        recorded = np.array(entry["optima"])[:, 0]
        # Compression takes away some of the finest detail, of which a few filters need much.
        assert np.median(np.diagonal(reached) / recorded) > 0.5
        assert (reached.argmax(axis=0) == np.arange(len(reached))).mean() > 0.6


def test_synthesized_images_reach_more_than_any_image_of_the_data_set():
    layers = recordings.load(LITE)
    shares = [
        np.mean(
            [
                max(optima) > most[0][1]
                for optima, most in zip(entry["optima"], responses["whole"]["most"], strict=True)
            ]
        )
        for entry, responses in zip(layers.card["layers"], layers.examples["layers"], strict=True)
    ]
    assert np.mean(shares) > 0.9


def test_the_trace_adds_up_and_has_an_image_for_each_channel():
    card, images = recordings.load_trace()
    assert card["code"]["changed_since"] is False
    assert len(images) == len(card["shown"]) and images[0].shape == (96, 96, 3)
    model = pretrained.load(LITE).model
    for level in card["levels"]:
        assert len(level["inputs"]) == 5
        values = [each["contribution"] for each in level["inputs"]]
        assert values == sorted(values, reverse=True) and sum(values) <= level["positive"] + 1e-6
        norm = model.get_submodule(f"features.{level['block']}.change.expand.norm")
        c = level["channel"]
        scale = norm.weight[c] / (norm.running_var[c] + norm.eps).sqrt()
        bias = norm.bias[c] - norm.running_mean[c] * scale
        # What does not come from the traced inputs comes from biases on the way: here the last.
        assert np.isfinite(bias.item()) and np.isfinite(level["bias"])
    for upper, lower in zip(card["levels"], card["levels"][1:], strict=False):
        first = upper["inputs"][0]
        assert (first["block"], first["channel"]) == (lower["block"], lower["channel"])


def test_settings_change_one_prior_at_a_time():
    settings = recordings.settings()
    assert settings[0] == DEFAULT
    changed = [[p for p in DEFAULT if each[p] != DEFAULT[p]] for each in settings[1:]]
    assert all(len(priors) == 1 for priors in changed)
    for prior, strengths in SWEEPS.items():
        assert changed.count([prior]) == len(strengths) - 1 and DEFAULT[prior] in strengths


def test_unknown_and_missing_recordings(tmp_path):
    with pytest.raises(ValueError, match="no plan for 'alexnet'"):
        FilterGallery("alexnet")
    with pytest.raises(ValueError, match="name each once"):
        FilterGallery(CATS, CATS)
    with pytest.raises(FileNotFoundError, match=r"python tools/record_filters\.py effi"):
        recordings.load("efficientnet_lite0", tmp_path)
    with pytest.raises(ValueError, match="no plan for 'alexnet'"):
        ResponseQuiz("alexnet")


# ---- the gallery ----


def test_traits_follow_each_other():
    gallery = FilterGallery(*NAMES)
    assert (gallery.model, gallery.layer, gallery.objective) == (CATS, "layer 0", "channel")
    gallery.filter = gallery._entry["channels"][3]
    gallery.model = LITE
    assert gallery.layer == "stage2.0"
    assert gallery.filter == gallery.networks[1]["layers"][0]["channels"][0]
    gallery.objective = "neuron"
    gallery.layer = "classes"
    assert gallery.objective == "logit" and gallery.filter in PLANS[LITE].classes
    gallery.layer = "stage5.2"
    assert gallery.objective == "channel"
    json.dumps(gallery.networks)
    layers = [len(network["layers"]) for network in gallery.networks]
    assert len(gallery.deferred) == sum(layers) + 2
    assert all(data[4:12] == b"ftypavif" for data in gallery.deferred.values())


def test_what_the_page_sends_arrives_at_once():
    gallery = FilterGallery(*NAMES)
    sent = {"model": LITE, "layer": "classes", "filter": 251, "objective": "logit", "setting": 4}
    gallery.set_state(sent)
    assert {name: getattr(gallery, name) for name in sent} == sent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "vgg16"),
        ("layer", "stage 99"),
        ("filter", -1),
        ("objective", "logit"),
        ("setting", 99),
        ("setting", -1),
    ],
)
def test_what_was_not_recorded_is_refused(name, value):
    with pytest.raises(traitlets.TraitError, match=f"{name} is .*recorded are"):
        FilterGallery(CATS).set_trait(name, value)
    with pytest.raises(ValueError, match="kind is 'examples'"):
        FilterGallery(CATS).images("examples")


def test_the_fallback_has_images_and_all_numbers():
    gallery = FilterGallery(LITE, layer="stage4.1")
    html = gallery.figure_html()
    data = html.partition("base64,")[2].partition('"')[0]
    assert Image.open(io.BytesIO(base64.b64decode(data))).width > 900
    assert 'alt="filter' in html and html.count("<tr>") == 1 + 12 + 1 + 13
    best = max(gallery._entry["optima"][4])
    assert f"<td>{best:.2f}".rstrip("0") in html
    assert "classes" in FilterGallery(LITE, layer="classes").figure_html()


def test_a_network_that_was_trained_anew_is_told(monkeypatch):
    gallery = FilterGallery(CATS)
    assert gallery.networks[0]["outdated"] is False
    run = runs.load(CATS)
    run.card["weights_sha256"] = "0" * 64
    monkeypatch.setattr(runs, "load", lambda name: run)
    assert FilterGallery(CATS).networks[0]["outdated"] is True


# ---- the quiz ----


def test_the_quiz_shows_what_was_recorded():
    quiz = ResponseQuiz(LITE)
    gallery = FilterGallery(LITE, layer="stage5.1")
    entry = gallery._entry
    images = quiz.question("stage5.1", entry["channels"][2], 1)
    np.testing.assert_array_equal(images["synthesized"][:3], gallery.images("optima")[2])
    np.testing.assert_array_equal(images["synthesized"][3], gallery.images("minimum")[2, 0])
    pool, examples = gallery.pool(), quiz.recording.examples
    number = [each["label"] for each in gallery._layers].index("stage5.1")
    high, low, *_ = examples["layers"][number]["pairs"][2][1]
    np.testing.assert_array_equal(images["pair"], pool[[high, low]])
    held_out = set(examples["pool"]["held_out"])
    whole = examples["layers"][number]["whole"]
    shown = {image for rows in (*whole["most"], *whole["least"]) for image, _ in rows}
    assert {high, low} <= held_out and not shown & held_out


def test_scores_of_the_programs():
    quiz = ResponseQuiz(LITE)
    for scores in quiz.observers.values():
        for correct, answered in scores.values():
            assert 0 < correct < answered == 16 * 12 * 3
    html = quiz.figure_html()
    correct, answered = quiz.observers["colors and contrast"]["examples"]
    low, high = wilson(correct, answered)
    assert f"{correct / answered:.0%} of {answered} ({low:.0%} to {high:.0%})" in html
    assert re.search(r"The first of these two activates\s+the filter more", html)


@pytest.mark.parametrize(
    "scores",
    [{}, {"synthesized": [1, 2]}, {"synthesized": [2, 1], "examples": [0, 0]},
     {"synthesized": [-1, 1], "examples": [0, 0]}, {"synthesized": [1], "examples": [0, 0]}],
)  # fmt: skip
def test_scores_that_cannot_be(scores):
    with pytest.raises(traitlets.TraitError, match="scores are"):
        ResponseQuiz(CATS).scores = scores
    with pytest.raises(traitlets.TraitError):
        ResponseQuiz(CATS, seed=-1)
