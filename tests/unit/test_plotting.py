"""Figures that follow the page's colors and describe themselves."""

import base64
import io
import re
from xml.etree import ElementTree

import matplotlib.pyplot as plt
import numpy as np
import pytest
import torch
from PIL import Image

from lecture_utils import datasets, plotting
from lecture_utils.interpretation import overlay
from lecture_utils.widgets._images import as_gray


@pytest.fixture(autouse=True)
def closed():
    yield
    plt.close("all")


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


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([[1000.004, 2000.003]], ["1000.00", "2000.00"]),
        (np.float32([[1000.004, 2000.003]]), ["1000.00", "2000.00"]),
        ([[1000.25, 7]], ["1000.25", "7.00"]),
        ([[-0.001, 0.5]], ["0.00", "0.50"]),
        ([[-0.0, 3.0]], ["0", "3"]),
        ([[3 + 1e-12, -2]], ["3", "\N{MINUS SIGN}2"]),
        # A rounding error of 32 bits.
        (np.float32([[np.nextafter(np.float32(9), np.float32(10)), 1]]), ["9", "1"]),
        ([[np.nan, 4]], ["nan", "4"]),
        (np.array([[-128, 5]], np.int8), ["\N{MINUS SIGN}128", "5"]),
    ],
)
def test_numbers_have_decimals_unless_all_are_integers(values, expected):
    _, axis = plotting.figure()
    plotting.draw_numbers(axis, values)
    assert [text.get_text() for text in axis.texts] == expected


@pytest.mark.parametrize("limit", [0, -1, "1", float("nan")])
def test_a_limit_must_be_positive(limit):
    _, axis = plotting.figure()
    with pytest.raises(ValueError, match=r"limit is .*; give a positive, finite number"):
        plotting.draw_numbers(axis, [[0.25, 0.5]], limit=limit)


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


def images_in(source):
    return [
        (kind, base64.b64decode("".join(data.split())))
        for kind, data in re.findall(r"data:image/(\w+);base64,\s*([A-Za-z0-9+/=\s]+)", source)
    ]


def farthest(seen, expected):
    """The differences of two images in gray levels."""
    # Matplotlib's images have row 0 on top, SVG's may be turned over by a transformation.
    return min((abs(seen - expected), abs(seen[::-1] - expected)), key=np.mean)


@pytest.mark.parametrize("side", [7, 40])
def test_images_of_cells_go_in_pixel_by_pixel_and_keep_sharp_edges(side):
    image = np.random.default_rng(0).random((side, side, 3))
    source = plotting.to_html(plotting.image_grid([image], size=2.5), alt="noise")
    ((kind, data),) = images_in(source)
    with Image.open(io.BytesIO(data)) as found:
        assert found.size == (side, side)
        seen = np.asarray(found.convert("RGB")).astype(int)
    assert farthest(seen, (image * 255).astype(int)).max() <= 1
    assert kind == "png"
    assert "pixelated" in source


@pytest.mark.parametrize("side", [41, 64, 100])
def test_larger_images_are_packed_and_look_the_same(side):
    photo = datasets.photo("cat", side)
    source = plotting.to_html(plotting.image_grid([photo], size=2.5), alt="a cat")
    ((kind, data),) = images_in(source)
    with Image.open(io.BytesIO(data)) as found:
        assert found.size == (side, side)
        seen = np.asarray(found.convert("RGB")).astype(int)
    png = io.BytesIO()
    Image.fromarray(photo).save(png, "PNG")
    assert farthest(seen, photo.astype(int)).mean() < 4
    assert len(data) < png.tell() / 2
    assert kind == "webp"
    assert "pixelated" not in source


def test_holes_of_larger_images_stay_holes():
    values = np.ones((60, 60))
    values[:20, :20] = np.nan
    source = plotting.to_html(plotting.image_grid([values], signed=True, size=2.5), alt="a hole")
    ((_, data),) = images_in(source)
    with Image.open(io.BytesIO(data)) as found:
        alpha = np.asarray(found.convert("RGBA"))[..., 3]
    assert (alpha < 10).sum() == 400
    assert (alpha > 245).sum() == 3200


@pytest.mark.parametrize(
    ("shape", "options", "message"),
    [
        ((3, 5, 6), {}, r"shape \(3, 5, 6\); .*np.moveaxis\(image, 0, 2\) puts the channels last"),
        ((1, 5, 6), {}, r"shape \(1, 5, 6\); .*image\[0\] drops the first axis"),
        ((5,), {}, r"shape \(5,\); images are drawn from \(H, W\) or \(H, W, 3\)"),
        ((5, 6, 2), {}, r"shape \(5, 6, 2\)"),
        ((0, 6), {}, "with at least one pixel"),
        ((5, 6, 3), {"signed": True}, r"drawn as signed from \(H, W\)"),
        ((5, 6), {"signed": True, "limit": -1}, "limit is -1; give a positive"),
        ((5, 6), {"signed": True, "limit": "1"}, "limit is '1'; give a positive"),
    ],
)
def test_what_cannot_be_drawn(shape, options, message):
    _, axis = plotting.figure()
    with pytest.raises(ValueError, match=message):
        plotting.draw_image(axis, np.zeros(shape), **options)
    with pytest.raises(ValueError, match=message):
        plotting.image_grid([np.zeros(shape)], **options)


@pytest.mark.parametrize("columns", [0, -1, True, 2.0, "2"])
def test_columns_are_counted(columns):
    with pytest.raises(ValueError, match=f"columns is {columns!r}"):
        plotting.image_grid([np.eye(2)] * 3, columns=columns)


def test_columns_may_be_a_tensor_that_holds_a_number():
    fig = plotting.image_grid([np.eye(2)] * 3, columns=torch.tensor(2))
    assert fig.axes[0].get_gridspec().get_geometry() == (2, 2)


@pytest.mark.parametrize("image", [np.eye(3), torch.eye(3), np.ones(3), Image.new("L", (2, 2))])
def test_one_image_is_no_grid(image):
    with pytest.raises(ValueError, match=r"pass a list of images, such as \[image\]"):
        plotting.image_grid(image)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.uint8])
def test_tensors_are_drawn_as_arrays_are(dtype):
    image = torch.tensor([[0, 1], [1, 0]], dtype=dtype)
    if image.is_floating_point():
        image.requires_grad_()
    _, axis = plotting.figure()
    drawn = plotting.draw_image(axis, image).get_array()
    assert drawn.tolist() == [[0, 1], [1, 0]]
    plotting.draw_numbers(axis, image)
    with pytest.raises(ValueError, match=r"values have shape \(3,\)"):
        plotting.draw_numbers(axis, np.ones(3))


def test_bytes_with_a_sign_have_their_magnitude():
    _, axis = plotting.figure()
    image = plotting.draw_image(axis, np.array([[-128, 5]], np.int8), signed=True)
    assert image.get_clim() == (-128, 128)


def palette_image():
    image = Image.new("P", (2, 1))
    image.putpalette([10, 20, 30, 200, 100, 50])
    image.putpixel((1, 0), 1)
    return image


def test_images_of_pillow_are_drawn_in_their_colors():
    _, axis = plotting.figure()
    drawn = plotting.draw_image(axis, palette_image()).get_array()
    assert drawn.tolist() == [[[10, 20, 30], [200, 100, 50]]]
    # No ink but a fifth of black: 255 * (1 - 51 / 255).
    cmyk = Image.new("CMYK", (1, 1), (0, 0, 0, 51))
    assert plotting.draw_image(axis, cmyk).get_array().tolist() == [[[204, 204, 204]]]
    gray = Image.fromarray(np.array([[3, 7]], np.uint8))
    assert plotting.draw_image(axis, gray).get_array().tolist() == [[3, 7]]
    floats = Image.fromarray(np.array([[0.25, 1]], np.float32))
    assert plotting.draw_image(axis, floats).get_array().tolist() == [[0.25, 1]]


def test_images_of_pillow_are_read_in_their_colors_everywhere():
    weights = np.array([0.2125, 0.7154, 0.0721])
    expected = np.array([[[10, 20, 30], [200, 100, 50]]]) @ weights / 255
    np.testing.assert_allclose(as_gray(palette_image()), expected, rtol=1e-6)
    np.testing.assert_allclose(
        overlay(palette_image(), np.zeros((1, 1))), expected[..., None].repeat(3, 2)
    )


def test_an_overlay_is_an_array_whatever_its_limit_is():
    image, evidence = np.zeros((2, 2), np.uint8), np.ones((2, 2))
    result = overlay(image, evidence, limit=torch.tensor(1.0))
    assert isinstance(result, np.ndarray)
    np.testing.assert_array_equal(result, overlay(image, evidence, limit=1))
    with pytest.raises(ValueError, match="limit is '1'; give a positive, finite number"):
        overlay(image, evidence, limit="1")
    with pytest.raises(ValueError, match="opacity is '1'; give a finite number"):
        overlay(image, evidence, opacity="1")
