"""Train a classifier with Lightning: loss, metrics, optimizer and schedule for any model."""

from __future__ import annotations

import math
from collections.abc import Sized
from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities import rank_zero_warn
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torch.utils.data import DataLoader
from torchmetrics import MeanMetric

from lecture_utils._inspect import Snapshot
from lecture_utils._validation import check_bound, check_name, positive
from lecture_utils._validation.batches import as_inputs, as_logits
from lecture_utils.training._data_modules import BatchDataModule, to_unit_range
from lecture_utils.training._evaluate import (
    TASKS,
    check_batch,
    mean_loss,
    predicted_classes,
    probabilities,
)
from lecture_utils.training._forward import CHANGEABLE, apply_model, lay_out, use_channels_last
from lecture_utils.training._optimizers import (
    OPTIMIZERS,
    SCHEDULES,
    check_initialized,
    check_precision,
    parameter_groups,
)

# PyTorch's error message if batch normalization gets one image with one value per channel.
_ONE_VALUE = "more than 1 value per channel"
SPLITS, SCORES = ("train", "val", "test"), ("loss", "accuracy")


class DivergedError(ArithmeticError):
    """The loss became infinite or NaN, so that more training would be useless."""


class Classifier(pl.LightningModule):
    """A Lightning module that trains a model to classify.

    Parameters
    ----------
    model : nn.Module
        Maps float images of shape (N, C, H, W) to logits: (N, classes) for "multiclass", (N, 1) or
        (N,) for "binary". If it is in evaluation mode, as a loaded model is, training switches it
        to training mode, except for batch normalization layers whose parameters are all frozen
        (``requires_grad=False``): they keep their statistics. If the model is in training mode,
        layers in evaluation mode stay there, such as a batch normalization whose statistics are to
        be kept; and so does everything that `transfer.freeze` has frozen.
    task : {"multiclass", "binary"}
        One class out of many, or a yes/no decision.
    optimizer : str
        One of `OPTIMIZERS`.
    learning_rate : float
        The highest rate of the schedule, above 0.
    backbone_lr_scale : float
        Learning rate of all layers outside the model's child "head", as a multiple of
        `learning_rate`; above 0. See `training.parameter_groups`. Frozen parameters never change.
    weight_decay : float
        At least 0.
    schedule : str
        One of `SCHEDULES`.
    label_smoothing : float
        0 to less than 1: this fraction of the probability is spread over all classes.
    mixup : float
        At least 0. Above 0, every image of a batch is blended with another one, and the loss mixes
        both labels in the same proportion, which is drawn from Beta(mixup, mixup) (Zhang et al.,
        arXiv:1710.09412).
    ema_decay : float, optional
        Between 0 and 1: also maintain an exponential moving average of the weights, and evaluate
        the averaged model. 0.99 averages over about 100 steps.

    Raises
    ------
    ValueError
        If an argument is invalid. During training, if the model does not accept the images, or its
        output and the labels do not match the task. At the start of training, if a batch would
        have a single image and the model has a batch normalization that does not accept it; if a
        layer has no size yet; if the weights are float16 and the optimizer is not "sgd"; or if the
        schedule needs the number of steps and ``max_epochs`` is -1.
    DivergedError
        During training, if the loss is not a finite number.

    Notes
    -----
    A batch is a pair: images (bytes, or floats of any precision) and labels, shape (N,) or (N, 1).
    A `BatchDataModule` provides augmented images, with PyTorch's generator seeded for the step.
    Mixup and dropout draw from that generator.

    It logs ``train_loss``, ``train_accuracy``, ``val_loss`` and ``val_accuracy`` once per epoch,
    and ``test_loss`` and ``test_accuracy`` for ``Trainer.test``. The training values are means over
    the epoch, computed while the weights were still changing. ``Trainer.predict`` returns the
    probability of every class, shape (N, classes) per batch, with two classes for "binary". With
    several validation loaders, Lightning appends their numbers: ``val_loss/dataloader_idx_0``.

    The optimizer holds the parameters that are trainable when training starts. A layer that a
    callback unfreezes later is not included and does not learn; add it in the callback with
    ``trainer.optimizers[0].add_param_group``, or train again with a new Trainer.

    With several processes (``devices=2``), which are forked or spawned in a notebook, the weights
    are returned, but data collected by your own callbacks stay in the other processes, and their
    lists are empty afterwards. Let a callback write to a file, or read
    ``trainer.callback_metrics``.

    Examples
    --------
    >>> from lecture_utils.models import gap_cnn
    >>> classifier = Classifier(gap_cnn(), optimizer="sgd", learning_rate=0.1)
    """

    def __init__(
        self,
        model: nn.Module,
        *,
        task: str = "multiclass",
        optimizer: str = "adam",
        learning_rate: float = 1e-3,
        backbone_lr_scale: float = 1.0,
        weight_decay: float = 0.0,
        schedule: str = "constant",
        label_smoothing: float = 0.0,
        mixup: float = 0.0,
        ema_decay: float | None = None,
    ) -> None:
        super().__init__()
        check_name("task", task, TASKS)
        check_name("optimizer", optimizer, OPTIMIZERS)
        check_name("schedule", schedule, SCHEDULES)
        if not isinstance(model, nn.Module):
            raise TypeError(f"model is a {type(model).__name__}; pass an nn.Module")
        learning_rate = positive("learning_rate", learning_rate)
        backbone_lr_scale = positive("backbone_lr_scale", backbone_lr_scale)
        weight_decay = check_bound("weight_decay", weight_decay, math.inf, included=False)
        label_smoothing = check_bound("label_smoothing", label_smoothing, 1, included=False)
        mixup = check_bound("mixup", mixup, math.inf, included=False)
        if ema_decay is not None:
            ema_decay = check_bound("ema_decay", ema_decay, 1, included=False, zero=False)
        self.model = model
        self.ema = None
        if ema_decay is not None:
            self.ema = AveragedModel(
                self.model, multi_avg_fn=_MovingAverage(ema_decay), use_buffers=True
            )
            self.ema.requires_grad_(False)
        self.task = task
        self.optimizer_name = optimizer
        self.learning_rate = learning_rate
        self.backbone_lr_scale = backbone_lr_scale
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.label_smoothing = label_smoothing
        self.mixup = mixup
        self.metrics = torch.nn.ModuleDict(
            {f"{split}_{score}": MeanMetric() for split in SPLITS for score in SCORES}
        )

    @property
    def eval_model(self) -> nn.Module:
        """The model to use after training: the averaged one if there is one."""
        return self.model if self.ema is None else self.ema.module

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits as after training: shape (N, classes), or (N, 1) for "binary"."""
        images = as_inputs(images)
        return as_logits(apply_model(self.eval_model, images), len(images), self.task)

    def setup(self, stage: str) -> None:
        """Choose the fastest memory layout for convolutions, and check that there are images."""
        data = getattr(self.trainer, "datamodule", None)
        if isinstance(data, BatchDataModule):
            data.check_ready(stage)
        check_initialized(self.model)
        for model in (self.model, self.eval_model):
            use_channels_last(model)

    def teardown(self, stage: str) -> None:
        """Restore the memory layout that the model's owner expects."""
        lay_out(self, torch.contiguous_format)

    def configure_callbacks(self) -> list[pl.Callback]:
        """Also restore the memory layout if training ends in an error or is interrupted."""
        return [_LayOutAfterErrors()]

    def on_fit_start(self) -> None:
        """Switch a model that was loaded for prediction to training mode."""
        if not self.model.training:
            self.train()
            for layer in self.model.modules():
                if _is_frozen_norm(layer):
                    layer.eval()
        if off := _switched_off(self.model):
            rank_zero_warn(
                f"{', '.join(off)}: in evaluation mode inside a model in training mode. This mode "
                "is kept: dropout is off and batch normalization keeps its statistics. If you did "
                "not intend this, call model.train() before training"
            )

    def on_train_start(self) -> None:
        """Refuse a batch of one image now rather than at the end of the first epoch."""
        loader = self.trainer.train_dataloader
        problem = _single_image(loader, self.trainer.num_training_batches)
        if problem is None or not any(
            isinstance(layer, nn.modules.batchnorm._BatchNorm) for layer in self.model.modules()
        ):
            return
        before = Snapshot(self.model)
        try:
            with torch.no_grad():
                apply_model(self.model, self._first_image(loader))
        except ValueError as error:
            if _ONE_VALUE not in str(error):
                raise
            raise ValueError(
                f"{problem}, and the model's batch normalization cannot normalize one value; "
                "change batch_size, or use a loader with drop_last=True"
            ) from error
        finally:
            before.restore()

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Compute the loss of one batch; stop if it is not a finite number."""
        images, labels = _pair(batch)
        lam, permutation = self._draw_mixture(len(images))
        if lam < 1:
            images = to_unit_range(images)
            images = lam * images + (1 - lam) * images[permutation]
        logits, labels = check_batch(
            self._train_on(images, batch_idx), labels, self.task, len(images)
        )
        loss = mean_loss(logits, labels, self.task, self.label_smoothing)
        if lam < 1:
            others = labels[permutation]
            other_loss = mean_loss(logits, others, self.task, self.label_smoothing)
            loss = lam * loss + (1 - lam) * other_loss
        if not torch.isfinite(loss):
            if not torch.isfinite(images.float()).all():
                raise ValueError(
                    f"in epoch {self.current_epoch}, step {batch_idx}, an image has values that "
                    "are not finite; look for NaN in the data, or in the augmentation"
                )
            raise DivergedError(
                f"the loss is {loss.item()} in epoch {self.current_epoch}, step {batch_idx}: "
                f"training diverged; try a learning rate below {self.learning_rate:g}"
            )
        self._log("train", loss.detach(), logits.detach(), labels)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Move the averaged weights a little toward the new ones."""
        if self.ema is not None:
            self.ema.update_parameters(self.model)

    def validation_step(
        self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Evaluate one batch."""
        self._evaluate("val", batch, dataloader_idx)

    def test_step(
        self, batch: tuple[Tensor, Tensor], batch_idx: int, dataloader_idx: int = 0
    ) -> None:
        """Evaluate one batch."""
        self._evaluate("test", batch, dataloader_idx)

    def predict_step(self, batch: Any, batch_idx: int, dataloader_idx: int = 0) -> Tensor:
        """Compute the probability of every class, shape (N, classes), for images or a pair."""
        images = batch[0] if isinstance(batch, (tuple, list)) else batch
        return probabilities(self(images), self.task)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Create the optimizer and a schedule that advances after every step."""
        groups = parameter_groups(self.model, self.learning_rate, self.backbone_lr_scale)
        check_precision(self.optimizer_name, groups)
        optimizer = OPTIMIZERS[self.optimizer_name](groups, self.learning_rate, self.weight_decay)
        steps = self._steps()
        schedule = SCHEDULES[self.schedule](optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _steps(self):
        """Count the steps of the training; 1 if there is no end and the schedule needs none."""
        if self.trainer.limit_train_batches == 0:
            return 1  # nothing is trained, so Lightning has no count
        steps = self.trainer.estimated_stepping_batches
        if 0 <= steps < math.inf:
            return int(steps)
        if self.schedule == "constant":
            return 1
        raise ValueError(
            f"schedule is {self.schedule!r}, which needs the number of steps, but the "
            f"Trainer has max_epochs={self.trainer.max_epochs} and "
            f"max_steps={self.trainer.max_steps}; set one of them (for a loader without a length "
            'max_steps), or use schedule="constant"'
        )

    def _first_image(self, loader):
        """Return the first training image as a batch of one."""
        data = loader.dataset
        samples = data.__getitems__([0]) if hasattr(data, "__getitems__") else [data[0]]
        batch = loader.collate_fn(samples)
        batch = self.trainer.strategy.batch_to_device(batch, self.device)
        owner = getattr(self.trainer, "datamodule", None) or self
        return _pair(owner.on_after_batch_transfer(batch, 0))[0]

    def _train_on(self, images, batch_idx):
        try:
            return apply_model(self.model, images)
        except ValueError as error:
            if len(images) > 1 or _ONE_VALUE not in str(error):
                raise
            raise ValueError(
                f"in epoch {self.current_epoch}, step {batch_idx}, a batch has a single image, and "
                "the model's batch normalization cannot normalize one value; use drop_last=True "
                "for the loader or for its batch sampler, or another batch size"
            ) from error

    def _evaluate(self, split, batch, loader):
        images, labels = _pair(batch)
        logits, labels = check_batch(self(images), labels, self.task, len(images))
        self._log(split, mean_loss(logits, labels, self.task), logits, labels, loader)

    def _draw_mixture(self, count):
        """Draw the weight of each image, and the permutation that pairs it with another one."""
        if not self.mixup:
            return 1.0, None
        # In 32 bits, even if a Trainer's precision changes the default.
        mixup = torch.tensor(self.mixup, dtype=torch.float32)
        lam = torch.distributions.Beta(mixup, mixup).sample().item()
        return lam, torch.randperm(count)

    def _log(self, split, loss, logits, labels, loader=0):
        accuracy = (predicted_classes(logits, self.task) == labels).float().mean()
        for score, value in (("loss", loss), ("accuracy", accuracy)):
            name = f"{split}_{score}"
            if loader:
                # One of our own metrics belongs to one loader; for others, Lightning takes the
                # mean.
                count = len(labels)
                self.log(
                    name, value, on_step=False, on_epoch=True, batch_size=count, sync_dist=True
                )
            else:
                metric = cast(MeanMetric, self.metrics[name])
                metric.update(value, len(labels))
                self.log(name, metric, on_step=False, on_epoch=True, prog_bar=True)


def _pair(batch):
    """Return the images and labels of a batch, or explain what a loader must provide."""
    if not isinstance(batch, (tuple, list)) or len(batch) != 2:
        parts = f" of {len(batch)}" if isinstance(batch, (tuple, list)) else ""
        raise ValueError(
            f"a batch is a {type(batch).__name__}{parts}; the loader must return pairs "
            "(images, labels)"
        )
    if _is_single(batch[1]) and getattr(batch[0], "ndim", 0) in (1, 3):
        raise ValueError(
            f"a batch is a single sample, of shape {tuple(batch[0].shape)} and with one label; "
            "pass a loader, such as DataLoader(dataset, batch_size=32), instead of the data set"
        )
    images = as_inputs(batch[0])
    if not len(images):
        raise ValueError("a batch is empty; the loader must return at least one image")
    return images, batch[1]


def _is_single(label):
    return not label.ndim if hasattr(label, "ndim") else isinstance(label, int)


def _is_frozen_norm(layer):
    """Return whether a layer normalizes with statistics and none of its parameters is trained."""
    parameters = list(layer.parameters(recurse=False))
    normalizes = isinstance(layer, nn.modules.batchnorm._NormBase)
    return normalizes and bool(parameters) and not any(p.requires_grad for p in parameters)


def _switched_off(model):
    """List the blocks in evaluation mode that training would change, outermost ones only."""
    names = []
    for name, block in model.named_modules():
        inside = any(name.startswith(f"{outer}.") for outer in names)
        if not name or inside or block.training or not list(block.children()):
            continue
        changes = any(isinstance(layer, CHANGEABLE) for layer in block.modules())
        if changes and any(p.requires_grad for p in block.parameters()):
            names.append(name)
    return names


def _single_image(loader, batches):
    """Return which of a loader's batches has a single image; None if none has, or if unknown."""
    if not isinstance(loader, DataLoader) or loader.batch_size is None:
        return None
    try:
        count, whole_batches = len(cast(Sized, loader.sampler)), len(loader)
    except TypeError:
        return None
    size = loader.batch_size
    if size == 1:
        return f"batch_size is {size}"
    # A batch that is not full is the last one, and may be dropped.
    if count % size == 1 and not loader.drop_last and batches >= whole_batches:
        return f"{count} training images in batches of {size} leave a last batch of one image"
    return None


class _LayOutAfterErrors(pl.Callback):
    """Does the work of `Classifier.teardown`, which Lightning skips after an error."""

    def on_exception(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, exception: BaseException
    ) -> None:
        lay_out(pl_module, torch.contiguous_format)


class _MovingAverage:
    # A class, not a closure: spawned processes receive it pickled.
    def __init__(self, decay):
        self.decay = decay

    def __call__(self, averaged, current, count):
        # The first steps are not representative; an average that starts short forgets them.
        decay = min(self.decay, (1 + float(count)) / (10 + float(count)))
        get_ema_multi_avg_fn(decay)(averaged, current, count)
