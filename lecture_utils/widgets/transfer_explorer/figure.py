"""The static tables of TransferExplorer."""

import html
import math

import numpy as np

from lecture_utils.statistics import wilson

from .. import _figure
from .networks import BATCH_SIZE, costs


def explorer_html(demo):
    """Write the cost of each boundary of the network on screen, and its recorded runs, as tables.

    Parameters
    ----------
    demo : TransferExplorer

    Returns
    -------
    str
        HTML: one or two tables.
    """
    shown = demo._shown
    rows = []
    for stage in shown["stages"]:
        if stage["parameters"]:
            trainable, memory = costs(shown, stage["name"], demo.outputs)
            cells = f"{trainable:,}", f"{memory / 2**20:,.0f} MiB"
            rows.append(_figure.table_row(stage["name"], cells))
    caption = (
        f"{shown['title']} with a new head of {demo.outputs} output{'s' * (demo.outputs > 1)}: "
        "what is trained if everything before a stage is frozen"
    )
    heads = (
        "First trained stage",
        "trained parameters",
        f"memory per training step with {BATCH_SIZE} photos",
    )
    tables = _figure.table(caption, heads, rows)
    recorded = [run for run in demo.runs if run["model"] == shown["name"] or not run["pretrained"]]
    if recorded:
        heads = (
            "Run",
            "first trained stage",
            "test accuracy",
            "95% interval",
            "seconds per epoch",
        )
        tables += _figure.table("Recorded runs", heads, [_run_row(run) for run in recorded])
    return f'<div class="demo-numbers">{tables}</div>'


def _run_row(run):
    accuracy = np.mean([seed["test_accuracy"] for seed in run["seeds"]])
    count = run["seeds"][0]["test_count"]
    low, high = wilson(math.floor(accuracy * count + 0.5), count)
    seconds = [
        seed["seconds"] / len(seed["val_loss"])
        for seed in run["seeds"]
        if seed["seconds"] is not None
    ]
    time = f"{np.mean(seconds):.1f} ({run['clock']})" if seconds else "not recorded"
    repeats = len(run["seeds"])
    seeds = f" ({repeats} seeds)" if repeats > 1 else ""
    return _figure.table_row(
        run["label"],
        (
            html.escape(run["train_from"]),
            f"{accuracy:.1%}{seeds}",
            f"{low:.1%} to {high:.1%}",
            time,
        ),
    )
