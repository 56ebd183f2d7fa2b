"""Train a classifier with Lightning: loss, metrics, optimizer and schedule around any model."""

from __future__ import annotations

from typing import Any, cast

import pytorch_lightning as pl
import torch
from pytorch_lightning.utilities.types import OptimizerLRScheduler
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchmetrics import MeanMetric

from lecture_utils._validation import check_name
from lecture_utils.training._evaluate import TASKS, classification_loss, predicted_classes
from lecture_utils.training._optimizers import OPTIMIZERS, SCHEDULES, parameter_groups

SCORES = ("loss", "accuracy")


class DivergedError(ArithmeticError):
    """The loss became infinite or no number, so that going on would teach nothing."""


class Classifier(pl.LightningModule):
    """What Lightning needs to train a model to tell classes apart.

    Parameters
    ----------
    model : nn.Module
        From float images of shape (N, C, H, W) to logits: (N, classes) for "multiclass", (N, 1)
        or (N,) for "binary".
    task : {"multiclass", "binary"}
    optimizer : str
        One of `OPTIMIZERS`.
    learning_rate : float
        The highest that the schedule reaches, above 0.
    backbone_lr_scale : float
        Learning rate of all layers but those of the model's child "head", as a multiple of
        `learning_rate`; above 0. See `training.parameter_groups`. Frozen parameters never change.
    weight_decay : float
        At least 0.
    schedule : str
        One of `SCHEDULES`.
    label_smoothing : float
        0 to less than 1: this part of the probability is spread over all classes.
    mixup : float
        At least 0. Above 0, every image of a batch is blended with another one, and the loss takes
        both labels in the same proportion, which is drawn from Beta(mixup, mixup) (Zhang et al.,
        arXiv:1710.09412).
    ema_decay : float, optional
        Between 0 and 1: also keep an exponential moving average of the weights, and evaluate that
        one. 0.99 means an average over about 100 steps.

    Raises
    ------
    ValueError
        If an argument is none of the above.
    DivergedError
        While training, if the loss is no finite number.

    Notes
    -----
    Batches come as a `BatchDataModule` gives them: floats, augmented, with torch's generator seeded
    for the step. Mixup and dropout draw from that generator.

    It logs ``train_loss``, ``train_accuracy``, ``val_loss`` and ``val_accuracy`` once per epoch.
    The training values are means over the epoch, taken while the weights still changed.

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
        if not learning_rate > 0:
            raise ValueError(f"learning_rate is {learning_rate}; it must be above 0")
        if not backbone_lr_scale > 0:
            raise ValueError(f"backbone_lr_scale is {backbone_lr_scale}; it must be above 0")
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is {label_smoothing}; it must be from 0 to below 1")
        if not mixup >= 0:
            raise ValueError(f"mixup is {mixup}; it must be at least 0")
        if ema_decay is not None and not 0 < ema_decay < 1:
            raise ValueError(f"ema_decay is {ema_decay}; it must be between 0 and 1")
        self.model = model.to(memory_format=torch.channels_last)
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
            {f"{split}_{score}": MeanMetric() for split in ("train", "val") for score in SCORES}
        )

    @property
    def eval_model(self) -> nn.Module:
        """The model to use after training: the averaged one where there is one."""
        return self.model if self.ema is None else self.ema.module

    def forward(self, images: Tensor) -> Tensor:
        """Compute logits as after training."""
        return self.eval_model(images)

    def training_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> Tensor:
        """Compute the loss of one batch; stop if it is no number."""
        images, labels = batch
        lam, permutation = self._draw_mixture(len(images))
        if lam < 1:
            images = lam * images + (1 - lam) * images[permutation]
        logits = self.model(images)
        loss = classification_loss(logits, labels, self.task, self.label_smoothing)
        if lam < 1:
            others = labels[permutation]
            other_loss = classification_loss(logits, others, self.task, self.label_smoothing)
            loss = lam * loss + (1 - lam) * other_loss
        if not torch.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss.item()} in epoch {self.current_epoch}, step {batch_idx}: "
                f"training diverged; try a learning rate below {self.learning_rate:g}"
            )
        self._log("train", loss.detach(), logits.detach(), labels)
        return loss

    def on_train_batch_end(self, outputs: Any, batch: Any, batch_idx: int) -> None:
        """Move the averaged weights a little towards the new ones."""
        if self.ema is not None:
            self.ema.update_parameters(self.model)

    def validation_step(self, batch: tuple[Tensor, Tensor], batch_idx: int) -> None:
        """Evaluate one batch."""
        images, labels = batch
        logits = self(images)
        self._log("val", classification_loss(logits, labels, self.task), logits, labels)

    def configure_optimizers(self) -> OptimizerLRScheduler:
        """Make the optimizer and a schedule that acts after every step."""
        groups = parameter_groups(self.model, self.learning_rate, self.backbone_lr_scale)
        optimizer = OPTIMIZERS[self.optimizer_name](groups, self.learning_rate, self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = SCHEDULES[self.schedule](optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _draw_mixture(self, count):
        """Draw the weight of each image, and the permutation that pairs it with another one."""
        if not self.mixup:
            return 1.0, None
        lam = torch.distributions.Beta(self.mixup, self.mixup).sample().item()
        return lam, torch.randperm(count)

    def _log(self, split, loss, logits, labels):
        accuracy = (predicted_classes(logits, self.task) == labels).float().mean()
        for score, value in (("loss", loss), ("accuracy", accuracy)):
            metric = cast(MeanMetric, self.metrics[f"{split}_{score}"])
            metric.update(value, len(labels))
            self.log(f"{split}_{score}", metric, on_step=False, on_epoch=True, prog_bar=True)


class _MovingAverage:
    # A class, not a closure: processes that are spawned get it pickled.
    def __init__(self, decay):
        self.decay = decay

    def __call__(self, averaged, current, count):
        # The first steps say little: an average that starts short forgets them.
        decay = min(self.decay, (1 + float(count)) / (10 + float(count)))
        get_ema_multi_avg_fn(decay)(averaged, current, count)
