"""Images of one's own: odd files, folders and numbers, against Pillow, NumPy and torchvision."""

import errno
import gzip
import io
import os
import re
import shutil
import struct
import warnings
import zlib

import numpy as np
import pytest
import torch
import traitlets
from PIL import Image, ImageOps
from torch import nn
from torchvision import datasets as reference
from torchvision import transforms

from lecture_utils import datasets, plotting
from lecture_utils._validation import image_files
from lecture_utils._validation.image_files import as_rgb, read_rgb
from lecture_utils._validation.pixels import SLACK, to_bytes, to_floats
from lecture_utils.datasets import _cats_vs_dogs, _image_cache, _search
from lecture_utils.interpretation import overlay
from lecture_utils.pretrained import Pretrained
from lecture_utils.training import ImageDataModule, find_images
from lecture_utils.widgets._images import PixelTrait, as_gray, as_square
from lecture_utils.widgets.draw_a_digit.examples import as_digits
from lecture_utils.widgets.embedding_map.sheet import make_sheet

HEIGHT, WIDTH = 6, 9

# There, links are a privilege, pipes have no names, and `st_ctime` is something else.
not_on_windows = pytest.mark.skipif(os.name == "nt", reason="needs a POSIX file system")


@pytest.fixture(autouse=True)
def clean_machine(tmp_path, monkeypatch):
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    monkeypatch.setattr(_search, "_said", set())


@pytest.fixture
def rng():
    return np.random.default_rng(0)


@pytest.fixture
def folder(tmp_path, rng):
    """Two splits of two classes with two images each, all of one size."""
    root = tmp_path / "own"
    for split in ("train", "validation"):
        for kind in ("cats", "dogs"):
            (root / split / kind).mkdir(parents=True)
            for number in range(2):
                save(color(rng), root / split / kind / f"{number}.png")
    return root


def color(rng, height=HEIGHT, width=WIDTH):
    return rng.integers(0, 256, (height, width, 3), dtype=np.uint8)


def save(array, path, **options):
    Image.fromarray(array).save(path, **options)
    return path


def read(folder, **options):
    """Read the two splits at the files' own size, so that nothing is resized."""
    data = ImageDataModule(folder, 2, (HEIGHT, WIDTH), **options)
    data.setup("fit")
    return data


def pixels(data, name):
    """Return an image of the training split, (H, W, 3)."""
    index = data.files["train"].index(name)
    return data.train_set.inputs[index].permute(1, 2, 0).numpy()


def model_of(height, width):
    """A pretrained model whose preprocessing keeps images of this (square) size."""
    assert height == width
    return Pretrained(
        "none", "None", nn.Identity(), (), height, (0.0,) * 3, (1.0,) * 3, "cache", "", height,
        "bilinear",
    )  # fmt: skip


def cropped(image):
    """What `crop` makes of a square image, as bytes (H, W, 3)."""
    height, width = image.shape[:2] if isinstance(image, np.ndarray) else image.size
    result = model_of(height, width).crop(image)[0] * 255
    return result.round().to(torch.uint8).permute(1, 2, 0).numpy()


# ---- 16 bits


def tiff(samples, bits=16, photometric=1, sample_format=1):
    """Write a gray TIFF by hand: Pillow writes neither 12 bits nor "white is zero"."""
    height, width = samples.shape
    if bits == 12:
        padded = np.pad(samples, ((0, 0), (0, width % 2)))
        rows = []
        for row in padded:
            packed = "".join(f"{int(value):012b}" for value in row)[: 12 * width]
            packed += "0" * (-len(packed) % 8)
            rows.append(int(packed, 2).to_bytes(len(packed) // 8, "big"))
        strip = b"".join(rows)
    else:
        strip = samples.astype(f"<{'iu'[sample_format == 1]}{bits // 8}").tobytes()
    tags = [
        (256, width), (257, height), (258, bits), (259, 1), (262, photometric),
        (273, 8 + 2 + 10 * 12 + 4), (277, 1), (278, height), (279, len(strip)),
        (339, sample_format),
    ]  # fmt: skip
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
    return struct.pack("<2sHIH", b"II", 42, 8, len(tags)) + entries + bytes(4) + strip


def png16(samples):
    """Write a PNG of 16 bits per channel by hand, (H, W) or (H, W, 3)."""

    def chunk(kind, content):
        checksum = zlib.crc32(kind + content)
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)

    height, width = samples.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, 2 if samples.ndim == 3 else 0, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
    end = chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + end


def pgm16(samples, largest=65535):
    header = b"P5 %d %d %d\n" % (samples.shape[1], samples.shape[0], largest)
    return header + samples.astype(">u2").tobytes()


def big_endian_tiff(samples):
    file = io.BytesIO()
    image = Image.frombytes("I;16B", samples.shape[::-1], samples.astype(">u2").tobytes())
    image.save(file, "TIFF")
    return file.getvalue()


def rounded(samples, largest=65535):
    """What 8 bits come nearest to: half a level at most away, for all channels the same."""
    levels = np.floor(samples / largest * 255 + 0.5).astype(np.uint8)
    return np.repeat(levels[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("name", "write"),
    [("a.png", png16), ("a.tif", tiff), ("b.tiff", big_endian_tiff), ("a.pgm", pgm16)],
)
def test_16_bits_of_gray_are_scaled(folder, rng, name, write):
    samples = rng.integers(0, 65536, (HEIGHT, WIDTH))
    samples[0, :6] = 0, 65535, 128, 129, 32767, 32896
    (folder / "train/cats" / name).write_bytes(write(samples))
    data = read(folder)
    np.testing.assert_array_equal(pixels(data, f"cats/{name}"), rounded(samples))
    assert data.converted == {"train": 1, "validation": 0}


def test_16_bits_as_older_versions_of_pillow_open_them(rng):
    """They say "I" for a PNG of 16 bits; the format tells what is meant."""
    samples = rng.integers(0, 65536, (5, 4), dtype=np.int32)
    image = Image.fromarray(samples)
    image.format = "PNG"
    np.testing.assert_array_equal(np.asarray(as_rgb(image)), rounded(samples))


@pytest.mark.parametrize("mode", ["I;16", "I;16B", "I;16L"])
def test_16_bits_in_memory_are_scaled_for_a_pretrained_model(rng, mode):
    samples = rng.integers(0, 65536, (8, 8))
    order = ">u2" if mode == "I;16B" else "<u2"
    image = Image.frombytes(mode, (8, 8), samples.astype(order).tobytes())
    np.testing.assert_array_equal(cropped(image), rounded(samples))
    np.testing.assert_array_equal(as_square(image, side=8), rounded(samples))


def test_a_gray_image_of_16_bits_keeps_its_mean(folder, rng):
    """The report: a mean level of 128 became 99.6% white."""
    samples = rng.integers(0, 65536, (HEIGHT, WIDTH))
    samples = (samples * (128 * 257 / samples.mean())).clip(0, 65535).round()
    (folder / "train/cats/a.png").write_bytes(png16(samples))
    assert abs(pixels(read(folder), "cats/a.png").mean() - samples.mean() / 257) < 0.5


def test_the_bits_and_the_white_that_a_tiff_states(folder, rng):
    twelve = rng.integers(0, 4096, (HEIGHT, WIDTH))
    sixteen = rng.integers(0, 65536, (HEIGHT, WIDTH))
    (folder / "train/cats/twelve.tif").write_bytes(tiff(twelve, bits=12))
    (folder / "train/cats/negative.tif").write_bytes(tiff(sixteen, photometric=0))
    data = read(folder)
    np.testing.assert_array_equal(pixels(data, "cats/twelve.tif"), rounded(twelve, 4095))
    np.testing.assert_array_equal(pixels(data, "cats/negative.tif"), 255 - rounded(sixteen))


def test_a_pgm_states_its_largest_value(folder, rng):
    samples = rng.integers(0, 1001, (HEIGHT, WIDTH))
    (folder / "train/cats/a.pgm").write_bytes(pgm16(samples, 1000))
    ours = pixels(read(folder), "cats/a.pgm").astype(int)
    # Pillow scales to 16 bits first and rounds there, too.
    assert np.abs(ours - rounded(samples, 1000)).max() <= 1


def test_of_color_with_16_bits_the_upper_byte_is_kept_and_counted(folder, rng):
    samples = rng.integers(0, 65536, (HEIGHT, WIDTH, 3))
    (folder / "train/cats/a.png").write_bytes(png16(samples))
    data = read(folder)
    np.testing.assert_array_equal(pixels(data, "cats/a.png"), samples >> 8)
    assert data.converted["train"] == 1


def test_numbers_of_unknown_range_are_refused_by_name(folder, rng):
    Image.fromarray(rng.random((HEIGHT, WIDTH), dtype=np.float32)).save(
        folder / "train/cats/float.tif"
    )
    Image.fromarray(rng.integers(0, 9, (HEIGHT, WIDTH), dtype=np.int32)).save(
        folder / "train/cats/int.tif"
    )
    signed = rng.integers(-99, 99, (HEIGHT, WIDTH))
    (folder / "train/cats/signed.tif").write_bytes(tiff(signed, sample_format=2))
    with pytest.warns(UserWarning, match=r"3 images .*float.tif \(the image has floats of 32 bits"):
        data = read(folder)
    assert list(data.skipped["train"]) == [f"cats/{n}.tif" for n in ("float", "int", "signed")]
    assert "mode F" in data.skipped["train"]["cats/float.tif"]
    assert len(data.train_set) == 4
    for array in (np.zeros((8, 8), np.float32), np.zeros((8, 8), np.int32)):
        with pytest.raises(ValueError, match=r"range is not known; convert them to bytes"):
            cropped(Image.fromarray(array))


# ---- orientation and modes

UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.swapaxes(0, 1),
    6: lambda a: np.rot90(a, -1),  # the camera was held with its right side down
    7: lambda a: np.rot90(a, 2).swapaxes(0, 1),
    8: lambda a: np.rot90(a, 1),
}


@pytest.mark.parametrize("ending", ["png", "webp", "tif", "jpg"])
@pytest.mark.parametrize("orientation", UPRIGHT)
def test_a_photo_stands_upright(tmp_path, rng, orientation, ending):
    array = color(rng)
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"lossless": True} if ending == "webp" else {}
    path = save(array, tmp_path / f"turned.{ending}", exif=exif, **options)
    plain = save(array, tmp_path / f"plain.{ending}", **options)
    expected = UPRIGHT[orientation](np.asarray(Image.open(plain).convert("RGB")))
    np.testing.assert_array_equal(np.asarray(read_rgb(path)[0]), expected)
    with Image.open(path) as image:
        np.testing.assert_array_equal(np.asarray(as_rgb(image)), expected)
    with Image.open(path) as image:
        # Nor is it turned twice.
        upright = ImageOps.exif_transpose(image)
        np.testing.assert_array_equal(np.asarray(as_rgb(upright)), expected)


def test_orientation_reaches_training_and_pretrained_models(folder, tmp_path, rng):
    exif = Image.Exif()
    exif[0x0112] = 6
    array = color(rng, WIDTH, HEIGHT)
    save(array, folder / "train/cats/phone.png", exif=exif)
    np.testing.assert_array_equal(pixels(read(folder), "cats/phone.png"), np.rot90(array, -1))
    square = color(rng, 8, 8)
    image = Image.open(save(square, tmp_path / "square.png", exif=exif))
    np.testing.assert_array_equal(cropped(image), np.rot90(square, -1))
    np.testing.assert_array_equal(as_square(image, side=8), np.rot90(square, -1))


@pytest.mark.parametrize(
    "exif", [b"Exif\0\0II*\0\xff\xff\xff\xff", b"nonsense", b"Exif\0\0" + bytes(40)]
)
def test_broken_exif_does_not_make_a_photo_unreadable(tmp_path, rng, exif):
    path = save(color(rng), tmp_path / "a.jpg", exif=exif)
    with image_files.without_warnings():
        ours = np.asarray(read_rgb(path)[0])
        np.testing.assert_array_equal(ours, np.asarray(Image.open(path).convert("RGB")))


@pytest.mark.parametrize(
    "mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "RGBX", "CMYK", "YCbCr", "LAB", "HSV"]
)
def test_8_bits_are_what_pillow_makes_of_them(rng, mode):
    source = Image.fromarray(rng.integers(0, 256, (7, 5, 4), dtype=np.uint8), "RGBA")
    if mode in ("LAB", "HSV", "YCbCr"):
        image = Image.frombytes(mode, (5, 7), rng.bytes(105))
    else:
        image = source if mode == "RGBA" else source.convert("RGB").convert(mode)
    np.testing.assert_array_equal(np.asarray(as_rgb(image)), np.asarray(image.convert("RGB")))


def test_a_palette_with_transparency_shows_what_lies_under_it(tmp_path, rng):
    image = Image.fromarray(color(rng)).quantize(8)
    image.save(tmp_path / "a.png", transparency=0)
    expected = np.asarray(Image.open(tmp_path / "a.png").convert("RGB"))
    np.testing.assert_array_equal(np.asarray(read_rgb(tmp_path / "a.png")[0]), expected)


# ---- the range of values


def drawn(image):
    """What `draw_image` shows, as values from 0 to 1."""
    figure, axis = plotting.figure()
    artist = plotting.draw_image(axis, image)
    low, high = artist.get_clim()
    shown = (np.asarray(artist.get_array(), float) - low) / (high - low)
    plotting.plt.close(figure)
    return shown


class Keeper(traitlets.HasTraits):
    as_bytes = PixelTrait("uint8", ndim=2)
    as_floats = PixelTrait("float32", ndim=2)


def kept(name):
    def keep(image):
        keeper = Keeper()
        setattr(keeper, name, image)
        return getattr(keeper, name) / (255 if name == "as_bytes" else 1)

    return keep


def laid_over(image):
    image = np.asarray(image)
    return overlay(image[None] if image.dtype.kind == "f" else image, np.zeros((1, 1)))[..., 0]


#: Everything that takes an image as an array, made to return its brightness from 0 to 1.
TAKERS = {
    "to_floats": to_floats,
    "to_bytes": lambda image: to_bytes(image) / 255,
    "draw_image": drawn,
    "as_gray": as_gray,
    "as_square": lambda image: as_square(image, side=28)[..., 0] / 255,
    "as_digits": lambda image: as_digits(np.asarray(image)[None], [0])[0][0] / 255,
    "byte trait": kept("as_bytes"),
    "float trait": kept("as_floats"),
    "overlay": laid_over,
}

BASE = np.random.default_rng(3).integers(0, 256, (28, 28))


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize(
    "image",
    [
        BASE.astype(np.uint8),
        BASE,
        BASE.astype(np.uint16),
        BASE % 2,  # dark, but integers: of 255
        BASE / 255,
        (BASE / 255).astype(np.float16),
        BASE / 255 / 100,
        BASE > 127,
        np.full((28, 28), 1.0000001),
        np.where(BASE > 127, 1 + SLACK / 2, -SLACK / 2),
    ],
    ids=lambda image: f"{image.dtype}, to {image.max():.9g}",
)
def test_the_type_decides_the_range(take, image):
    """Integers are of 255, floats of 1, whatever the largest value is."""
    scale = 255 if image.dtype.kind in "iu" else 1
    expected = (image.astype(float) / scale).clip(0, 1)
    # Half a level, for those who keep bytes.
    np.testing.assert_allclose(take(image), expected, atol=0.5 / 255 + 1e-6)


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
@pytest.mark.parametrize(
    ("value", "kind", "message"),
    [
        (255.0, float, "to 255, .*divide by 255"),
        (1.1, float, "to 1.1, .*divide by 255"),
        (-0.5, float, "from -0.5 .*rescale"),
        (300.0, float, "to 300, .*rescale"),
        (np.inf, float, "inf at .*nan_to_num"),
        (-np.inf, np.float32, "-inf at .*nan_to_num"),
        (256, int, "to 256; .*divide by 257"),
        (65535, np.uint16, "to 65535; .*divide by 257"),
        (-1, int, "from -1 .*rescale"),
        (1 + 1j, complex, "type complex128"),
    ],
)
def test_other_values_are_refused(take, value, kind, message):
    image = np.zeros((28, 28), kind)
    image[3, 4] = value
    with pytest.raises((ValueError, traitlets.TraitError), match=message):
        take(image)


@pytest.mark.parametrize("take", TAKERS.values(), ids=TAKERS)
def test_nan_is_a_hole_in_a_figure_and_an_error_elsewhere(take):
    image = np.zeros((28, 28))
    image[3, 4] = np.nan
    if take is drawn:
        assert np.argwhere(~np.isfinite(np.ma.filled(drawn(image), np.nan))).tolist() == [[3, 4]]
        return
    with pytest.raises((ValueError, traitlets.TraitError), match="nan at"):
        take(image)


def test_one_channel_out_of_range_is_noticed_though_the_brightness_is_not():
    image = np.zeros((4, 4, 3))
    image[0, 0] = 0, 0, 2
    with pytest.raises(ValueError, match="to 2, outside of 0 to 1"):
        as_gray(image)


def test_what_is_no_array_is_refused():
    for value in ([[1, 2], [3]], torch.zeros(2, 2, device="meta")):
        with pytest.raises(ValueError, match="image is not an array of numbers"):
            to_floats(value)
    # What a tensor is part of does not matter.
    assert to_floats(torch.ones(2, 2, requires_grad=True)).tolist() == [[1, 1], [1, 1]]
    with pytest.raises(ValueError, match="image has type <U3"):
        to_bytes("cat")


def test_signed_figures_take_any_finite_limit():
    figure = plotting.image_grid([np.array([[np.inf, -3.0, np.nan]])], signed=True)
    assert figure.axes[0].images[0].get_clim() == (-3, 3)


def test_pretrained_models_take_integers_of_255(rng):
    array = color(rng, 8, 8)
    for same in (array, array.astype(int), array.astype(np.uint16), array[::-1][::-1]):
        np.testing.assert_array_equal(cropped(same), array)
    mask = array[..., 0] > 99
    np.testing.assert_array_equal(cropped(mask)[..., 1], mask * 255)
    with pytest.raises(ValueError, match="divide by 257 if they have 16 bits"):
        cropped(array.astype(np.uint16) * 257)
    with pytest.raises(ValueError, match=r"float64 .*\(255 \* image\)"):
        cropped(array / 255)
    with pytest.raises(ValueError, match="values from -1"):
        cropped(array.astype(int) - array.min() - 1)


# ---- bad files


def broken_files(root, rng):
    """Put every kind of bad file beside the good ones; return what should be said of each."""
    cats = root / "train/cats"
    whole = save(color(rng, 20, 20), root / "whole.jpg").read_bytes()
    (cats / "dead.jpg").symlink_to(root / "nowhere.jpg")
    (cats / "self.jpg").symlink_to(cats / "self.jpg")
    (cats / "folder.jpg").mkdir()
    (cats / "empty.jpg").write_bytes(b"")
    (cats / "text.jpg").write_text("<html>404</html>")
    (cats / "cut.jpg").write_bytes(whole[:-40])
    save(color(rng, 40, 40), cats / "huge.png")
    os.mkfifo(cats / "pipe.jpg")
    return {
        "dead.jpg": "link to .*nowhere.jpg, which does not exist",
        "self.jpg": "[Ss]ymbolic link",
        "folder.jpg": "a folder",
        "empty.jpg": "the file is empty",
        "text.jpg": "not an image format that Pillow knows",
        "cut.jpg": "truncated",
        "huge.png": r"1600 pixels\) exceeds limit.*raise PIL.Image.MAX_IMAGE_PIXELS",
        "pipe.jpg": "not a regular file",
    }


@not_on_windows
def test_each_bad_file_is_skipped_with_its_reason(folder, rng, monkeypatch):
    before = read(folder)
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    reasons = broken_files(folder, rng)
    for _ in "decoded", "from the cache":
        with pytest.warns(UserWarning, match=r"8 images .*cats/cut.jpg \(.*truncated.*and 3 more"):
            data = read(folder)
        assert sorted(data.skipped["train"]) == sorted(f"cats/{name}" for name in reasons)
        for name, reason in reasons.items():
            assert re.search(reason, data.skipped["train"][f"cats/{name}"]), name
        assert data.files == before.files
        assert torch.equal(data.train_set.inputs, before.train_set.inputs)
        assert data.skipped["validation"] == {}


@pytest.mark.parametrize("ending", ["png", "jpg", "tif", "bmp", "webp", "ppm"])
def test_whatever_is_in_a_file_it_is_read_or_skipped_with_a_reason(
    tmp_path, rng, monkeypatch, ending
):
    """Random damage: no error leaves, and no reason is empty."""
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 10**5)  # damage may claim gigabytes
    exif = {} if ending in ("bmp", "ppm") else {"exif": Image.Exif()}
    if exif:
        exif["exif"][0x0112] = 6
    whole = save(color(rng), tmp_path / f"whole.{ending}", **exif).read_bytes()
    path = tmp_path / f"damaged.{ending}"
    skipped = 0
    with image_files.without_warnings():
        for _ in range(60):
            content = bytearray(whole)
            for at in rng.integers(0, min(len(content), 120), rng.integers(1, 6)):
                content[at] = rng.integers(0, 256)
            path.write_bytes(content[: rng.integers(1, len(content) + 1)])
            result = _image_cache._decode(path, (4, 4))
            if isinstance(result, _image_cache._Failure):
                assert result.reason and not result.is_of_system
                assert str(path) not in result.reason
                skipped += 1
            else:
                assert result.pixels.shape == (4, 4, 3)
    assert skipped > 10


def test_a_limit_that_is_raised_is_noticed(folder, rng, monkeypatch):
    save(color(rng, 40, 40), folder / "train/cats/huge.png")
    with monkeypatch.context() as patch, pytest.warns(UserWarning, match="exceeds limit"):
        patch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
        assert len(read(folder).train_set) == 4
    assert len(read(folder).train_set) == 5


def test_many_pixels_below_the_limit_are_read_as_torchvision_reads_them(folder, rng, monkeypatch):
    """Between one and two times Pillow's number it warns only."""
    array = color(rng, 30, 30)
    save(array, folder / "train/cats/large.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 500)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data = read(folder)
    resized = transforms.Resize((HEIGHT, WIDTH))(Image.fromarray(array))
    np.testing.assert_array_equal(pixels(data, "cats/large.png"), np.asarray(resized))


def test_what_may_not_be_opened_is_skipped_until_it_may(folder, monkeypatch):
    def locked(path, *arguments):
        if str(path).endswith("cats/1.png"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return open(path, *arguments)

    with monkeypatch.context() as patch:
        patch.setattr(image_files, "open", locked, raising=False)
        for _ in "decoded", "from the cache":
            with pytest.warns(UserWarning, match=r"cats/1.png \(Permission denied\)"):
                data = read(folder)
        assert data.files["train"] == ["cats/0.png", "dogs/0.png", "dogs/1.png"]
    assert len(read(folder).train_set) == 4


def test_a_folder_that_cannot_be_listed_is_skipped_with_its_reason(folder, monkeypatch, rng):
    (folder / "train/cats/locked").mkdir()
    save(color(rng), folder / "train/cats/locked/a.png")
    scan = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return scan(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.warns(UserWarning, match=r"cats/locked \(Permission denied\)"):
        data = read(folder)
    assert len(data.train_set) == 4


@pytest.mark.parametrize("moment", ["_fingerprint", "_decoded"])
def test_a_file_that_vanishes_meanwhile_is_skipped(folder, monkeypatch, moment):
    original = getattr(_image_cache, moment)

    def vanish(root, *arguments):
        (root / "cats/1.png").unlink(missing_ok=True)
        return original(root, *arguments)

    monkeypatch.setattr(_image_cache, moment, vanish)
    with pytest.warns(UserWarning, match=r"cats/1.png \(No such file"):
        data = read(folder)
    assert data.files["train"] == ["cats/0.png", "dogs/0.png", "dogs/1.png"]


def test_a_class_of_bad_files_only_is_refused_with_a_reason(folder):
    for path in (folder / "train/cats").iterdir():
        path.write_bytes(b"")
    with (
        pytest.warns(UserWarning, match="2 images"),
        pytest.raises(ValueError, match=r"cats can be read \(cats/0.png \(the file is empty\)\)"),
    ):
        read(folder)


def test_files_that_are_not_taken_are_listed_and_those_like_images_said(folder):
    plain = read(folder)
    assert plain.ignored == {"train": [], "validation": []}
    for name in ("cats/a.jfif", "cats/b.HEIC", "dogs/c.gif", "dogs/d.gif", "dogs/notes.txt"):
        (folder / "train" / name).write_bytes(b"GIF89a")
    (folder / "train/loose.JPG").write_bytes(b"beside the classes")
    (folder / "validation/cats/Thumbs.db").write_bytes(b"")
    with pytest.warns(UserWarning, match=r"2 .gif, 1 .heic, 1 .jfif, 1 .jpg, such as loose.JPG"):
        data = read(folder)
    assert data.ignored["train"] == [
        "loose.JPG", "cats/a.jfif", "cats/b.HEIC", "dogs/c.gif", "dogs/d.gif", "dogs/notes.txt",
    ]  # fmt: skip
    assert data.skipped["train"] == {}
    expected = reference.ImageFolder(folder / "train")
    taken = [os.path.relpath(path, folder / "train") for path, _ in expected.samples]
    assert data.files["train"] == taken
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        shutil.rmtree(folder / "train")
        shutil.copytree(folder / "validation", folder / "train")
        assert read(folder).ignored["train"] == ["cats/Thumbs.db"]  # no image: nothing is said


def test_images_that_lie_where_they_are_not_looked_for_are_said(folder):
    for path in (folder / "train/cats").iterdir():
        path.rename(path.with_suffix(".heic"))
    with pytest.raises(ValueError, match=r"cats has no image .*files ending in .heic: convert"):
        read(folder)
    shutil.rmtree(folder / "train")
    (folder / "train").mkdir()
    for name in ("cat.0.jpg", "dog.0.jpg"):  # as Kaggle has them
        (folder / "train" / name).write_bytes(b"")
    with pytest.raises(ValueError, match="it has none; sort its 2 loose images into"):
        find_images(folder / "train")


# ---- links


@not_on_windows
def test_a_folder_that_links_into_itself_is_read_once(folder):
    expected = read(folder).files
    train = folder / "train"
    (train / "cats/again").symlink_to(train / "cats")
    (train / "cats/up").symlink_to(train)
    (train / "dogs/top").symlink_to(folder)
    (train / "all").symlink_to(train)
    (train / "dogs/deep").mkdir()
    (train / "dogs/deep/back").symlink_to(train / "dogs")
    assert read(folder).files == expected


@not_on_windows
def test_two_folders_that_link_to_each_other_are_read_once_each(folder, tmp_path, rng):
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / one).mkdir()
        save(color(rng), tmp_path / one / f"{one}.png")
        (tmp_path / one / "other").symlink_to(tmp_path / other)
    (folder / "train/cats/linked").symlink_to(tmp_path / "a")
    assert read(folder).files["train"] == [
        "cats/0.png", "cats/1.png", "cats/linked/a.png", "cats/linked/other/b.png", "dogs/0.png",
        "dogs/1.png",
    ]  # fmt: skip


@not_on_windows
def test_links_to_folders_and_files_elsewhere_are_followed(folder, tmp_path, rng):
    (tmp_path / "elsewhere/deeper").mkdir(parents=True)
    save(color(rng), tmp_path / "elsewhere/x.png")
    save(color(rng), tmp_path / "elsewhere/deeper/y.png")
    train = folder / "train"
    shutil.move(train / "dogs", tmp_path / "dogs")
    (train / "dogs").symlink_to(tmp_path / "dogs")
    (train / "cats/more").symlink_to(tmp_path / "elsewhere")
    (train / "cats/one.png").symlink_to(tmp_path / "elsewhere/x.png")
    data = read(folder)
    expected = reference.ImageFolder(train)
    taken = [os.path.relpath(path, train) for path, _ in expected.samples]
    assert data.files["train"] == taken
    assert data.train_set.labels.tolist() == expected.targets
    assert len(taken) == 7


@not_on_windows
def test_a_folder_keeps_its_own_name_beside_a_link_to_it(folder, rng):
    cats = folder / "train/cats"
    (cats / "z").mkdir()
    save(color(rng), cats / "z/a.png")
    (cats / "a").symlink_to(cats / "z")
    names, _ = find_images(folder / "train")
    assert names[:3] == ["cats/0.png", "cats/1.png", "cats/z/a.png"]


# ---- the cache


def test_swapped_files_are_noticed(folder, rng):
    cats = folder / "train/cats"
    for name in ("a", "b"):
        save(color(rng), cats / f"{name}.bmp")
        os.utime(cats / f"{name}.bmp", ns=(10**18, 10**18))
    first = read(folder)
    (cats / "a.bmp").rename(cats / "c.bmp")
    (cats / "b.bmp").rename(cats / "a.bmp")
    (cats / "c.bmp").rename(cats / "b.bmp")
    second = read(folder)
    for one, other in (("a", "b"), ("b", "a")):
        np.testing.assert_array_equal(
            pixels(second, f"cats/{one}.bmp"), pixels(first, f"cats/{other}.bmp")
        )


@not_on_windows
def test_a_file_that_is_overwritten_with_its_old_time_is_noticed(folder, rng):
    path = save(color(rng), folder / "train/cats/a.bmp")
    before = os.stat(path)
    read(folder)
    other = color(rng)
    save(other, path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (path.stat().st_size, path.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    np.testing.assert_array_equal(pixels(read(folder), "cats/a.bmp"), other)


@not_on_windows
def test_a_second_run_decodes_nothing_though_files_are_bad(folder, monkeypatch):
    (folder / "train/cats/empty.jpg").write_bytes(b"")
    (folder / "train/cats/dead.jpg").symlink_to("nowhere")
    with pytest.warns(UserWarning, match="2 images"):
        first = read(folder)

    def refuse(*_):
        raise AssertionError("this was to be read from the cache")

    monkeypatch.setattr(_image_cache, "_decode", refuse)
    with pytest.warns(UserWarning, match="2 images"):
        second = read(folder)
    assert torch.equal(first.train_set.inputs, second.train_set.inputs)
    assert first.skipped == second.skipped


# ---- names of others


def idx(array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return header + array.astype(np.uint8).tobytes()


NAMES = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte")


@pytest.mark.parametrize(
    "rename",
    [
        lambda name: name.replace("-idx", ".idx"),
        lambda name: name.replace("-idx", ".idx") + ".gz",
        lambda name: f"{name}/{name}",
        lambda name: f"{name}/{name.replace('-idx', '.idx')}",
        lambda name: f"{name.replace('-idx', '.idx')}/{name.replace('-idx', '.idx')}.gz",
    ],
)
@pytest.mark.parametrize("layout", ["mnist", "mnist-dataset", "fashionmnist"])
def test_mnist_under_the_names_of_others(tmp_path, monkeypatch, rng, rename, layout):
    images, labels = rng.integers(0, 256, (5, 28, 28)), rng.integers(0, 10, 5)
    for name, array in zip(NAMES, (images, labels), strict=True):
        path = tmp_path / layout / rename(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        content = idx(array)
        path.write_bytes(gzip.compress(content) if path.suffix == ".gz" else content)
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    data = (datasets.fashion_mnist if "fashion" in layout else datasets.mnist)()
    assert data.source == "folder"
    np.testing.assert_array_equal(data.images, images)
    np.testing.assert_array_equal(data.labels, labels)


def test_a_packed_file_may_have_lost_its_ending(tmp_path, monkeypatch, rng):
    images, labels = rng.integers(0, 256, (5, 28, 28)), rng.integers(0, 10, 5)
    (tmp_path / "mnist").mkdir()
    for name, array in zip(NAMES, (images, labels), strict=True):
        (tmp_path / "mnist" / name).write_bytes(gzip.compress(idx(array)))
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    np.testing.assert_array_equal(datasets.mnist().images, images)


@pytest.mark.parametrize(
    "name",
    [
        "train-images-idx3-ubyte",
        "archive/train-images.idx3-ubyte",
        "mnist_train.csv",
        "mnist/mnist.npz",
        "mnist/train-images-idx3-ubyte.gz",  # without its labels
    ],
)
def test_the_stand_in_is_not_taken_silently_when_mnist_lies_near(
    tmp_path, monkeypatch, capsys, name
):
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    (tmp_path / "fashion-mnist_train.csv").write_bytes(b"")  # not this one
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(b"")  # nor this
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    assert datasets.mnist().source == "embedded"
    said = capsys.readouterr().err
    assert f"but there is {name}; move both files (in IDX format) to {tmp_path / 'mnist'}" in said
    with pytest.raises(FileNotFoundError, match="but there is"):
        datasets.mnist(source="folder")


def test_nothing_near_is_nothing_to_say(tmp_path, monkeypatch, capsys):
    for name in (
        "fashion-mnist/t10k-images-idx3-ubyte", "readme.txt", ".hidden/mnist.csv",
        "kmnist/train-images-idx3-ubyte", "medmnist.npz",
    ):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    assert datasets.mnist().source == "embedded"
    assert "but there is" not in capsys.readouterr().err


@pytest.mark.parametrize(
    "name", ["PetImages/Cat/0.jpg", "train/cat.0.jpg", "pets/train/dogs/1.jpeg", "dogs-vs-cats.zip"]
)
def test_pets_in_another_layout_are_named(tmp_path, monkeypatch, capsys, name):
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_bytes(b"")
    monkeypatch.setenv("LECTURE_DATA", str(tmp_path))
    monkeypatch.setattr(_cats_vs_dogs, "drawn_pets", lambda: datasets.drawn_pets((2, 2, 2)))
    found = _cats_vs_dogs.load(None, False, _cats_vs_dogs.drawn_pets)
    assert found.source == "embedded"
    assert f"but there is {name}; sort the photos" in capsys.readouterr().err


# ---- overlays


def test_an_overlay_takes_every_kind_of_image_alike(rng):
    bytes_ = color(rng)
    gray = bytes_[..., 0]
    evidence = rng.normal(size=(2, 3))
    expected = overlay(bytes_, evidence)
    alpha = np.dstack([bytes_, gray])
    planes = torch.from_numpy(bytes_ / 255).permute(2, 0, 1)
    learned = planes.clone().requires_grad_()
    for same in (alpha, bytes_.astype(int), planes, learned, planes.numpy()):
        np.testing.assert_allclose(overlay(same, evidence), expected, atol=1e-12)
    # Where there is no evidence, the brightness is left: Rec. 709, summed by hand.
    plain = overlay(bytes_, np.zeros((1, 1)))
    brightness = (bytes_ * [0.2125, 0.7154, 0.0721]).sum(axis=2) / 255
    np.testing.assert_allclose(plain, np.repeat(brightness[..., None], 3, axis=2), atol=1e-12)
    for same in (gray, gray[None] / 255):
        shown = overlay(same, np.zeros((1, 1)))
        np.testing.assert_allclose(shown[..., 1], gray / 255, atol=1e-12)
    half = torch.tensor(evidence).bfloat16()
    np.testing.assert_allclose(overlay(bytes_, half), overlay(bytes_, half.double()), atol=1e-12)
    assert overlay(bytes_, evidence[::-1]).shape == (HEIGHT, WIDTH, 3)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_an_overlay_refuses_what_is_not_finite(bad):
    image, evidence = np.zeros((4, 4, 3), np.uint8), np.zeros((2, 3))
    evidence[1, 2] = bad
    for kind in (evidence, torch.tensor(evidence)):
        with pytest.raises(ValueError, match=f"evidence has {bad} at row 1, column 2"):
            overlay(image, kind)
    floats = np.zeros((3, 4, 4))
    floats[0, 1, 2] = bad
    with pytest.raises(ValueError, match=f"image has {bad} at"):
        overlay(floats, np.zeros((2, 2)))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4)), np.zeros((4, 4, 3)), np.zeros((3, 4, 5), np.uint8), np.zeros((2, 4, 4)),
        np.zeros((0, 4, 3), np.uint8), np.zeros((1, 3, 4, 4)),
    ],
)  # fmt: skip
def test_an_overlay_says_which_shapes_it_takes(image):
    with pytest.raises(ValueError, match=r"image has shape .*pass bytes \(H, W, 3\)"):
        overlay(image, np.zeros((2, 2)))


# ---- thumbnails


def test_thumbnails_say_which_file_is_bad(tmp_path, rng):
    path = save(color(rng), tmp_path / "a.png")
    assert make_sheet([path, Image.open(path)], 2)[0].size
    (tmp_path / "b.png").write_bytes(b"")
    with pytest.raises(ValueError, match=r"b.png cannot be read: the file is empty"):
        make_sheet([tmp_path / "b.png"], 1)
