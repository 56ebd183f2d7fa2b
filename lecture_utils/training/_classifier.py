"""Train a classifier with Lightning: loss, metrics, optimizer and schedule around any network."""

import pytorch_lightning as pl
import torch
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from torchmetrics import MeanMetric

from lecture_utils._validation import check_name
from lecture_utils.training._data_modules import to_unit_range
from lecture_utils.training._evaluate import TASKS, classification_loss, predicted_classes
from lecture_utils.training._optimizers import OPTIMIZERS, SCHEDULES, parameter_groups

SCORES = ("loss", "accuracy")


class DivergedError(ArithmeticError):
    """The loss became infinite or no number, so that going on would teach nothing."""


class Classifier(pl.LightningModule):
    """What Lightning needs to train a network to tell classes apart.

    Parameters
    ----------
    network : nn.Module
        From float pictures of shape (N, C, H, W) to logits: (N, classes) for "multiclass", (N, 1)
        or (N,) for "binary".
    task : {"multiclass", "binary"}
    optimizer : str
        One of `OPTIMIZERS`.
    learning_rate : float
        The highest that the schedule reaches, above 0.
    backbone_rate : float
        Learning rate of all layers but those of the network's child "head", as a multiple of `learning_rate`; above 0.
        See `training.parameter_groups`. Frozen parameters are never changed.
    weight_decay : float
        At least 0.
    schedule : str
        One of `SCHEDULES`.
    label_smoothing : float
        0 to less than 1: this part of the probability is spread over all classes.
    augment : callable, optional
        Takes and returns a batch of training pictures with values from 0 to 1.
    mixup : float
        At least 0. Above 0, every picture of a batch is mixed with another one, and the loss takes both labels in
        the same proportion, which is drawn from Beta(mixup, mixup) (Zhang et al., arXiv:1710.09412).
    average_decay : float, optional
        Between 0 and 1: also keep a moving average of the weights, and judge that one. 0.99 means
        an average over about 100 steps.
    seed : int
        Decides dropout and augmentation, together with the step and the process.

    Raises
    ------
    ValueError
        If an argument is none of the above.
    DivergedError
        While training, if the loss is no finite number.

    Notes
    -----
    It logs ``train_loss``, ``train_accuracy``, ``val_loss`` and ``val_accuracy`` once per epoch. The
    training numbers are means over the epoch, taken while the weights still changed.

    Examples
    --------
    >>> from lecture_utils.models import gap_cnn
    >>> classifier = Classifier(gap_cnn(), optimizer="sgd", learning_rate=0.1)
    """

    def __init__(
        self,
        network,
        *,
        task="multiclass",
        optimizer="adam",
        learning_rate=1e-3,
        backbone_rate=1.0,
        weight_decay=0.0,
        schedule="constant",
        label_smoothing=0.0,
        augment=None,
        mixup=0.0,
        average_decay=None,
        seed=0,
    ):
        super().__init__()
        check_name("task", task, TASKS)
        check_name("optimizer", optimizer, OPTIMIZERS)
        check_name("schedule", schedule, SCHEDULES)
        if not learning_rate > 0:
            raise ValueError(f"learning_rate is {learning_rate}; it must be above 0")
        if not backbone_rate > 0:
            raise ValueError(f"backbone_rate is {backbone_rate}; it must be above 0")
        if not 0 <= label_smoothing < 1:
            raise ValueError(f"label_smoothing is {label_smoothing}; it must be from 0 to below 1")
        if not mixup >= 0:
            raise ValueError(f"mixup is {mixup}; it must be at least 0")
        if average_decay is not None and not 0 < average_decay < 1:
            raise ValueError(f"average_decay is {average_decay}; it must be between 0 and 1")
        self.network = network.to(memory_format=torch.channels_last)
        self.averaged = None
        if average_decay is not None:
            self.averaged = AveragedModel(
                self.network, multi_avg_fn=_MovingAverage(average_decay), use_buffers=True
            )
            self.averaged.requires_grad_(False)
        self.task = task
        self.optimizer_name = optimizer
        self.learning_rate = learning_rate
        self.backbone_rate = backbone_rate
        self.weight_decay = weight_decay
        self.schedule = schedule
        self.label_smoothing = label_smoothing
        self.augment = augment
        self.mixup = mixup
        self.seed = seed
        self.metrics = torch.nn.ModuleDict(
            {f"{part}_{what}": MeanMetric() for part in ("train", "val") for what in SCORES}
        )

    @property
    def judged_network(self):
        """The network to use after training: the averaged one where there is one."""
        return self.network if self.averaged is None else self.averaged.module

    def forward(self, images):
        """Compute logits as after training."""
        return self.judged_network(images)

    def on_after_batch_transfer(self, batch, dataloader_idx):
        """Scale to 0..1 where the batch will be used: a GPU does it faster."""
        images, labels = batch
        return to_unit_range(images), labels

    def training_step(self, batch, batch_idx):
        """Compute the loss of one batch; stop if it is no number."""
        images, labels = batch
        # Every step has a seed of its own, so that a resumed run draws the same numbers.
        torch.manual_seed(
            self.seed * 1_000_000_007 + self.global_step * 1_009 + self.trainer.global_rank
        )
        if self.augment is not None:
            images = self.augment(images).contiguous(memory_format=torch.channels_last)
        part, partner = self._draw_mixture(len(images))
        if part < 1:
            images = part * images + (1 - part) * images[partner]
        logits = self.network(images)
        loss = classification_loss(logits, labels, self.task, self.label_smoothing)
        if part < 1:
            other = classification_loss(logits, labels[partner], self.task, self.label_smoothing)
            loss = part * loss + (1 - part) * other
        if not torch.isfinite(loss):
            raise DivergedError(
                f"the loss is {loss.item()} in epoch {self.current_epoch}, step {batch_idx}: training "
                f"diverged; try a learning rate below {self.learning_rate:g}"
            )
        self._log("train", loss.detach(), logits.detach(), labels)
        return loss

    def on_train_batch_end(self, outputs, batch, batch_idx):
        """Move the averaged weights a little towards the new ones."""
        if self.averaged is not None:
            self.averaged.update_parameters(self.network)

    def validation_step(self, batch, batch_idx):
        """Judge one batch."""
        images, labels = batch
        logits = self(images)
        self._log("val", classification_loss(logits, labels, self.task), logits, labels)

    def configure_optimizers(self):
        """Make the optimizer and a schedule that acts after every step."""
        groups = parameter_groups(self.network, self.learning_rate, self.backbone_rate)
        optimizer = OPTIMIZERS[self.optimizer_name](groups, self.learning_rate, self.weight_decay)
        steps = int(self.trainer.estimated_stepping_batches)
        schedule = SCHEDULES[self.schedule](optimizer, steps)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def _draw_mixture(self, count):
        """Draw how much of each picture stays, and which other one the rest comes from."""
        if not self.mixup:
            return 1.0, None
        part = torch.distributions.Beta(self.mixup, self.mixup).sample().item()
        return part, torch.randperm(count)

    def _log(self, part, loss, logits, labels):
        right = (predicted_classes(logits, self.task) == labels).float().mean()
        for what, value in (("loss", loss), ("accuracy", right)):
            metric = self.metrics[f"{part}_{what}"]
            metric.update(value, len(labels))
            self.log(f"{part}_{what}", metric, on_step=False, on_epoch=True, prog_bar=True)


class _MovingAverage:
    # A class, not a closure: processes that are spawned get it pickled.
    def __init__(self, decay):
        self.decay = decay

    def __call__(self, averaged, current, count):
        # The first steps say little: an average that starts short forgets them.
        decay = min(self.decay, (1 + float(count)) / (10 + float(count)))
        get_ema_multi_avg_fn(decay)(averaged, current, count)
