"""What a recipe can say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

# The data set of photos: its name in recipes.
PHOTOS = "cats_vs_dogs"


@dataclass(frozen=True)
class Recipe:
    """Everything that decides a run, except its seed and the machine.

    Attributes
    ----------
    name : str
        Also the run's folder, such as "mnist/gap".
    title : str
        A few words for a caption.
    dataset : str
        "mnist", "fashion_mnist" or "cats_vs_dogs".
    model : str
        One of `models.NETWORKS`; or, with `train_from`, one of `pretrained.NETWORKS`, which gets a
        new head.
    model_options : dict
        Options of `models.build` for that network, such as ``dropout``.
    epochs, batch_size : int
    optimizer, schedule, learning_rate, weight_decay, label_smoothing, ema_decay
        See `training.Classifier`.
    augmentation : dict of float
        Options of `augmentation.random_affine`, for photos of `augmentation.Augment`; empty for
        none.
    mixup : float
        See `training.Classifier`.
    image_size : int or None
        Photos are resized to a square of so many pixels.
    validation_size : int
        Training images that are held out. Photos have a folder of their own for validation.
    train_size : int or None
        Train on no more than so many images.
    train_from : str or None
        The model is frozen up to (and excluding) this stage (see `transfer.freeze`), the statistics
        of batch normalization everywhere. None for models that build on no other.
    pretrained : bool
        Whether the model starts with ImageNet's weights, or with random ones.
    backbone_lr_scale : float
        See `training.Classifier`.
    repeats : int
        How often an epoch goes through the training images: with few of them, evaluating the model
        takes longer than training it.
    resample_by_seed : bool
        Whether the seed also decides which images `train_size` takes.
    augmented_copies : int
        Augment every training image so many times and cache what the frozen part makes of the
        copies; 0 augments in every step, and caches nothing if there is an augmentation.
    head_repeats : int
        Before anything else is trained: how often the head alone goes through the training images,
        on cached embeddings, with the same schedule; 0 to train everything from the start.
    head_rate : float
        The learning rate of that.
    keep_weights : bool
        False for models that are too large to ship. Frozen weights are never kept.
    save_predictions : bool
        Also write ``test.csv``, the model's output for every test image. See
        `Run.test_predictions`.
    save_classes : bool
        Also write ``test_classes.npz``, the class that the model predicts for every test image. See
        `Run.test_classes`.
    snapshots : sequence of int
        The optimizer steps after which the weights of the first convolution are kept (0: before the
        first step). See `Run.snapshots`.
    budgets : sequence of int
        Numbers of epochs after which the run is read out: for each, the weights after the epoch
        with the highest validation accuracy so far (the first of several) are evaluated. See
        `Run.readouts`.
    clean_every : int
        Also evaluate the model on the training images as they are (not augmented, in evaluation
        mode) after every so many epochs; 0 for never. See `Run.clean_train`.
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
        """Whether a run writes ``test_logits.npz``: unless it writes its predictions elsewhere."""
        return not (self.save_predictions or self.save_classes or self.budgets)

    def __post_init__(self) -> None:
        # A card is JSON, which has lists only; recipes from there and from here are to be equal.
        for name in ("snapshots", "budgets"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
