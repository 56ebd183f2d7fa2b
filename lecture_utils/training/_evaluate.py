"""Losses, predictions, and the evaluation of a model without Lightning."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lecture_utils._inspect import evaluating
from lecture_utils.training._data_modules import InMemoryDataset, to_unit_range

#: What a classifier can be trained for: one class of many, or yes and no.
TASKS = ("multiclass", "binary")


def classification_loss(
    logits: Tensor, labels: Tensor, task: str = "multiclass", label_smoothing: float = 0.0
) -> Tensor:
    """Compute the mean cross-entropy.

    Parameters
    ----------
    logits : tensor, shape (N, classes), or (N, 1) or (N,) for "binary"
    labels : tensor of int64, shape (N,)
    task : {"multiclass", "binary"}
    label_smoothing : float
        0 to less than 1.

    Returns
    -------
    tensor
        A scalar, in nats.

    Examples
    --------
    >>> classification_loss(torch.zeros(1, 10), torch.tensor([3]))
    tensor(2.3026)
    """
    if task == "binary":
        target = labels.float() * (1 - label_smoothing) + label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits.reshape(labels.shape), target)
    return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def predicted_classes(logits: Tensor, task: str = "multiclass") -> Tensor:
    """Pick the most probable class.

    Parameters
    ----------
    logits : tensor, shape (N, classes), or (N, 1) or (N,) for "binary"
    task : {"multiclass", "binary"}

    Returns
    -------
    tensor of int64, shape (N,)

    Examples
    --------
    >>> predicted_classes(torch.tensor([[0.1, 2.0], [3.0, 1.0]]))
    tensor([1, 0])
    """
    if task == "binary":
        return (logits.reshape(-1) > 0).long()
    return logits.argmax(dim=1)


def evaluate(
    model: nn.Module, dataset: InMemoryDataset, *, task: str = "multiclass", batch_size: int = 500
) -> dict[str, Any]:
    """Evaluate a model on a whole data set, without Lightning.

    Parameters
    ----------
    model : nn.Module
    dataset : InMemoryDataset
        Not empty.
    task : {"multiclass", "binary"}
    batch_size : int

    Returns
    -------
    dict
        ``loss`` (mean, in nats), ``accuracy`` (0 to 1) and ``errors`` (how many images are
        misclassified).

    Raises
    ------
    ValueError
        If the data set is empty.

    Examples
    --------
    >>> evaluate(model, data.validation_set)["accuracy"]  # doctest: +SKIP
    """
    if not len(dataset):
        raise ValueError("the data set is empty; there is nothing to evaluate the model on")
    device = next(model.parameters()).device
    loss, errors = 0.0, 0
    with evaluating(model), torch.inference_mode():
        for start in range(0, len(dataset), batch_size):
            images = to_unit_range(dataset.inputs[start : start + batch_size].to(device))
            labels = dataset.labels[start : start + batch_size].to(device)
            logits = model(images)
            loss += classification_loss(logits, labels, task).item() * len(labels)
            errors += int((predicted_classes(logits, task) != labels).sum())
    count = len(dataset)
    return {"loss": loss / count, "accuracy": (count - errors) / count, "errors": errors}
