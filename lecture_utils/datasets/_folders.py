"""Folders of images on disk that are either complete or absent, and the drawn pets."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lecture_utils._atomic import locked, replaced
from lecture_utils._validation import is_whole, whole
from lecture_utils.datasets._search import cache_folder, say_once

SPLITS = ("train", "validation", "test")
_MANIFEST = "manifest.json"
# Increase it when the drawings change, so that old and new ones are not mixed.
_DRAWING_VERSION = 1


@dataclass(frozen=True, repr=False)
class ImageFolders:
    """A folder of images, sorted by split and class; usable wherever a path is.

    Attributes
    ----------
    folder : Path
        Contains "train", "validation" (or "val") and "test", each with one folder per class.
    class_names : tuple of str
        The names of the class folders, in alphabetical order.
    source : str
        Where the data came from: one of `datasets.SOURCES`.
    origin : str
        The same as a phrase for a caption.
    skipped : dict of str
        Unreadable files that were left out when the archive was unpacked, and why. For a folder of
        your own, `ImageDataModule` reports unreadable files when it reads them.
    """

    folder: Path
    class_names: tuple[str, ...]
    source: str
    origin: str
    skipped: Mapping[str, str] = field(default_factory=dict, hash=False)

    def __fspath__(self) -> str:
        return str(self.folder)

    def __repr__(self) -> str:
        return f"<{self.origin}>"


def write_manifest(folder: Path, skipped: Mapping[str, str] | None = None) -> None:
    """Record which images a folder has, and the length of each file.

    Parameters
    ----------
    folder : Path
    skipped : dict of str, optional
        Files that were left out, and why.
    """
    files = [
        (path.relative_to(folder).as_posix(), path.stat().st_size)
        for path in sorted(folder.rglob("*.jpg"))
    ]
    manifest = {"files": files, "skipped": dict(skipped or {})}
    (folder / _MANIFEST).write_text(json.dumps(manifest), encoding="utf-8")


def read_manifest(folder: Path) -> dict[str, str] | None:
    """Check that all images of a folder are still present.

    Parameters
    ----------
    folder : Path

    Returns
    -------
    dict of str or None
        The skipped files and why; None if an image is missing or its file has another length.
    """
    try:
        manifest = json.loads((folder / _MANIFEST).read_text(encoding="utf-8"))
        for name, size in manifest["files"]:
            if (folder / name).stat().st_size != size:
                return None
        skipped = manifest["skipped"]
        # Earlier versions did not record the reason.
        return skipped if isinstance(skipped, dict) else dict.fromkeys(skipped, "damaged")
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _drawn(kinds, sizes, seed):
    """Draw pets into the cache, unless they are there already; see `datasets.drawn_pets`."""
    from lecture_utils.datasets.pets import KINDS

    if len(set(kinds)) < max(2, len(kinds)) or not set(kinds) <= KINDS.keys():
        raise ValueError(f"kinds is {kinds!r}; use two or more of {', '.join(KINDS)}")
    if len(sizes) != 3 or not all(is_whole(n) and n >= len(kinds) for n in sizes):
        raise ValueError(
            f"sizes is {sizes!r}; pass the numbers of training, validation and test images, each "
            f"at least {len(kinds)}"
        )
    sizes, seed = [int(size) for size in sizes], whole("seed", seed, 0)
    name = "-".join(map(str, (*sorted(kinds), *sizes, f"seed{seed}", f"v{_DRAWING_VERSION}")))
    folder = cache_folder("drawn-pets") / name
    with locked(folder, "waiting for another process that draws the same pets"):
        if read_manifest(folder) is None:
            _draw_all(folder, kinds, sizes, seed)
    class_names = tuple(sorted(KINDS[kind] for kind in kinds))
    origin = f"drawn {', '.join(class_names[:-1])} and {class_names[-1]} (a stand-in for photos)"
    say_once(origin)
    return ImageFolders(folder, class_names, "embedded", origin)


def _draw_all(folder, kinds, sizes, seed):
    import numpy as np
    from tqdm import tqdm

    from lecture_utils.datasets.pets import KINDS, draw_pet

    jobs = []
    for split, size in enumerate(sizes):
        for number in range(size):
            kind = sorted(kinds)[number % len(kinds)]
            # Each image has its own random numbers, so it is the same in a larger set.
            key = (seed, split, list(KINDS).index(kind), number // len(kinds))
            path = f"{SPLITS[split]}/{KINDS[kind]}/{kind}.{number // len(kinds) + 1}.jpg"
            jobs.append((kind, key, path))
    with replaced(folder) as scratch:
        # Without threads: drawing is mostly Python code, which runs in one thread at a time.
        for kind, key, path in tqdm(jobs, "drawing pets", unit="images", delay=1, mininterval=1):
            target = scratch / path
            target.parent.mkdir(parents=True, exist_ok=True)
            draw_pet(kind, np.random.default_rng(key)).save(target, quality=90)
        write_manifest(scratch)


def drawn_pets(
    sizes: Sequence[int] = (300, 200, 400), *, seed: int = 0, kinds: Sequence[str] = ("cat", "dog")
) -> ImageFolders:
    """Draw cats and dogs, or other pets.

    These are drawings, not photos, but varied enough to challenge a small network.

    Parameters
    ----------
    sizes : (int, int, int)
        Number of training, validation and test images, all kinds together.
    seed : int
        At least 0. The same seed gives the same images; a larger set begins with the images of a
        smaller one.
    kinds : sequence of str
        Two or more of "cat", "dog", "rabbit", "mouse", "bear".

    Returns
    -------
    ImageFolders
        A folder in the user's cache (or in ``LECTURE_CACHE``), with the subfolders that
        `training.ImageDataModule` expects. Drawing 900 images takes about 10 s, but only once.

    Raises
    ------
    ValueError
        If `sizes`, `seed` or `kinds` is not as described.
    OSError
        If the folder cannot be written.

    Examples
    --------
    >>> drawn_pets((2, 2, 2)).class_names
    ('cats', 'dogs')
    """
    return _drawn(tuple(kinds), tuple(sizes), seed)
