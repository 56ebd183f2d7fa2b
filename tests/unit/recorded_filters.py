"""Runs and accuracies as FilterEvolution takes them, made up at random."""

from types import SimpleNamespace

import numpy as np

STEPS = (0, 1, 2, 5, 10, 20, 50, 100, 200, 400)


def run(size, seed=0, *, steps=STEPS, shape=(12, 1, 5, 5), epochs=4):
    """Make something like a recorded run, whose filters wander off the faster the more images."""
    rng = np.random.default_rng(seed)
    start, end = rng.normal(size=(2, *shape))
    part = np.array(steps) / steps[-1] * (1 - 30 / (30 + size))
    weights = start + part[:, None, None, None, None] * (3 * end - start)
    return SimpleNamespace(
        card={
            "name": f"filters/one-layer-{size}",
            "seed": seed,
            "data": {"train": size},
            # As many repeats as make 100 steps per epoch.
            "recipe": {"batch_size": 10, "repeats": 1000 // size if size <= 1000 else 1},
        },
        history={
            "epoch": list(range(1, epochs + 1)),
            "val_accuracy": np.linspace(0.6, 0.8, epochs).tolist(),
        },
        snapshots=(np.array(steps), weights.astype(np.float32)),
        folder=f"/nowhere/runs/filters/one-layer-{size}/seed{seed}",
    )


def runs(sizes=(100, 500, 1000), **options):
    """Make one run for each number of training images."""
    return {size: run(size, **options) for size in sizes}


def curves(seeds=5):
    """Make accuracies of four networks that grow with the number of training images."""
    rng = np.random.default_rng(1)
    return {
        label: {
            size: (0.5 + 0.08 * np.log10(size) + shift + 0.01 * rng.normal(size=seeds)).tolist()
            for size in (100, 300, 1000, 3000, 10_000)
        }
        for label, shift in {
            "pixels": 0.0,
            "random filters": 0.02,
            "Gabor filters": 0.04,
            "one learned layer": 0.05,
        }.items()
    }
