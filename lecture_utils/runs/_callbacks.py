"""The steps after every epoch of a recorded run: write a line of history, then a checkpoint."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytorch_lightning as pl
import torch
from pytorch_lightning.callbacks import Callback, Checkpoint
from torch import nn

from lecture_utils.runs._recipe import Recipe
from lecture_utils.runs._store import CHECKPOINT, CHECKPOINT_PART, HISTORY, write_history

COLUMNS = ("train_loss", "train_accuracy", "val_loss", "val_accuracy")


class History(Callback):
    """Write ``history.csv``, and keep its rows and the elapsed time in the checkpoint.

    The rows of a resumed run come from the checkpoint, not from the file. So a kill between the two
    neither duplicates nor loses an epoch.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / HISTORY
        self.rows: list[dict[str, Any]] = []
        self.seconds = self.processor_seconds = 0.0

    def on_train_epoch_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._started = time.perf_counter(), time.process_time()

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self.seconds += time.perf_counter() - self._started[0]
        self.processor_seconds += time.process_time() - self._started[1]
        row: dict[str, Any] = {"epoch": trainer.current_epoch + 1}
        # Six digits are more than a curve shows; the checkpoint has the exact values.
        row.update({name: f"{trainer.callback_metrics[name].item():.6g}" for name in COLUMNS})
        self.rows.append(row)
        if trainer.is_global_zero:
            write_history(self.path, self.rows)
            scores = ", ".join(f"{name} {row[name]}" for name in COLUMNS)
            print(f"epoch {row['epoch']} of {trainer.max_epochs}: {scores}", flush=True)

    def state_dict(self) -> dict[str, Any]:
        return {
            "rows": self.rows,
            "seconds": self.seconds,
            "processor_seconds": self.processor_seconds,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.rows = list(state_dict["rows"])
        self.seconds = state_dict["seconds"]
        self.processor_seconds = state_dict["processor_seconds"]


class FilterSnapshots(Callback):
    """Keep the weights of the first convolution after some optimizer steps, in the checkpoint.

    Parameters
    ----------
    steps : sequence of int
        Numbers of steps; 0 is before the first step.
    """

    def __init__(self, steps: Sequence[int]) -> None:
        self.wanted = frozenset(steps)
        self.steps: list[int] = []
        self.weights: list[torch.Tensor] = []

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        self._keep(trainer, pl_module)

    def on_train_batch_end(
        self,
        trainer: pl.Trainer,
        pl_module: pl.LightningModule,
        outputs: Any,
        batch: Any,
        batch_idx: int,
    ) -> None:
        self._keep(trainer, pl_module)

    def _keep(self, trainer, pl_module):
        step = trainer.global_step
        if step in self.wanted and step not in self.steps:
            first = next(m for m in pl_module.modules() if isinstance(m, nn.Conv2d))
            self.steps.append(step)
            self.weights.append(first.weight.detach().float().cpu().clone())

    def state_dict(self) -> dict[str, Any]:
        return {"steps": list(self.steps), "weights": list(self.weights)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.steps, self.weights = list(state_dict["steps"]), list(state_dict["weights"])


class ReadOutCallback(Callback):
    """Keep the best weights of each budget, and sometimes evaluate on clean training images.

    Parameters
    ----------
    recipe : Recipe
        Provides ``budgets`` and ``clean_every``.
    """

    def __init__(self, recipe: Recipe) -> None:
        self.budgets, self.clean_every = recipe.budgets, recipe.clean_every
        self.best: dict[str, Any] = {"epoch": 0, "accuracy": -1.0, "weights": {}}
        self.kept: list[dict[str, Any]] = []
        self.clean: list[dict[str, Any]] = []

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        from lecture_utils.training import Classifier, evaluate

        assert isinstance(pl_module, Classifier)
        epoch = trainer.current_epoch + 1
        accuracy = trainer.callback_metrics["val_accuracy"].item()
        if accuracy > self.best["accuracy"]:
            state = pl_module.eval_model.state_dict()
            weights = {name: value.detach().cpu().clone() for name, value in state.items()}
            self.best = {"epoch": epoch, "accuracy": accuracy, "weights": weights}
        if epoch in self.budgets:
            self.kept.append({"budget": epoch, **self.best})
        if self.clean_every and epoch % self.clean_every == 0:
            data: Any = trainer.datamodule  # type: ignore[attr-defined]
            scores = evaluate(pl_module.eval_model, data.train_set, task=pl_module.task)
            self.clean.append(
                {"epoch": epoch, "loss": scores["loss"], "accuracy": scores["accuracy"]}
            )

    def state_dict(self) -> dict[str, Any]:
        return {"best": self.best, "kept": list(self.kept), "clean": list(self.clean)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        self.best = state_dict["best"]
        self.kept, self.clean = list(state_dict["kept"]), list(state_dict["clean"])


class EpochCheckpoint(Checkpoint):
    """Replace the only checkpoint after each epoch; a kill leaves either the old or the new one.

    Lightning runs checkpoint callbacks last, so the checkpoint includes the epoch's history.
    """

    def __init__(self, folder: Path) -> None:
        self.path = folder / CHECKPOINT

    def on_train_epoch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        # All processes help to create it; the first one writes it.
        temporary = self.path.with_name(CHECKPOINT_PART)
        trainer.save_checkpoint(temporary, weights_only=False)
        if trainer.is_global_zero:
            os.replace(temporary, self.path)
        trainer.strategy.barrier()
