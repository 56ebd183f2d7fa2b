"""EmbeddingMap in Python: what it accepts, and what it leaves in the page."""

import io

import numpy as np
import pytest
import traitlets
from PIL import Image

from lecture_utils import pretrained, runs
from lecture_utils.datasets import drawn_pets
from lecture_utils.runs import transfer
from lecture_utils.training import ImageDataModule
from lecture_utils.transfer import (
    EmbeddingMaps,
    agreement,
    attach_head,
    embed,
    load_pet_maps,
    make_maps,
    nearest,
    pca,
)
from lecture_utils.widgets import EmbeddingMap
from lecture_utils.widgets.embedding_map.sheet import make_sheet

CLASSES = ["cat", "dog"]


def given(count=20, seed=0):
    rng = np.random.default_rng(seed)
    labels = np.arange(count) % 2
    stages = {
        "before": rng.normal(size=(count, 12)),
        "after": rng.normal(size=(count, 12)) + 6 * labels[:, None],
    }
    return stages, labels, CLASSES


def test_maps_neighbors_and_errors():
    stages, labels, names = given()
    guess = labels.copy()
    guess[[3, 7]] ^= 1
    demo = EmbeddingMap(stages, labels, names, predictions={"after": guess})
    assert demo.stage == "after" and demo.selected == 3
    assert np.flatnonzero(demo.wrong("after")).tolist() == [3, 7]
    assert not demo.wrong("before").any()
    assert [each["wrong"] for each in demo.stages] == [None, 2]
    for i, features in enumerate(stages.values()):
        np.testing.assert_array_equal(demo.neighbors[i], nearest(features))
        assert demo.stages[i]["agreement"] == agreement(nearest(features), labels)
        # Turning a map or mirroring it does not change distances.
        made = make_maps(features)
        for way, points in enumerate((made.pca, made.tsne)):
            gaps = lambda p: np.linalg.norm(p[:, None] - p[None], axis=2)  # noqa: E731
            shown = gaps(demo.points[i, way])
            np.testing.assert_allclose(shown, gaps(points), rtol=1e-3, atol=1e-3)
    assert demo.names[:4] == ["cat 1", "dog 1", "cat 2", "dog 2"]


def test_later_maps_lie_like_the_first():
    stages, labels, names = given()
    features = stages["after"]
    mirrored = features * np.array([-1, *[1] * 11])
    demo = EmbeddingMap({"a": features, "b": mirrored, "c": -features}, labels, names)
    for stage in (1, 2):
        np.testing.assert_allclose(demo.points[stage, 0], demo.points[0, 0], atol=1e-4)
    before, after = demo.points[:2, 1]
    assert (before * after).sum() >= -1e-6  # not upside down


def test_the_sheet_holds_the_middle_of_each_image():
    rng = np.random.default_rng(0)
    colors = rng.integers(0, 256, (30, 3))
    images = []
    for color in colors:
        image = np.zeros((60, 100, 3), dtype=np.uint8)  # black at the sides
        image[:, 20:80] = color
        images.append(image)
    data, layout = make_sheet(images, 30)
    sheet = np.asarray(Image.open(io.BytesIO(data.tobytes())).convert("RGB")).astype(int)
    side, columns = layout["side"], layout["columns"]
    for i, color in enumerate(colors):
        top, left = i // columns * side, i % columns * side
        tile = sheet[top + 8 : top + side - 8, left + 8 : left + side - 8]
        assert np.abs(tile.mean(axis=(0, 1)) - color).max() < 12
    # Sixteen times the images, not sixteen times the bytes.
    more, smaller = make_sheet(images * 30, 900)
    assert smaller["side"] < side and len(more) < 200_000


def test_files_are_opened(tmp_path):
    Image.new("RGB", (9, 9), (200, 10, 10)).save(tmp_path / "red.png")
    data, _ = make_sheet([tmp_path / "red.png"], 1)
    pixel = Image.open(io.BytesIO(data.tobytes())).convert("RGB").getpixel((20, 20))
    assert pixel[0] > 150 > 60 > max(pixel[1:])


def test_gray_images_and_pil_images_and_what_is_none():
    gray = np.full((5, 9), 128, np.uint8)
    data, layout = make_sheet([gray, Image.new("L", (4, 4), 128)], 2)
    assert layout["columns"] == 2 and data.dtype == np.uint8
    with pytest.raises(ValueError, match=r"image 1 has shape .* float64"):
        make_sheet([gray, np.zeros((4, 4))], 2)
    with pytest.raises(ValueError, match=r"image 0 has shape \(4, 4, 2\)"):
        make_sheet([np.zeros((4, 4, 2), np.uint8)], 1)
    with pytest.raises(ValueError, match="1 images, but 3 labels"):
        make_sheet([gray], 3)


def test_what_the_page_keeps():
    stages, labels, _ = given()
    demo = EmbeddingMap(stages, labels, ["a <b>", "dog"], predictions={"after": 1 - labels})
    text = demo.figure_html()
    assert "20 of 20" in text and "–" in text
    assert f"{demo.stages[1]['agreement']:.1%}" in text and "nearest 5" in text
    assert "<b>" not in text.replace("&lt;b&gt;", "")


def test_settings_from_python():
    demo = EmbeddingMap(*given())
    demo.stage, demo.method, demo.selected, demo.hidden = "before", "PCA", 19, ["cat"]
    for name, value, words in (
        ("stage", "later", "no stage 'later'"),
        ("method", "UMAP", "UMAP"),
        ("selected", 20, "there are 20 images"),
        ("selected", -1, "selected"),
        ("hidden", ["bird"], "no class 'bird'"),
    ):
        with pytest.raises(traitlets.TraitError, match=words):
            setattr(demo, name, value)
    assert demo.stage == "before" and demo.selected == 19


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"stages": {}}, "0 stages"),
        ({"stages": {"a": np.zeros((4, 3))}}, "give at least 6"),
        ({"labels": np.arange(19) % 2}, "20 images, but there are 19 labels"),
        ({"labels": np.arange(20)}, "from 0 to 19, but there are 2"),
        ({"labels": np.linspace(0, 1, 20)}, "whole numbers"),
        ({"class_names": ["cat", "cat"]}, "names that differ"),
        ({"class_names": []}, "give 1 to 12"),
        ({"predictions": {"later": [0]}}, "no such stage"),
        ({"predictions": {"after": np.full(20, 2)}}, "predictions of 'after' go from 2 to 2"),
        ({"names": ["a"]}, "1 names for 20 images"),
        ({"stage": "later"}, "no stage 'later'"),
        ({"images": [np.zeros((4, 4, 3), np.uint8)]}, "1 images, but 20 labels"),
    ],
)
def test_nonsense_is_named(change, words):
    stages, labels, names = given()
    settings = {"stages": stages, "labels": labels, "class_names": names, **change}
    with pytest.raises((ValueError, traitlets.TraitError), match=words):
        EmbeddingMap(**settings)


def test_maps_with_different_neighbors_are_refused():
    stages, labels, names = given()
    line = np.stack([np.arange(20), np.zeros(20)], axis=1).astype(np.float32)
    few = EmbeddingMaps(line, line, 1.0, 2, nearest(line, 2))
    with pytest.raises(ValueError, match="different numbers of neighbors"):
        EmbeddingMap({**stages, "few": few}, labels, names)


def test_maps_may_come_without_neighbors():
    points = np.random.default_rng(5).normal(size=(2, 12, 2)).astype(np.float32)
    demo = EmbeddingMap({"read": EmbeddingMaps(*points)}, np.arange(12) % 2, CLASSES)
    assert demo.neighbors.shape == (1, 12, 0) and demo.stages[0]["agreement"] is None
    assert "read –" in demo.figure_html()


def test_the_recorded_maps_need_no_photos(monkeypatch, tmp_path):
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    demo = EmbeddingMap.of_cats_and_dogs(stage="fine-tuned", method="PCA")
    assert demo.points.shape == (3, 2, 1000, 2) and demo.origin == "1,000 test photos"
    assert demo.sheet.size == 0 and len(set(demo.names)) == 1000
    assert [each["name"] for each in demo.stages] == ["random weights", "pretrained", "fine-tuned"]
    tests = [runs.load(name).card["metrics"]["test"] for name in transfer._MAPS.values()]
    assert [each["wrong"] for each in demo.stages] == [test["errors"] for test in tests]


@pytest.mark.slow
def test_the_drawn_pets_have_maps_of_their_own(monkeypatch, tmp_path):
    """The recorded maps belong to the pets drawn here: a second look at their embeddings agrees."""
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    demo = EmbeddingMap(**load_pet_maps(), stage="fine-tuned", method="PCA")
    assert demo.points.shape == (3, 2, 200, 2) and "drawn pets" in demo.origin
    assert "drawn pets" in demo.figure_html()
    wrong = [each["wrong"] for each in demo.stages]
    # Random weights know little; ImageNet's more, fine-tuned ones most.
    assert wrong[0] > wrong[1] >= wrong[2]
    agreements = [each["agreement"] for each in demo.stages]
    assert agreements == sorted(agreements)
    given = load_pet_maps()
    assert len(set(demo.names)) == 200 and demo.names[0] == "cat 1"
    assert [path.parent.name for path in given["images"]] == [
        ("cats", "dogs")[label] for label in given["labels"]
    ]
    data = ImageDataModule(drawn_pets((2, 2, 200)), 20, 128)
    data.setup("test")
    model = attach_head(pretrained.load("efficientnet_lite0"), 1)
    features = embed(model, data.test_set.inputs, cache=False).numpy()
    points, explained = pca(features)
    recorded = given["stages"]["pretrained"]
    np.testing.assert_allclose(points, recorded.pca, rtol=1e-3, atol=1e-2)
    assert explained == pytest.approx(recorded.explained, abs=1e-3)
    assert (nearest(features) == recorded.neighbors).mean() > 0.99
