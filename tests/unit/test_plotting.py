"""Figures that follow the page's colors and describe themselves."""

import base64
import io
import re
from xml.etree import ElementTree

import numpy as np
import pytest
from PIL import Image

from lecture_utils import plotting


def svg_of(html):
    return ElementTree.fromstring(re.search(r"<svg.*</svg>", html, re.DOTALL)[0])


@pytest.fixture
def figure():
    fig, axis = plotting.figure(size=(4, 2))
    axis.plot([0, 1], [1, 0])
    axis.set_xlabel("epoch")
    return fig


def test_a_figure_is_valid_svg_in_the_color_of_the_text(figure):
    html = plotting.to_html(figure, alt='A line that "falls"', caption="1 < 2")
    svg = svg_of(html)
    assert svg.get("role") == "img"
    assert svg.get("aria-label") == 'A line that "falls"'
    assert svg.get("viewBox")
    assert svg.get("width") is None
    assert svg.get("height") is None
    assert "max-width:384px" in svg.get("style")
    assert "currentColor" in html
    assert plotting.INK not in html
    assert "<figcaption>1 &lt; 2</figcaption>" in html
    assert "epoch" in html  # letters stay letters: they can be searched and scaled


def test_the_same_figure_gives_the_same_bytes():
    def draw():
        return plotting.to_html(plotting.image_grid([np.eye(4)], ["eye"]), alt="an eye")

    assert draw() == draw()


def test_a_figure_without_description_is_refused(figure):
    with pytest.raises(ValueError, match="alt"):
        plotting.show(figure, alt="  ")


def test_signed_images_share_one_scale_around_zero():
    fig = plotting.image_grid([np.array([[-1.0, 0.5]]), np.array([[4.0, 0.0]])], signed=True)
    limits = {axis.images[0].get_clim() for axis in fig.axes}
    assert limits == {(-4.0, 4.0)}


def test_gray_images_may_count_to_1_or_to_255_and_may_have_holes():
    fig = plotting.image_grid(
        [np.array([[0, 1.0]]), np.array([[0, 200]]), np.array([[np.nan, 0.5]])]
    )
    assert [axis.images[0].get_clim()[1] for axis in fig.axes] == [1, 255, 1]


@pytest.mark.parametrize(
    ("images", "titles", "message"),
    [([], None, "no images"), ([np.eye(2)], ["a", "b"], "1 images but 2 titles")],
)
def test_bad_grids_are_refused(images, titles, message):
    with pytest.raises(ValueError, match=message):
        plotting.image_grid(images, titles)


def test_numbers_are_written_as_they_are_and_stay_readable():
    _, axis = plotting.figure()
    plotting.draw_numbers(axis, [[-8.0, 8.0], [0.0, 1.0]])
    assert [text.get_text() for text in axis.texts] == ["\N{MINUS SIGN}8", "8", "0", "1"]
    assert [text.get_color() for text in axis.texts] == ["white", "white", "#101010", "#101010"]
    _, axis = plotting.figure()
    plotting.draw_numbers(axis, [[0.5, 0.25]], signed=False)
    assert [text.get_text() for text in axis.texts] == ["0.50", "0.25"]


def test_what_is_written_into_a_figure_later_follows_the_page():
    fig, axis = plotting.figure()
    axis.plot([0, 1], label="a line")
    axis.legend()
    axis.text(0.2, 0.2, "a note")
    axis.annotate("red", (0.5, 0.5), color="#cc0000")
    html = plotting.to_html(fig, alt="A line, a note and a legend.")
    for words, color in (
        ("a line", "currentColor"),
        ("a note", "currentColor"),
        ("red", "#cc0000"),
    ):
        style = re.search(rf'<text style="([^"]*)"[^>]*>{words}<', html)[1]
        assert f"fill: {color}" in style
    assert "fill: #ffffff" not in html  # No white box behind the legend, either.


@pytest.mark.parametrize(("side", "pixelated"), [(7, True), (40, True), (64, False), (100, False)])
def test_small_pictures_go_in_as_they_are_and_only_cells_have_sharp_edges(side, pixelated):
    image = np.random.default_rng(0).random((side, side, 3))
    source = plotting.to_html(plotting.image_grid([image], size=2.5), alt="noise")
    (png,) = re.findall(r"base64,\s*([A-Za-z0-9+/=\s]+)", source)
    with Image.open(io.BytesIO(base64.b64decode("".join(png.split())))) as found:
        assert found.size == (side, side)
        seen = np.asarray(found.convert("RGB"))
    # Matplotlib's images have row 0 on top, SVG's may be turned over by a transformation.
    expected = (image * 255).astype(np.uint8).astype(int)
    assert min(abs(seen - expected).max(), abs(seen[::-1] - expected).max()) <= 1
    assert ("pixelated" in source) == pixelated
