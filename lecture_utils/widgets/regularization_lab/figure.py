"""The static figure and tables of RegularizationLab."""

import html

import numpy as np

from .. import _figure
from .data import QUANTITIES, means

SPLITS = {"validation": "o", "test": "D"}


def lab_html(demo):
    """Draw all methods as dots and the curves of the chosen one, with a table of the numbers.

    Parameters
    ----------
    demo : RegularizationLab

    Returns
    -------
    str
        HTML: a figure and a table.
    """
    # Matplotlib is slow to import, and not every demo that is made is shown.
    from lecture_utils import plotting

    rows = [(demo._entry(method), demo.numbers(method)) for method in demo.shown]
    fig, (dots, curves) = plotting.figure(1, 2, size=(7, 3.6))
    _draw_dots(dots, demo, rows, plotting)
    _draw_curves(curves, demo, plotting)
    chosen = demo._entry(demo.method)
    has_gray = "none" in demo.shown and demo.method != "none"
    beside = ", with the curves without regularization in gray" if has_gray else ""
    alt = (
        f"Left: validation and test accuracy of {len(rows)} methods within {demo.budget} epochs, "
        f"one dot per seed; the table has the numbers. Right: {demo.quantity} of "
        f"{_name(chosen)} over the epochs, solid for validation photos and dashed for training "
        f"photos as they are{beside}."
    )
    image = plotting.to_html(fig, alt=alt)
    plotting.plt.close(fig)
    return f'{image}<div class="demo-numbers">{_table(demo, rows)}</div>'


def _name(entry):
    strength = "" if entry["strength"] == "on" else f" ({entry['strength']})"
    return entry["label"] + strength


def _draw_dots(axis, demo, rows, plotting):
    columns = demo.score_names
    for number, (split, marker) in enumerate(SPLITS.items()):
        color = plotting.CYCLE[number]
        at = columns.index(f"{split}_accuracy")
        for row, (entry, values) in enumerate(rows):
            height = -row + 0.15 - 0.3 * number
            label = split if row == 0 else None
            lines = {"color": color, "linestyle": "none", "marker": marker, "markersize": 4}
            axis.plot(100 * values[:, at], np.full(len(values), height), label=label, **lines)
            axis.plot(100 * values[:, at].mean(), height, "|", color=plotting.INK, markersize=11)
            if entry["method"] == "none":
                axis.axvline(
                    100 * values[:, at].mean(), color=color, linestyle=":", linewidth=1, zorder=0
                )
    axis.set_yticks(range(0, -len(rows), -1), [_name(entry) for entry, _ in rows], fontsize=9)
    axis.set(xlabel="accuracy in %", title=f"within {demo.budget} epochs", ylim=(-len(rows), 1))
    axis.legend(fontsize=9, ncols=2, loc="lower right", handletextpad=0.2, columnspacing=0.8)


def _draw_curves(axis, demo, plotting):
    quantity = QUANTITIES.index(demo.quantity)
    epochs = np.arange(1, demo.validation.shape[2] + 1)
    factor = 100 if demo.quantity == "accuracy" else 1
    colors = {"none": "gray", demo.method: plotting.CYCLE[0]}
    for method in dict.fromkeys(m for m in ("none", demo.method) if m in demo.shown):
        entry = demo._entry(method)
        rows = slice(entry["first"], entry["first"] + len(entry["seeds"]))
        splits = (
            (epochs, demo.validation[quantity, rows], "-"),
            (demo.clean_epochs, demo.clean[quantity, rows], "--"),
        )
        for at, values, style in splits:
            for seed in values:
                axis.plot(at, factor * seed, style, color=colors[method], linewidth=0.6, alpha=0.5)
            if values.size:
                mean = factor * values.mean(axis=0)
                label = _name(entry) if style == "-" else None
                axis.plot(at, mean, style, color=colors[method], linewidth=1.6, label=label)
    axis.axvline(demo.budget, color=plotting.INK, linewidth=1)
    name = "accuracy in %" if demo.quantity == "accuracy" else "loss"
    axis.set(xlabel="epoch", title=name)
    axis.legend(fontsize=9)


def _table(demo, rows):
    lines = []
    for entry, values in rows:
        mean = means(values)
        errors = values[:, demo.score_names.index("errors")]
        cells = (
            html.escape(entry["strength"] if entry["strength"] != "on" else "\N{EN DASH}"),
            *(f"{mean[f'{split}_accuracy']:.1%}" for split in ("train", "validation", "test")),
            _list(errors),
            _list(values[:, 0]),
        )
        lines.append(_figure.table_row(entry["label"], cells))
    heads = (
        "method",
        "strength",
        "training photos as they are",
        "validation",
        "test",
        "test errors, seed by seed",
        "epochs of the weights",
    )
    caption = (
        f"Mean accuracies within {demo.budget} epochs, with the weights after the epoch of the "
        "highest validation accuracy"
    )
    return _figure.table(caption, heads, lines)


def _list(values):
    return ", ".join(f"{value:.0f}" for value in values)
