"""AugmentationLab in Chromium: its pixels are torchvision's, its random numbers are distributed as
there.
"""

import base64
import io

import numpy as np
import pytest
import torch
from page_tools import KEEP_COPIES, on_drawn, violations, wait_for_fading, wait_for_frames
from PIL import Image
from playwright.sync_api import expect
from scipy.stats import ks_2samp
from torchvision.transforms import v2

from lecture_utils import datasets
from lecture_utils.widgets import AugmentationLab

SIDE = 112
F = v2.functional
BILINEAR = v2.InterpolationMode.BILINEAR
rng = np.random.default_rng(62)
# Pixels travel as text, which is much faster than as lists of numbers.
LISTEN = """window.epochs = [];
window.toText = (bytes) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
window.toBytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
""" + on_drawn(
    "AugmentationLab",
    """window.drawn = detail;
  const { versions, seed } = detail;
  window.epochs.push({ seed, versions: versions.map(({ pixels, ...drawn }) => drawn) });""",
)
UNCHANGED = {"affine": None, "crop": None, "flip": False, "colors": [], "noise": 0, "erase": None}


class Page:
    """The demo on a page, as a reader and as a test see it."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".lu-augmentation-lab")
        self.tiles = self.root.get_by_role("radiogroup", name="Versions").get_by_role("radio")
        self.drawn_list = self.root.locator(".aug-drawn")
        self.code = self.root.locator(".aug-code")

    def wait(self):
        wait_for_frames(self.page)

    def drawn(self):
        self.wait()
        return self.page.evaluate(
            """(() => { const { settings, seed, preset, shown, versions } = drawn;
            return { settings, seed, preset, shown, versions: versions.map(({ pixels, ...rest }) => rest) }; })()"""
        )

    def pixels(self, tile):
        self.wait()
        return decoded(self.page.evaluate(f"toText(drawn.versions[{tile}].pixels)"))

    def changed(self, image, normals=None, **drawn):
        text = self.page.evaluate(
            "([bytes, numbers, normals]) => toText(drawn.change(toBytes(bytes), 112, numbers, normals))",
            [base64.b64encode(image.tobytes()).decode(), {**UNCHANGED, **drawn}, normals],
        )
        return decoded(text)

    def slide(self, name, value):
        self.root.get_by_role("slider", name=name, exact=True).fill(str(value))

    def choose(self, name):
        self.root.get_by_role("radio", name=name, exact=True).check(force=True)

    def next_epoch(self):
        self.root.get_by_role("button", name="The next epoch").click()


@pytest.fixture
def show(mount, page):
    def open_page(demo, page=page):
        page.add_init_script(LISTEN)
        mount(demo, page=page)
        return Page(page)

    return open_page


def decoded(text):
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(SIDE, SIDE, 3).astype(int)


def as_tensor(image):
    return torch.tensor(np.asarray(image)).permute(2, 0, 1)


def as_array(tensor):
    return tensor.permute(1, 2, 0).numpy().astype(int)


PHOTOS = [datasets.photo(name, size=SIDE) for name in ("cat", "coffee")]
NOISE = rng.integers(0, 256, size=(SIDE, SIDE, 3), dtype=np.uint8)


def test_affine_is_torchvisions(show):
    page = show(AugmentationLab())
    for image in (*PHOTOS, NOISE):
        for _ in range(4):
            angle, scale, shear = rng.uniform((-180, 0.5, -40), (180, 1.8, 40))
            dx, dy = (int(n) for n in rng.integers(-30, 31, size=2))
            numbers = {"angle": angle, "dx": dx, "dy": dy, "scale": scale, "shear": shear}
            found = page.changed(image, affine=numbers)
            options = {"angle": angle, "translate": [dx, dy], "scale": scale, "shear": [shear, 0.0]}
            expected = as_array(F.affine(as_tensor(image), **options, interpolation=BILINEAR))
            # Where a picture that is white everywhere stays white or is black: not its edge.
            white = torch.full((3, SIDE, SIDE), 255, dtype=torch.uint8)
            white = as_array(F.affine(white, **options, interpolation=BILINEAR))
            away = (white == 255) | (white == 0)
            assert away.mean() > 0.9
            assert np.abs(found - expected)[away].max() <= 1
    rotated = page.changed(
        PHOTOS[0], affine={"angle": 90, "dx": 0, "dy": 0, "scale": 1, "shear": 0}
    )
    assert np.array_equal(rotated, as_array(F.rotate(as_tensor(PHOTOS[0]), -90)))


def test_crop_and_mirror_are_torchvisions(show):
    page = show(AugmentationLab())
    for image in (*PHOTOS, NOISE):
        boxes = [(0, 0, 112, 112), (110, 3, 2, 100), (111, 111, 1, 1)]
        for _ in range(3):
            height, width = (int(n) for n in rng.integers(20, 113, size=2))
            top, left = int(rng.integers(113 - height)), int(rng.integers(113 - width))
            boxes.append((top, left, height, width))
        for box in boxes:
            crop = dict(zip(("top", "left", "height", "width"), box, strict=True))
            found = page.changed(image, crop=crop, flip=True)
            expected = F.horizontal_flip(F.resized_crop(as_tensor(image), *box, [SIDE, SIDE]))
            assert np.abs(found - as_array(expected)).max() <= 1


@pytest.mark.parametrize("name", ["brightness", "contrast", "saturation", "hue"])
def test_colors_are_torchvisions(show, name):
    page = show(AugmentationLab())
    adjust = getattr(F, f"adjust_{name}")
    values = [-0.5, -0.17, 0.05, 0.31, 0.5] if name == "hue" else [0.0, 0.4, 0.93, 1.31, 2.0]
    gray = np.full((SIDE, SIDE, 3), 128, np.uint8)
    for image in (*PHOTOS, NOISE, gray):
        for value in values:
            found = page.changed(image, colors=[[name, value]])
            assert np.abs(found - as_array(adjust(as_tensor(image), value))).max() <= 1


def test_noise_and_hole_are_torchvisions(show, monkeypatch):
    page = show(AugmentationLab())
    normals = torch.tensor(rng.normal(size=(SIDE, SIDE, 3)), dtype=torch.float32)
    monkeypatch.setattr(torch, "randn_like", lambda *_, **__: normals.permute(2, 0, 1))
    for sigma in (0.05, 0.4):
        found = page.changed(PHOTOS[1], normals.ravel().tolist(), noise=sigma)
        expected = F.gaussian_noise(as_tensor(PHOTOS[1]), sigma=sigma)
        assert np.abs(found - as_array(expected)).max() <= 1
    hole = {"top": 100, "left": 0, "height": 12, "width": 5}
    expected = as_array(F.erase(as_tensor(NOISE), *hole.values(), torch.zeros(3, 1, 1)))
    assert np.array_equal(page.changed(NOISE, erase=hole), expected)


def many_epochs(page, count=60):
    """Draw `count` epochs of twelve; return what was drawn for all versions."""
    # The epoch that is on screen may still be drawn, and is none of these.
    page.wait()
    page.page.evaluate("window.epochs = []")
    page.page.evaluate(
        """async (count) => {
        const next = [...document.querySelectorAll("button")].find((b) => b.textContent === "The next epoch");
        for (let i = 0; i < count; i += 1) {
          next.click();
          await new Promise((done) => setTimeout(done));
          while (epochs.at(-1)?.seed !== i + 1) await new Promise(requestAnimationFrame);
        } }""",
        count,
    )
    epochs = {epoch["seed"]: epoch for epoch in page.page.evaluate("epochs")}
    assert len(epochs) == count
    return [version for epoch in epochs.values() for version in epoch["versions"]]


def alike(ours, theirs):
    """Whether two samples could come from one distribution; small numbers are unlikely."""
    return ks_2samp(np.asarray(ours, float), np.asarray(theirs, float)).pvalue


def test_random_numbers_are_distributed_as_torchvisions(show):
    settings = {"degrees": 25, "translate": 0.2, "scale": (0.6, 1.4), "shear": 12, "flip": 0.3}
    settings |= {"crop": (0.3, 1.1), "ratio": 1.6, "brightness": 0.5, "hue": 0.1, "erase": 0.7}
    page = show(AugmentationLab(preset="nothing", **settings))
    versions = many_epochs(page)
    torch.manual_seed(63)
    picture = [torch.zeros(3, SIDE, SIDE, dtype=torch.uint8)]
    many = range(1500)
    affine = v2.RandomAffine(25, translate=(0.2, 0.2), scale=(0.6, 1.4), shear=12)
    theirs = [affine.make_params(picture) for _ in many]
    ours = [version["affine"] for version in versions]
    for name, of_theirs in {
        "angle": lambda p: p["angle"],
        "dx": lambda p: p["translate"][0],
        "dy": lambda p: p["translate"][1],
        "scale": lambda p: p["scale"],
        "shear": lambda p: p["shear"][0],
    }.items():
        assert alike([p[name] for p in ours], [of_theirs(p) for p in theirs]) > 1e-3, name

    crop = v2.RandomResizedCrop(SIDE, scale=(0.3, 1.1), ratio=(1 / 1.6, 1.6))
    theirs = [crop.make_params(picture) for _ in many]
    erase = v2.RandomErasing(p=1)
    erased = [erase.make_params(picture) for _ in many]
    holes = [version["erase"] for version in versions if version["erase"]]
    for name, key in {"top": "i", "left": "j", "height": "h", "width": "w"}.items():
        same_name = [version["crop"][name] for version in versions]
        assert alike(same_name, [box[name] for box in theirs]) > 1e-3, name
        assert alike([hole[name] for hole in holes], [box[key] for box in erased]) > 1e-3, name
    # Five standard deviations of a share among 720.
    assert np.mean([version["flip"] for version in versions]) == pytest.approx(0.3, abs=0.09)
    assert len(holes) / len(versions) == pytest.approx(0.7, abs=0.09)

    jitter = v2.ColorJitter(brightness=0.5, hue=0.1)
    theirs = [jitter.make_params(picture) for _ in many]
    for name in ("brightness", "hue"):
        ours = [dict(version["colors"])[name] for version in versions]
        assert alike(ours, [float(p[f"{name}_factor"]) for p in theirs]) > 1e-3
    first = np.mean([version["colors"][0][0] == "hue" for version in versions])
    assert first == pytest.approx(0.5, abs=0.1)


def test_a_seed_that_is_half_typed_outlives_a_drawing(show):
    page = show(AugmentationLab(seed=7))
    seed = page.root.get_by_label("seed")
    seed.fill("12")
    page.root.get_by_role("radio", name="Version 5").hover()
    assert page.drawn()["shown"] == 4 and seed.input_value() == "12"
    seed.press("Enter")
    assert page.drawn()["seed"] == 12
    # What is given up is not kept.
    seed.fill("")
    seed.blur()
    assert page.drawn()["seed"] == 12 and seed.input_value() == "12"


def test_the_lectures_crop_falls_back_as_often_as_torchvisions(show):
    page = show(AugmentationLab(preset="nothing", crop=(1.0, 1.2), mixup=0.4))
    versions = many_epochs(page, 20)
    # A part of 1.004 is rounded to the whole picture, and fits.
    assert all(version["crop"]["height"] == SIDE for version in versions)
    assert np.mean([version["crop"].get("whole", False) for version in versions]) > 0.9
    torch.manual_seed(64)
    beta = torch.distributions.Beta(0.4, 0.4).sample((1500,)).numpy()
    assert alike([version["share"] for version in versions], beta) > 1e-3

    page.choose("the lecture's")
    page.root.get_by_label("seed").fill("0")
    page.root.get_by_label("seed").press("Enter")
    versions = many_epochs(page, 40)
    crop = v2.RandomResizedCrop(SIDE, scale=(0.8, 1.2))
    picture = [torch.zeros(3, SIDE, SIDE)]
    boxes = [crop.make_params(picture) for _ in range(2000)]
    theirs = np.mean([(box["height"], box["width"]) == (SIDE, SIDE) for box in boxes])
    ours = np.mean([version["crop"].get("whole", False) for version in versions])
    assert ours == pytest.approx(theirs, abs=0.08)
    drawn = page.drawn()
    whole = sum(bool(version["crop"].get("whole")) for version in drawn["versions"])
    expect(page.root.locator(".aug-note")).to_contain_text(f"(here for {whole} of 12 versions)")
    page.slide("Area to", 1)
    expect(page.root.locator(".aug-note")).to_be_hidden()
    page.choose("digits")
    expect(page.root.locator(".aug-note")).to_contain_text("not mirrored")
    assert not any(version["flip"] for version in page.drawn()["versions"])


def test_every_control_changes_its_setting_and_the_code(show):
    page = show(AugmentationLab(preset="nothing"))
    settings = dict(AugmentationLab(preset="nothing").settings)
    moves = {
        "Rotation ±°": ("degrees", 37), "Translation ±": ("translate", 0.11), "Scale to": ("scale", 1.6),
        "Scale from": ("scale", 0.7), "Shear ±°": ("shear", 14), "Mirror, probability": ("flip", 0.35),
        "Area from": ("crop", 0.35), "Area to": ("crop", 1.25), "Brightness ±": ("brightness", 0.2),
        "Contrast ±": ("contrast", 0.07), "Saturation ±": ("saturation", 0.9),
        "Hue ± turns": ("hue", 0.3), "Noise σ": ("noise", 0.08), "Erasing, probability": ("erase", 0.6),
    }  # fmt: skip
    for label, (name, value) in moves.items():
        page.slide(label, value)
        if name in ("scale", "crop"):
            low, high = settings[name]
            pair = (value, high) if label.endswith("from") else (low, value)
            value = (min(pair), max(pair))
        settings[name] = value
        expected = AugmentationLab(**settings)
        drawn = page.drawn()
        assert drawn["preset"] is None
        assert {
            k: tuple(v) if isinstance(v, list) else v for k, v in drawn["settings"].items()
        } == (expected.settings)
        assert page.code.inner_text() == f"augment = {expected.augment}"
    page.slide("Scale from", 1.9)  # takes the other end along
    assert page.drawn()["settings"]["scale"] == [1.9, 1.9]
    page.slide("Ratio up to", 2)
    expect(page.code).to_contain_text("ratio=(1 / 2, 2))")
    page.slide("Ratio up to", 1.33)
    assert page.drawn()["settings"]["ratio"] == 4 / 3
    page.slide("Mixup α", 0.2)
    expect(page.code).to_contain_text("v2.MixUp(alpha=0.2, num_classes=2)")
    page.choose("nothing")
    assert page.drawn()["preset"] == "nothing"
    assert np.array_equal(page.pixels(7), datasets.photo("cat", size=SIDE))


def test_a_seed_repeats_its_epoch(show):
    page = show(AugmentationLab(seed=5, noise=0.1))
    first = [page.pixels(tile) for tile in range(12)]
    assert len({pixels.tobytes() for pixels in first}) == 12
    page.next_epoch()
    assert page.drawn()["seed"] == 6
    assert all(not np.array_equal(page.pixels(tile), first[tile]) for tile in range(12))
    page.root.get_by_role("button", name="The previous epoch").click()
    assert all(np.array_equal(page.pixels(tile), first[tile]) for tile in range(12))
    seed = page.root.get_by_label("seed")
    for nonsense in ("-3", "1.5", ""):
        seed.fill(nonsense)
        seed.press("Enter")
        expect(seed).to_have_value("5")
        assert page.drawn()["seed"] == 5
    seed.fill("123456")
    seed.press("Enter")
    assert page.drawn()["seed"] == 123456


def test_keyboard_and_mouse_read_what_was_drawn(show):
    page = show(AugmentationLab(preset="the lecture's"))
    page.tiles.first.focus()
    for key, tile in [
        ("ArrowRight", 1),
        ("ArrowDown", 5),
        ("ArrowUp", 1),
        ("End", 11),
        ("Home", 0),
        ("ArrowLeft", 11),
    ]:
        page.page.keyboard.press(key)
        expect(page.tiles.nth(tile)).to_be_focused()
        expect(page.tiles.nth(tile)).to_be_checked()
        drawn = page.drawn()
        assert drawn["shown"] == tile
        angle = drawn["versions"][tile]["affine"]["angle"]
        text = page.drawn_list.inner_text().replace("−", "-")
        assert f"{angle:+.2f}".rstrip("0").rstrip(".") in text
    page.tiles.nth(3).hover()
    assert page.drawn()["shown"] == 3
    expect(page.root.locator(".aug-one")).to_contain_text("version 4")
    page.page.mouse.move(0, 0)
    assert page.drawn()["shown"] == 11
    # A key chooses, wherever the mouse rests.
    page.tiles.nth(3).hover()
    page.page.keyboard.press("ArrowLeft")
    assert page.drawn()["shown"] == 10
    expect(page.root.get_by_role("status").filter(has_text="Version 11:")).to_have_count(1)
    page.page.mouse.move(0, 0)
    assert page.drawn()["shown"] == 10
    page.root.get_by_text("What was drawn for all twelve").click()
    rows = page.root.locator(".aug-all > li")
    expect(rows).to_have_count(12)
    for tile, version in enumerate(page.drawn()["versions"]):
        assert ("mirrored yes" in rows.nth(tile).inner_text()) == version["flip"]


def test_pictures_and_mixtures(show):
    page = show(AugmentationLab(preset="nothing", mixup=0.6))
    page.root.get_by_role("combobox", name="Mix with").select_option("rocket")
    page.choose("astronaut")
    drawn = page.drawn()
    first, second = (datasets.photo(n, size=SIDE).astype(float) for n in ("astronaut", "rocket"))
    for tile in (0, 6):
        share = drawn["versions"][tile]["share"]
        np.testing.assert_allclose(
            page.pixels(tile), share * first + (1 - share) * second, atol=0.5
        )
    page.slide("Mixup α", 0)
    expect(page.root.get_by_role("combobox", name="Mix with")).to_be_hidden()
    file = io.BytesIO()
    Image.new("RGB", (90, 128), (200, 40, 10)).save(file, "PNG")
    chooser = page.root.locator("input[type=file]")
    chooser.set_input_files({"name": "red.png", "mimeType": "image/png", "buffer": file.getvalue()})
    expect(page.root.get_by_role("radio", name="Your file: red.png")).to_be_checked()
    assert (page.pixels(4) == (200, 40, 10)).all()
    chooser.set_input_files({"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"})
    expect(page.root.locator(".lu-message")).to_contain_text("“no.png” is not an image")
    assert (page.pixels(4) == (200, 40, 10)).all()
    page.choose("cat")
    expect(page.root.locator(".lu-message")).to_be_hidden()


def test_pictures_from_python(show):
    demo = AugmentationLab(preset="nothing", sources={"noise": NOISE, "cat": PHOTOS[0]})
    demo.image = NOISE[::-1]
    page = show(demo)
    expect(page.root.get_by_role("radio", name="Your array")).to_be_checked()
    assert np.array_equal(page.pixels(2), NOISE[::-1])
    page.choose("noise")
    assert np.array_equal(page.pixels(2), NOISE)


@pytest.mark.parametrize("settings", [{"preset": "photos"}, {"preset": "digits", "mixup": 0.5}])
def test_the_copied_program_computes_the_same(show, settings):
    page = show(AugmentationLab("coffee", partner="cat", seed=2, **settings))
    page.page.evaluate(KEEP_COPIES)
    page.tiles.nth(2).click()
    page.root.get_by_role("button", name="Copy as Python").click()
    scope = {}
    exec(page.page.evaluate("window.copied"), scope)
    assert scope["versions"].shape == (12, 3, SIDE, SIDE)
    apart = np.abs(page.pixels(2) - as_array(scope["version"]))
    # A level more or less after the geometry becomes a few after the colors; black edges differ.
    assert np.quantile(apart, 0.97) <= 3 and apart.mean() < 1


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 700, 1280])
def test_accessible_and_not_wider_than_the_page(new_page, show, theme, width):
    page = show(
        AugmentationLab(preset="the lecture's", mixup=0.5), page=new_page(width, theme=theme)
    )
    if theme == "dark":
        page.page.evaluate("document.documentElement.dataset.theme = 'dark'")
    page.drawn()
    assert page.page.evaluate("document.documentElement.scrollWidth") <= width
    wait_for_fading(page.page)
    assert violations(page.page, ".lu-augmentation-lab") == []
