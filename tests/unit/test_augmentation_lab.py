"""AugmentationLab in Python: what it accepts, and that its settings are torchvision's."""

import re

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image
from torchvision.transforms import v2

from lecture_utils import datasets
from lecture_utils.widgets import AugmentationLab
from lecture_utils.widgets._images import as_square
from lecture_utils.widgets.augmentation_lab import LIMITS, PRESETS
from lecture_utils.widgets.augmentation_lab.figure import (
    compose,
    drawn_by_torchvision,
    setting_rows,
)
from lecture_utils.widgets.augmentation_lab.presets import OFF

rng = np.random.default_rng(61)


@pytest.mark.parametrize("preset", PRESETS)
def test_presets_are_within_the_limits_and_become_settings(preset):
    lab = AugmentationLab(preset=preset)
    assert lab.settings == PRESETS[preset]
    assert set(lab.settings) == set(LIMITS) == set(OFF)


@pytest.mark.parametrize("preset", PRESETS)
def test_the_batch_transform_has_the_settings_of_torchvisions(preset):
    lab = AugmentationLab(preset=preset)
    written = eval(str(lab.augment), {"v2": v2, "size": 112})
    # 1 and 1.0 are the same number, but are written differently.
    names = [re.sub(r"\.0\b", "", repr(each)) for each in (written, compose(lab.settings, 112))]
    assert names[0] == names[1]


def test_a_name_and_its_image_follow_each_other():
    lab = AugmentationLab("astronaut", partner="rocket")
    assert np.array_equal(lab.image, datasets.photo("astronaut", size=112))
    assert np.array_equal(lab.other, datasets.photo("rocket", size=112))
    lab.source = "coffee"
    assert np.array_equal(lab.image, datasets.photo("coffee", size=112))
    lab.image = rng.integers(0, 256, size=(112, 112, 3))
    assert lab.source == "your array"
    lab.partner = "cat"
    assert np.array_equal(lab.other, datasets.photo("cat", size=112))


def test_images_of_ones_own_become_squares():
    wide = rng.integers(0, 256, size=(112, 200, 3), dtype=np.uint8)
    gray = rng.random((112, 112))
    lab = AugmentationLab(sources={"wide": wide, "gray": gray, "PIL": Image.new("L", (30, 90), 7)})
    assert lab.names == ["wide", "gray", "PIL"] and lab.own
    assert np.array_equal(lab.images[0], wide[:, 44:156])
    assert np.array_equal(lab.images[1], np.rint(gray[..., None] * 255).repeat(3, axis=2))
    assert (lab.images[2] == 7).all()
    assert lab.source == "wide" and lab.partner == "gray"
    assert AugmentationLab(sources={"only": wide}).partner == "only"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"image": "dog"}, "no image 'dog'"),
        ({"partner": "dog"}, "no image 'dog'"),
        ({"preset": "strong"}, "no preset 'strong'; use one of the lecture's"),
        ({"rotation": 3}, "no setting .'rotation'"),
        ({"degrees": 181}, "degrees is 181.0; use 0 to 180"),
        ({"degrees": float("nan")}, "degrees is nan"),
        ({"hue": -0.1}, "hue is -0.1"),
        ({"crop": (0.8, 1.6)}, "crop is 1.6"),
        ({"crop": (0.9, 0.8)}, "smaller value first"),
        ({"scale": (0.0, 1.0)}, "scale is 0.0"),
        ({"scale": (1.0,)}, "scale"),
        ({"seed": -1}, "seed"),
        ({"sources": {}}, "0 images"),
        ({"sources": {str(i): np.zeros((2, 2)) for i in range(13)}}, "13 images"),
        ({"sources": {"a": np.zeros((4, 4, 4))}}, r"'a' has shape \(4, 4, 4\)"),
        ({"sources": {"a": np.zeros((0, 4))}}, r"\(0, 4\)"),
        ({"sources": {"a": np.full((4, 4), 2.0)}}, "outside of 0 to 1"),
        ({"sources": {"a": np.full((4, 4), np.nan)}}, "NaN"),
    ],
)
def test_what_cannot_be_shown_is_refused(arguments, message):
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        AugmentationLab(**arguments)


def test_what_cannot_be_set_later_is_refused_and_changes_nothing():
    lab = AugmentationLab()
    before = lab.settings
    for name, value in [("flip", 1.5), ("source", "dog"), ("image", np.zeros((4, 4, 3)))]:
        with pytest.raises(traitlets.TraitError):
            setattr(lab, name, value)
    assert lab.settings == before and lab.source == "cat"


def test_the_figure_in_the_page_tells_the_settings_and_leaves_the_generator_alone():
    lab = AugmentationLab(preset="the lecture's", mixup=0.4)
    state = torch.random.get_rng_state()
    html = lab.figure_html()
    assert torch.equal(torch.random.get_rng_state(), state)
    assert html == lab.figure_html()
    assert "alt=" in html and "<td>0.8 to 1.2</td>" in html and "<td>40</td>" in html
    assert html.count("<tr>") == len(setting_rows(lab)) == 8
    assert "stays as it is" in AugmentationLab(preset="nothing").figure_html()


def test_versions_of_the_figure():
    image, other = (as_square(rng.random((112, 112, 3)), side=112) for _ in range(2))
    versions = drawn_by_torchvision(image, dict(OFF), 0, 3, other)
    assert all(np.array_equal(version, image) for version in versions)
    mixed = drawn_by_torchvision(image, {**OFF, "mixup": 1.0}, 0, 2, other)
    for version in mixed:
        # The share that explains the image best explains all of it.
        step = image.astype(float) - other
        share = ((version - other.astype(float)) * step).sum() / (step**2).sum()
        assert 0 < share < 1
        np.testing.assert_allclose(version, other + share * step, atol=0.6)
