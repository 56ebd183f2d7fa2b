"""EmbeddingMap: images as points, before training, pretrained and fine-tuned."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

import numpy as np
import traitlets
from numpy.typing import ArrayLike, NDArray
from PIL import Image

from lecture_utils.transfer import EmbeddingMaps, agreement, align, make_maps

from .._demo import ArrayTrait, Demo
from .._traits import Whole
from .figure import map_html
from .sheet import make_sheet

METHODS = ("PCA", "t-SNE")
MOST_CLASSES = 12
MOST_IMAGES = 2000
#: In `predicted`: there is no prediction for this image.
UNKNOWN = 255


class EmbeddingMap(Demo):
    """Images as points in two dimensions: those with similar embeddings are neighbors.

    Choosing another stage moves every point to its new position. In a live notebook, all traits are
    in sync both ways.

    Parameters
    ----------
    stages : dict of str to array or EmbeddingMaps
        From names such as "pretrained" to the embeddings of all images, shape (N, D), or to the
        maps that `lecture_utils.transfer.make_maps` made of them. At most six stages.
    labels : array_like of int, shape (N,)
        What each image shows: an index into `class_names`.
    class_names : sequence of str
        At most twelve.
    images : sequence of images or array of uint8, shape (N, H, W, 3), optional
        PIL images, paths of files, or arrays. They travel as one sheet of thumbnails. Without them
        the map shows names only.
    predictions : dict of str to array_like of int, shape (N,), optional
        From names of stages to predicted classes; those that differ from `labels` are marked as
        misclassified.
    names : sequence of str, optional
        One per image. By default "cat 1", "cat 2" and so on, by class.
    stage : str, optional
        Which one is shown first; by default the second.
    method : {"t-SNE", "PCA"}
    seed : int
        Seed of t-SNE. Each later map is aligned with the one before.
    origin : str, optional
        Where the images come from, in a few words for the reader.
    code : str, optional
        Python lines that make the dict ``stages`` and ``labels``, for "Copy as Python".

    Attributes
    ----------
    points : ndarray of float32, shape (stages, 2, N, 2)
        The positions on the maps: of each stage first by PCA, then by t-SNE.
    neighbors : ndarray of int32, shape (stages, N, 5)
        The nearest neighbors in all dimensions. Maps that were made without them give shape
        (stages, N, 0).
    selected : int
        The image that is shown large, from 0.
    hidden : list of str
        Classes that are not drawn.
    only_wrong : bool
        Draw only misclassified images.
    as_images : bool
        Draw the images themselves instead of shapes.

    Raises
    ------
    ValueError, traitlets.TraitError
        If sizes do not fit together or a value is out of range.

    Examples
    --------
    >>> embeddings = np.random.default_rng(0).normal(size=(10, 8))
    >>> demo = EmbeddingMap({"random": embeddings}, np.arange(10) % 2, ["cat", "dog"])
    >>> demo.points.shape
    (1, 2, 10, 2)
    """

    stages = traitlets.List(traitlets.Dict()).tag(sync=True)
    points = ArrayTrait("float32", ndim=4)
    neighbors = ArrayTrait("int32", ndim=3)
    labels = ArrayTrait("uint8", ndim=1)
    predicted = ArrayTrait("uint8", ndim=2)
    class_names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)
    sheet = ArrayTrait("uint8", ndim=1)
    sheet_layout = traitlets.Dict().tag(sync=True)
    code = traitlets.Unicode().tag(sync=True)
    origin = traitlets.Unicode().tag(sync=True)
    seed = Whole(0).tag(sync=True)

    stage = traitlets.Unicode().tag(sync=True)
    method = traitlets.Enum(METHODS, "t-SNE").tag(sync=True)
    selected = Whole(0, min=0).tag(sync=True)
    hidden = traitlets.List(traitlets.Unicode()).tag(sync=True)
    only_wrong = traitlets.Bool(False).tag(sync=True)
    as_images = traitlets.Bool(False).tag(sync=True)

    def __init__(
        self,
        stages: Mapping[str, ArrayLike | EmbeddingMaps],
        labels: ArrayLike,
        class_names: Sequence[str],
        images: Sequence[Image.Image | str | os.PathLike[str] | ArrayLike] | None = None,
        *,
        predictions: Mapping[str, ArrayLike] | None = None,
        names: Sequence[str] | None = None,
        stage: str | None = None,
        method: str = "t-SNE",
        seed: int = 0,
        origin: str = "",
        code: str = "",
    ):
        class_names = [str(name) for name in class_names]
        labels = _as_classes(labels, class_names, "labels")
        if not 1 <= len(stages) <= 6:
            raise ValueError(f"there are {len(stages)} stages; the demo shows 1 to 6")
        if not 6 <= len(labels) <= MOST_IMAGES:
            raise ValueError(f"there are {len(labels)} images; the demo shows 6 to {MOST_IMAGES}")
        maps = _all_maps(stages, len(labels), seed)
        predictions = predictions or {}
        if unknown := predictions.keys() - stages.keys():
            raise ValueError(f"there are predictions for {sorted(unknown)}, but no such stage")
        predicted = np.full((len(maps), len(labels)), UNKNOWN, dtype=np.uint8)
        for row, name in zip(predicted, maps, strict=True):
            if name in predictions:
                row[:] = _as_classes(predictions[name], class_names, f"predictions of {name!r}")
        if names is None:
            names = _numbered(labels, class_names)
        if len(names) != len(labels):
            raise ValueError(f"there are {len(names)} names for {len(labels)} images")
        sheet, layout = np.zeros(0, dtype=np.uint8), {}
        if images is not None:
            sheet, layout = make_sheet(images, len(labels))
        first = list(maps)[min(1, len(maps) - 1)] if stage is None else stage
        super().__init__(
            stages=[
                {
                    "name": name,
                    "dimensions": each.dimensions,
                    "explained": each.explained,
                    "agreement": agreement(each.neighbors, labels) if each.neighbors.size else None,
                    "wrong": _count_wrong(row, labels),
                }
                for (name, each), row in zip(maps.items(), predicted, strict=True)
            ],
            points=np.stack([(each.pca, each.tsne) for each in maps.values()]),
            neighbors=np.stack([each.neighbors for each in maps.values()]),
            labels=labels,
            predicted=predicted,
            class_names=class_names,
            names=[str(name) for name in names],
            sheet=sheet,
            sheet_layout=layout,
            origin=origin,
            code=code,
            seed=seed,
            stage=first,
            method=method,
        )
        wrong = np.flatnonzero(self.wrong(first))
        self.selected = int(wrong[0]) if len(wrong) else 0

    @classmethod
    def of_cats_and_dogs(
        cls, *, root: str | os.PathLike[str] | None = None, **settings: Any
    ) -> Self:
        """Map the test photos by three recorded runs, with thumbnails where there are photos.

        See `lecture_utils.transfer.load_pet_maps` for images that are available everywhere.

        Parameters
        ----------
        root : path, optional
            Folder with recorded runs, as in `lecture_utils.runs.load`.
        **settings
            ``stage``, ``method`` and ``code``, as above.

        Returns
        -------
        EmbeddingMap

        Examples
        --------
        >>> EmbeddingMap.of_cats_and_dogs(method="PCA").class_names
        ['cat', 'dog']
        """
        from lecture_utils.datasets import cats_vs_dogs
        from lecture_utils.runs.transfer import maps_of_test

        maps = maps_of_test(root=root)
        files = None
        for source in ("folder", "cache"):
            with suppress(FileNotFoundError):
                test = cats_vs_dogs(source=source).folder / "test"
                files = [test / name for name in maps.files]
                break
        return cls(
            maps.stages,
            maps.labels,
            maps.class_names,
            files if files and all(file.is_file() for file in files) else None,
            predictions=maps.predictions,
            names=[Path(name).stem for name in maps.files],
            origin=f"{len(maps.files):,} test photos",
            **settings,
        )

    def wrong(self, stage: str) -> NDArray[np.bool_]:
        """Return which images a stage misclassifies: booleans, shape (N,)."""
        row = self.predicted[[each["name"] for each in self.stages].index(stage)]
        return (row != UNKNOWN) & (row != self.labels)

    @traitlets.validate("stage")
    def _check_stage(self, proposal):
        known = [each["name"] for each in self.stages]
        if proposal["value"] not in known:
            raise traitlets.TraitError(
                f"there is no stage {proposal['value']!r}; use one of {', '.join(known)}"
            )
        return proposal["value"]

    @traitlets.validate("selected")
    def _check_selected(self, proposal):
        if proposal["value"] >= len(self.labels):
            raise traitlets.TraitError(
                f"selected is {proposal['value']}; there are {len(self.labels)} images, from 0"
            )
        return proposal["value"]

    @traitlets.validate("hidden")
    def _check_hidden(self, proposal):
        for name in proposal["value"]:
            if name not in self.class_names:
                raise traitlets.TraitError(
                    f"there is no class {name!r}; use some of {', '.join(self.class_names)}"
                )
        return proposal["value"]

    def readings(self) -> dict[str, Any]:
        """Return whether the selected image is misclassified, and how pure its neighborhood is.

        ``own_neighbors`` counts its nearest neighbors that have the same label.
        """
        row = [each["name"] for each in self.stages].index(self.stage)
        label = self.labels[self.selected]
        near = self.labels[self.neighbors[row, self.selected]]
        return {
            "is_wrong": bool(self.wrong(self.stage)[self.selected]),
            "own_neighbors": int((near == label).sum()),
        }

    def figure_html(self) -> str:
        """Return the maps of all stages side by side, and their numbers as a table."""
        return map_html(self)


def _all_maps(stages, count, seed):
    """Return the maps of every stage by name, each aligned with the one before."""
    maps, before = {}, None
    for name, given in stages.items():
        made = given if isinstance(given, EmbeddingMaps) else make_maps(given, seed=seed)
        if len(made.tsne) != count:
            raise ValueError(f"{name!r} has {len(made.tsne)} images, but there are {count} labels")
        points, shadow = made.tsne, made.pca
        if before is not None:
            points = align(points, before.tsne)
            # The axes of a PCA map mean something, only their signs do not.
            shadow = shadow * np.where((shadow * before.pca).sum(axis=0) < 0, -1, 1)
        near = np.zeros((count, 0), np.int32) if made.neighbors is None else made.neighbors
        before = EmbeddingMaps(shadow, points, made.explained, made.dimensions, near)
        maps[str(name)] = before
    if len({each.neighbors.shape for each in maps.values()}) > 1:
        raise ValueError("the stages have different numbers of neighbors; make all maps alike")
    return maps


def _as_classes(values, class_names, what):
    values = np.asarray(values)
    if not 1 <= len(class_names) <= MOST_CLASSES or len(set(class_names)) < len(class_names):
        raise ValueError(
            f"class_names is {class_names}; give 1 to {MOST_CLASSES} names that differ"
        )
    if values.ndim != 1 or values.dtype.kind not in "iu":
        raise ValueError(
            f"{what} have shape {values.shape} and type {values.dtype}; give whole numbers, one "
            "per image"
        )
    if values.size and not 0 <= values.min() <= values.max() < len(class_names):
        raise ValueError(
            f"{what} go from {values.min()} to {values.max()}, but there are {len(class_names)} "
            "class names"
        )
    return values.astype(np.uint8)


def _count_wrong(predicted, labels):
    return None if (predicted == UNKNOWN).all() else int((predicted != labels).sum())


def _numbered(labels, class_names):
    seen = dict.fromkeys(range(len(class_names)), 0)
    names = []
    for label in labels.tolist():
        seen[label] += 1
        names.append(f"{class_names[label]} {seen[label]}")
    return names
