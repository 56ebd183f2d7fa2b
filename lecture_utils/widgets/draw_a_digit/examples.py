"""Digits to start from: one of each kind that the network reads, and some that it gets wrong."""

import numpy as np

from lecture_utils._validation.pixels import to_bytes

from .layers import CLASSES, SIZE

_AT_ONCE = 1000
WRONG = 6
#: This many mistakes are enough to choose from; finding them all would take seconds.
_ENOUGH = 20


def chosen_examples(model, images, labels):
    """Pick the first correct one of each class, then the most confident wrong predictions.

    Parameters
    ----------
    model : nn.Sequential
        In evaluation mode.
    images : ndarray of uint8, shape (N, 28, 28)
    labels : ndarray of int, shape (N,)

    Returns
    -------
    list of int
        At most 16 positions in `images`.
    """
    probabilities = np.zeros((0, CLASSES))
    while len(probabilities) < len(images):
        start = len(probabilities)
        more = predict(model, images[start : start + _AT_ONCE])
        probabilities = np.concatenate([probabilities, more])
        if (probabilities.argmax(axis=1) != labels[: len(probabilities)]).sum() >= _ENOUGH:
            break
    labels = labels[: len(probabilities)]
    predicted = probabilities.argmax(axis=1)
    correct = predicted == labels
    first = [np.flatnonzero(correct & (labels == digit))[:1] for digit in range(CLASSES)]
    wrong = np.flatnonzero(~correct)
    confident = wrong[np.argsort(-probabilities[wrong].max(axis=1), kind="stable")[:WRONG]]
    return [int(i) for i in (*np.concatenate(first), *confident)]


def predict(model, images):
    """Return the probabilities of all classes, shape (N, 10), for images of bytes."""
    import torch

    parts = []
    with torch.no_grad():
        for start in range(0, len(images), _AT_ONCE):
            batch = torch.from_numpy(np.ascontiguousarray(images[start : start + _AT_ONCE]))
            logits = model(batch.reshape(-1, 1, SIZE, SIZE).float() / 255)
            parts.append(torch.softmax(logits.double(), dim=1).numpy())
    return np.concatenate(parts) if parts else np.zeros((0, CLASSES))


def as_digits(images, labels):
    """Check the digits of a reader; return uint8 (N, 28, 28) and integers (N,).

    Raises
    ------
    ValueError
        If the shapes do not fit, or values or labels are out of range.
    """
    images, labels = to_bytes(images, "examples"), np.asarray(labels)
    if images.ndim != 3 or images.shape[1:] != (SIZE, SIZE) or not len(images):
        raise ValueError(f"examples have shape {images.shape}; give images of (N, 28, 28)")
    if labels.shape != images.shape[:1]:
        raise ValueError(f"there are {len(images)} examples, but labels of shape {labels.shape}")
    if not np.isin(labels, range(CLASSES)).all():
        raise ValueError(f"labels are {sorted(set(labels.tolist()))}; use digits from 0 to 9")
    return images, labels.astype(int)
