"""The settings that make up a recipe."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# The name in recipes of the data set of photos.
PHOTOS = "cats_vs_dogs"


@dataclass(frozen=True)
class Recipe:
    """Everything that determines a run, except its seed and the machine.

    Attributes
    ----------
    name : str
        Also the run's folder, such as "mnist/gap".
    title : str
        A short description for captions.
    dataset : str
        "mnist", "fashion_mnist" or "cats_vs_dogs".
    model : str
        One of `models.NETWORKS`; or, with `train_from`, one of `pretrained.NETWORKS` with a new
        head.
    model_options : dict
        Options of `models.build` for that network, such as ``dropout``.
    epochs, batch_size : int
        Passes through the training images (but see `repeats`), and images per step.
    optimizer, schedule, learning_rate, weight_decay, label_smoothing, ema_decay
        See `training.Classifier`.
    augmentation : dict of float
        Options of `augmentation.random_affine` or, for photos, of `augmentation.Augment`; empty
        means no augmentation.
    mixup : float
        See `training.Classifier`.
    image_size : int or None
        Side of the square in pixels to which photos are resized.
    validation_size : int
        Number of training images held out. Photos have a separate validation folder.
    train_size : int or None
        Maximum number of training images.
    train_from : str or None
        The model is frozen up to (and excluding) this stage (see `transfer.freeze`); the statistics
        of batch normalization are frozen everywhere. None for models trained from scratch.
    pretrained : bool
        Whether the model starts from ImageNet's weights or from random ones.
    backbone_lr_scale : float
        See `training.Classifier`.
    repeats : int
        Number of passes through the training images per epoch: with few images, evaluation would
        otherwise take longer than training.
    resample_by_seed : bool
        Whether the seed also determines which images `train_size` selects.
    augmented_copies : int
        Number of augmented copies of each training image for which the output of the frozen part is
        cached; 0 augments in every step, and caches nothing if there is an augmentation.
    head_repeats : int
        Number of passes that train only the head, on cached embeddings and with the same schedule,
        before the rest is trained; 0 trains everything from the start.
    head_rate : float
        Learning rate while only the head is trained.
    keep_weights : bool
        Whether to keep the trained weights; False for large models and for recipes with many runs.
        Frozen weights are never saved.
    save_predictions : bool
        Whether to write ``test.csv``, the model's output for every test image. See
        `Run.test_predictions`.
    save_classes : bool
        Whether to write ``test_classes.npz``, the predicted class of every test image. See
        `Run.test_classes`.
    snapshots : sequence of int
        Numbers of optimizer steps after which the weights of the first convolution are kept (0:
        before the first step). See `Run.snapshots`.
    budgets : sequence of int
        Numbers of epochs for which results are read out: each evaluates the weights after the epoch
        with the highest validation accuracy so far (the first of several). See `Run.readouts`.
    clean_every : int
        Whether and how often to evaluate the model on the training images without augmentation, in
        evaluation mode: every this many epochs; 0 for never. See `Run.clean_train`.
    """

    name: str
    title: str
    dataset: str
    model: str
    epochs: int
    batch_size: int = 128
    optimizer: str = "adam"
    schedule: str = "one-cycle"
    learning_rate: float = 3e-3
    weight_decay: float = 0.0
    label_smoothing: float = 0.0
    ema_decay: float | None = None
    augmentation: dict[str, Any] = field(default_factory=dict)
    mixup: float = 0.0
    image_size: int | None = None
    validation_size: int = 5000
    train_size: int | None = None
    train_from: str | None = None
    pretrained: bool = False
    backbone_lr_scale: float = 1.0
    repeats: int = 1
    resample_by_seed: bool = False
    augmented_copies: int = 0
    head_repeats: int = 0
    head_rate: float = 3e-3
    keep_weights: bool = True
    save_predictions: bool = False
    save_classes: bool = False
    snapshots: Sequence[int] = ()
    budgets: Sequence[int] = ()
    clean_every: int = 0
    model_options: dict[str, Any] = field(default_factory=dict)

    @property
    def saves_logits(self) -> bool:
        """Whether a run writes ``test_logits.npz``, which it does unless other files have them."""
        return not (self.save_predictions or self.save_classes or self.budgets)

    def __post_init__(self) -> None:
        # JSON has only lists; recipes from a card and from this package should be equal.
        for name in ("snapshots", "budgets"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
