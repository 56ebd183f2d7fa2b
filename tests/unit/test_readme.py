"""The code of the README runs as it stands there."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
BLOCKS = re.findall(r"^```python\n(.*?)^```", (ROOT / "README.md").read_text("utf-8"), re.M | re.S)


def write_photos(folder):
    """Write images of two classes that differ in color, one of them upside down, one broken."""
    random = np.random.default_rng(0)
    for split, count in (("train", 8), ("validation", 4), ("test", 8)):
        for name, color in (("lake", (40, 90, 200)), ("meadow", (60, 180, 60))):
            path = folder / "photos" / split / name
            path.mkdir(parents=True)
            for number in range(count):
                pixels = random.normal(color, 30, (40, 50, 3)).clip(0, 255).astype(np.uint8)
                exif = Image.Exif()
                exif[0x0112] = 3 if number == 0 else 1
                Image.fromarray(pixels).save(path / f"{number}.jpg", exif=exif)
    (folder / "photos" / "train" / "lake" / "broken.jpg").write_bytes(b"no image")
    (folder / "photos" / "train" / "lake" / "notes.txt").write_text("seen in May")


@pytest.mark.slow
@pytest.mark.parametrize("number", range(len(BLOCKS)))
@pytest.mark.filterwarnings("ignore")
def test_every_block_runs(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path / "cache"))
    write_photos(tmp_path)
    # As much training as it takes to see that it works.
    source = BLOCKS[number].replace("max_epochs=10", "max_epochs=1, logger=False")
    names = {}
    exec(compile(source, f"README, block {number}", "exec"), names)
    if "colored" in names:
        data = names["data"]
        assert data.class_names == ("lake", "meadow")
        assert list(data.skipped["train"]) == ["lake/broken.jpg"]
        assert list(data.ignored["train"]) == ["lake/notes.txt"]
        assert len(data.train_set) == 16 and len(data.test_set) == 16
        assert names["colored"].shape == (96, 96, 3)
        assert names["maps"].shape == (8, 3, 3)
        assert 0 <= names["trainer"].callback_metrics["test_accuracy"] <= 1


def test_there_is_one_for_data_of_ones_own():
    assert sum("ImageDataModule" in block for block in BLOCKS) == 1
