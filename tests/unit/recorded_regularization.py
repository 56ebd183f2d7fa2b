"""Recorded runs that compare regularization methods, made up at random and written to disk."""

import dataclasses

import numpy as np

from lecture_utils import runs
from lecture_utils.runs import _readouts, _regularization_recipes, _store, regularization

PHOTOS = 40
EPOCHS = regularization.BUDGETS[-1]
CLEAN_EVERY = 5
#: Accuracy that is reached in the end, and how much of the training set is memorized.
CHARACTERS = {
    ("none", "on"): (0.70, 1.0),
    ("augmentation", "weak"): (0.74, 0.6),
    ("augmentation", "medium"): (0.80, 0.3),
    ("augmentation", "strong"): (0.78, 0.1),
    ("dropout", "weak"): (0.71, 0.9),
    ("dropout", "medium"): (0.73, 0.7),
    ("dropout", "strong"): (0.74, 0.4),
    ("weight-decay", "weak"): (0.70, 0.9),
    ("weight-decay", "medium"): (0.71, 0.7),
    ("weight-decay", "strong"): (0.66, 0.3),
    ("batch-norm", "on"): (0.75, 0.9),
    ("label-smoothing", "weak"): (0.70, 1.0),
    ("label-smoothing", "medium"): (0.71, 0.9),
    ("label-smoothing", "strong"): (0.71, 0.8),
    ("all", "on"): (0.83, 0.1),
}


def record(root, method, strength, seed, generator, accuracy, memorized=0.5, photos=PHOTOS):
    """Write a run whose accuracy approaches a given one.

    Its history, its scores on clean training images and its readouts fit together: a readout has
    the first epoch with the highest validation accuracy within the budget, and its logits make as
    many errors as it says.
    """
    name = _regularization_recipes.name_of(method, strength)
    folder = _store.run_folder(name, seed, root)
    folder.mkdir(parents=True)
    history = _history(generator, accuracy, memorized, photos)
    clean = [
        {"epoch": epoch, "loss": loss, "accuracy": right}
        for epoch, (right, loss) in enumerate(_clean(generator, accuracy, memorized), 1)
    ]
    labels = np.arange(photos) % 2
    readouts = []
    for budget in regularization.BUDGETS:
        at = int(np.argmax(history["val_accuracy"][:budget]))
        rights = {
            "validation": history["val_accuracy"][at],
            "test": generator.binomial(photos, history["val_accuracy"][at] - 0.01) / photos,
        }
        logits = {split: _logits(generator, labels, right) for split, right in rights.items()}
        losses = {"validation": history["val_loss"][at], "test": history["val_loss"][at] + 0.02}
        metrics = {
            split: {
                "loss": losses[split],
                "accuracy": right,
                "errors": photos - round(right * photos),
            }
            for split, right in rights.items()
        }
        metrics["train"] = {**clean[at], "errors": round(2000 * (1 - clean[at]["accuracy"]))}
        del metrics["train"]["epoch"]
        both = {split: labels for split in logits}
        readouts.append(_readouts.ReadOut(budget, at + 1, metrics, both, logits))
    card = {
        "name": name,
        "seed": seed,
        "recipe": dataclasses.asdict(runs.recipe(name)),
        "metrics": {"test": {"accuracy": rights["test"]}},
        "readouts": [each.summary() for each in readouts],
        "clean_train": [each for each in clean if each["epoch"] % CLEAN_EVERY == 0],
    }
    _store.write_json(folder / _store.CARD, card)
    _readouts.write_readouts(folder / _store.READOUTS, readouts)
    rows = [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=True)]
    _store.write_history(folder / _store.HISTORY, rows)


def record_all(root, *, seeds=3, photos=1000, only=None):
    """Write all runs of the comparison, or those of some methods with a strength."""
    for number, (key, (accuracy, memorized)) in enumerate(CHARACTERS.items()):
        if only is not None and key not in only:
            continue
        for seed in range(seeds):
            generator = np.random.default_rng([number, seed])
            record(root, *key, seed, generator, accuracy, memorized, photos)
    return regularization.recorded(root=root)


def _history(generator, accuracy, memorized, photos):
    """Make curves of which the loss on validation photos rises when many are memorized."""
    t = np.arange(1, EPOCHS + 1)
    learned = 1 - np.exp(-t / 15)
    expected = 0.5 + (accuracy - 0.5) * learned + generator.normal(0, 0.008, EPOCHS)
    trained = 0.5 + (0.5 * memorized + (accuracy - 0.48) * (1 - memorized)) * (1 - np.exp(-t / 25))
    noise = generator.normal(0, 0.01, EPOCHS)
    return {
        "epoch": t.tolist(),
        "train_loss": (0.7 * (1 - trained) * 2 + 0.02 + abs(noise)).tolist(),
        "train_accuracy": np.clip(np.rint(2000 * (trained + noise)) / 2000, 0, 1).tolist(),
        "val_loss": (0.7 - 0.4 * (accuracy - 0.4) * learned + memorized * (t / 150) ** 2
                     + abs(noise)).tolist(),
        "val_accuracy": (np.rint(photos * np.clip(expected, 0, 1)) / photos).tolist(),
    }  # fmt: skip


def _clean(generator, accuracy, memorized):
    """Yield accuracy and loss on the training photos as they are, epoch by epoch."""
    for t in range(1, EPOCHS + 1):
        end = accuracy + 0.02 + (1 - accuracy - 0.02) * memorized
        right = 0.5 + (end - 0.5) * (1 - np.exp(-t / 20)) + generator.normal(0, 0.004)
        right = round(2000 * min(right, 1)) / 2000
        yield right, 0.01 + 1.4 * (1 - right)


def _logits(generator, labels, right):
    """Make logits of which a share is right."""
    wrong = generator.permutation(len(labels))[: len(labels) - round(right * len(labels))]
    signs = 2 * labels - 1
    signs[wrong] *= -1
    return (signs * (0.1 + abs(generator.normal(size=len(labels))))).astype(np.float32)
