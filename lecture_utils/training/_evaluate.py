"""Losses, predictions, and the evaluation of a model without Lightning."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lecture_utils._inspect import evaluating
from lecture_utils._validation import batches, check_bound, check_name, whole
from lecture_utils._validation.batches import as_labels, as_logits
from lecture_utils.training._data_modules import InMemoryDataset
from lecture_utils.training._forward import apply_model

#: Tasks of a classifier: one class out of many, or a yes/no decision.
TASKS = batches.TASKS


def classification_loss(
    logits: Tensor, labels: Tensor, task: str = "multiclass", label_smoothing: float = 0.0
) -> Tensor:
    """Compute the mean cross-entropy.

    Parameters
    ----------
    logits : tensor, shape (N, classes), or (N, 1) or (N,) for "binary"
        At least one row.
    labels : tensor, array or list of whole numbers, shape (N,) or (N, 1)
        The class of each image, counted from 0.
    task : {"multiclass", "binary"}
        One class out of many, or a yes/no decision.
    label_smoothing : float
        0 to less than 1.

    Returns
    -------
    tensor
        A scalar in nats, with 32 bits or more.

    Raises
    ------
    ValueError
        If the logits do not fit the task, or there is not one valid label for each.

    Examples
    --------
    >>> classification_loss(torch.zeros(1, 10), torch.tensor([3]))
    tensor(2.3026)
    """
    check_name("task", task, TASKS)
    check_bound("label_smoothing", label_smoothing, 1, included=False)
    logits, labels = check_batch(logits, labels, task)
    if not len(labels):
        raise ValueError("the batch is empty; its mean loss is undefined")
    return mean_loss(logits, labels, task, label_smoothing)


def mean_loss(logits: Tensor, labels: Tensor, task: str, label_smoothing: float = 0.0) -> Tensor:
    """Compute the mean cross-entropy of the result of `check_batch`."""
    # Half precision is too coarse for logarithms.
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if task == "binary":
        target = labels.to(logits.dtype) * (1 - label_smoothing) + label_smoothing / 2
        return functional.binary_cross_entropy_with_logits(logits.reshape(labels.shape), target)
    return functional.cross_entropy(logits, labels, label_smoothing=label_smoothing)


def check_batch(
    logits: Any, labels: Any, task: str, count: int | None = None
) -> tuple[Tensor, Tensor]:
    """Return logits and labels in the shapes required by a task, or raise ValueError.

    Parameters
    ----------
    logits, labels, task
        As for `classification_loss`.
    count : int, optional
        Number of images in the batch. By default, as many as there are labels.

    Returns
    -------
    logits : tensor, shape (N, classes), or (N, 1) for "binary"
    labels : tensor of int64, shape (N,), on the same device
    """
    count = len(as_labels(labels)) if count is None else count
    logits = as_logits(logits, count, task)
    classes = 2 if task == "binary" else logits.shape[1]
    return logits, as_labels(labels, count, classes).to(logits.device)


def predicted_classes(logits: Tensor, task: str = "multiclass") -> Tensor:
    """Pick the most probable class.

    Parameters
    ----------
    logits : tensor, shape (N, classes), or (N, 1) or (N,) for "binary"
        The model's output.
    task : {"multiclass", "binary"}
        For "binary", a logit above 0 means class 1.

    Returns
    -------
    tensor of int64, shape (N,)

    Raises
    ------
    ValueError
        If the logits do not fit the task.

    Examples
    --------
    >>> predicted_classes(torch.tensor([[0.1, 2.0], [3.0, 1.0]]))
    tensor([1, 0])
    """
    check_name("task", task, TASKS)
    logits = as_logits(logits, len(logits) if getattr(logits, "ndim", 0) else 1, task)
    if task == "binary":
        return (logits[:, 0] > 0).long()
    return logits.argmax(dim=1)


def probabilities(logits: Tensor, task: str = "multiclass") -> Tensor:
    """Convert logits to the probability of every class.

    Parameters
    ----------
    logits : tensor, shape (N, classes), or (N, 1) or (N,) for "binary"
        The model's output.
    task : {"multiclass", "binary"}
        Softmax over the classes, or the logistic function of one logit.

    Returns
    -------
    tensor of float, shape (N, classes)
        With 32 bits or more. For "binary", two classes: first 0, then 1.

    Raises
    ------
    ValueError
        If the logits do not fit the task.

    Examples
    --------
    >>> probabilities(torch.tensor([[0.0]]), "binary")
    tensor([[0.5000, 0.5000]])
    """
    check_name("task", task, TASKS)
    logits = as_logits(logits, len(logits) if getattr(logits, "ndim", 0) else 1, task)
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32))
    if task == "binary":
        return torch.sigmoid(torch.cat([-logits, logits], dim=1))
    return logits.softmax(dim=1)


def evaluate(
    model: nn.Module, dataset: InMemoryDataset, *, task: str = "multiclass", batch_size: int = 500
) -> dict[str, Any]:
    """Evaluate a model on a whole data set, without Lightning.

    Parameters
    ----------
    model : nn.Module
        Maps float images to logits; see `Classifier`.
    dataset : InMemoryDataset
        Not empty. Bytes become values from 0 to 1.
    task : {"multiclass", "binary"}
        One class out of many, or a yes/no decision.
    batch_size : int
        Number of images per forward pass.

    Returns
    -------
    dict
        ``loss`` (mean, in nats), ``accuracy`` (0 to 1) and ``errors`` (number of misclassified
        images).

    Raises
    ------
    ValueError
        If the data set is empty, the model does not accept its images, or its labels and the
        model's output do not match the task.
    TypeError
        If `model` is not an nn.Module, or `dataset` not an InMemoryDataset.

    Notes
    -----
    The model runs in evaluation mode, on its current device. Afterwards every layer returns to its
    previous mode.

    Examples
    --------
    >>> from lecture_utils.models import gap_cnn
    >>> equal_images = InMemoryDataset(torch.zeros(10, 1, 28, 28), torch.arange(10))
    >>> evaluate(gap_cnn(), equal_images)["errors"]  # only one of ten different labels is correct
    9
    """
    check_name("task", task, TASKS)
    batch_size = whole("batch_size", batch_size, 1)
    if not isinstance(model, nn.Module):
        raise TypeError(f"model is a {type(model).__name__}; pass an nn.Module")
    if not isinstance(dataset, InMemoryDataset):
        raise TypeError(
            f"dataset is a {type(dataset).__name__}; pass an InMemoryDataset(images, labels), or "
            "use Trainer.test for other loaders"
        )
    if not len(dataset):
        raise ValueError("the data set is empty; there is nothing to evaluate the model on")
    device = next((p.device for p in model.parameters()), torch.device("cpu"))
    loss, errors = 0.0, 0
    with evaluating(model), torch.inference_mode():
        for start in range(0, len(dataset), batch_size):
            images = dataset.inputs[start : start + batch_size].to(device)
            labels = dataset.labels[start : start + batch_size].to(device)
            logits, labels = check_batch(apply_model(model, images), labels, task, len(images))
            loss += mean_loss(logits, labels, task).item() * len(labels)
            errors += int((predicted_classes(logits, task) != labels).sum())
    count = len(dataset)
    return {"loss": loss / count, "accuracy": (count - errors) / count, "errors": errors}
