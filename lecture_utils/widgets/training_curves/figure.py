"""The static figure and table of TrainingCurves."""

import numpy as np

from .. import _figure
from .curves import spread

DASHES = {"train": (0, (4, 2)), "val": "solid"}
SPLITS = {"train": "training", "val": "validation"}
MARKERS = "os^Dv>P<"


def curves_html(runs, stops, monitor, patience, *, log_loss=False):
    """Draw loss and accuracy side by side, with a table of best and last epochs.

    Parameters
    ----------
    runs : list of dict
        As `histories.gather` returns them.
    stops : dict
        From each label to a list of `EarlyStop`, one per seed.
    monitor : {"val_loss", "val_accuracy"}
        What decides which epoch is best.
    patience : int
        That of early stopping, for the caption.
    log_loss : bool
        Draw the loss on a logarithmic axis.

    Returns
    -------
    str
        HTML: a figure and a table.
    """
    # Matplotlib is slow to import, and not every demo that is made is shown.
    from lecture_utils import plotting

    fig, axes = plotting.figure(1, 2, size=(7, 2.7 + 0.2 * len(runs)))
    for axis, what in zip(axes, ("loss", "accuracy"), strict=True):
        for index, run in enumerate(runs):
            color = plotting.CYCLE[index % len(plotting.CYCLE)]
            for split in SPLITS:
                mean, low, high = spread(run["seeds"], f"{split}_{what}")
                epochs = np.arange(1, len(mean) + 1)
                style = {"linestyle": DASHES[split], "marker": MARKERS[index], "markersize": 4}
                label = f"{run['label']}, {SPLITS[split]}" if what == "loss" else None
                every = max(1, len(mean) // 8)
                axis.plot(epochs, mean, color=color, markevery=every, label=label, **style)
                if len(run["seeds"]) > 1:
                    axis.fill_between(epochs, low, high, color=color, alpha=0.18, linewidth=0)
        axis.set(xlabel="epoch", title=what)
    if log_loss:
        axes[0].set_yscale("log")
    fig.legend(loc="outside lower center", ncols=2, fontsize=9, frameon=False)
    names = ", ".join(run["label"] for run in runs)
    alt = (
        f"Loss and accuracy over the epochs of {names}: dashed for the training images, solid for "
        "the validation images; the table has the numbers."
    )
    image = plotting.to_html(fig, alt=alt)
    plotting.plt.close(fig)
    watched = "lowest validation loss" if monitor == "val_loss" else "highest validation accuracy"
    caption = f"Best epoch: {watched}. Early stopping: patience {patience}."
    return f'{image}<div class="demo-numbers">{_table(runs, stops, caption)}</div>'


def _table(runs, stops, caption):
    rows = []
    for run in runs:
        for seed, stop in zip(run["seeds"], stops[run["label"]], strict=True):
            label = run["label"] + (f", seed {seed['seed']}" if len(run["seeds"]) > 1 else "")
            at = stop.best - 1
            cells = (
                stop.best,
                f"{seed['val_loss'][at]:.4f}",
                f"{seed['val_accuracy'][at]:.2%}",
                f"{seed['val_accuracy'][-1]:.2%}",
                f"{stop.epochs} of {len(seed['val_loss'])}",
                f"{stop.accuracy:.2%}",
            )
            rows.append(_figure.table_row(label, cells))
    heads = (
        "run",
        "best epoch",
        "its validation loss",
        "its validation accuracy",
        "accuracy of the last epoch",
        "early stopping after epoch",
        "accuracy it keeps",
    )
    return _figure.table(caption, heads, rows)
