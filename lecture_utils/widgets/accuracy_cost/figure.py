"""The static figure and table of AccuracyCost."""

from .. import _figure
from .choose import WEIGHTS

NAMES = {"macs": "multiply-accumulate operations", "parameters": "parameters"}


def front_html(rows, front, cost, weights):
    """Draw all networks and the front, with a table of the front.

    Parameters
    ----------
    rows, front : list of Published
    cost : {"macs", "parameters"}
    weights : {"first", "best", "all"}

    Returns
    -------
    str
        HTML: a figure and a table.
    """
    # Matplotlib is slow to import, and not every demo that is made is shown.
    from lecture_utils import plotting

    fig, axis = plotting.figure(size=(7, 4))
    axis.scatter(
        [getattr(row, cost) for row in rows],
        [100 * row.accuracy for row in rows],
        s=22,
        color=plotting.INK,
        alpha=0.45,
        linewidth=0,
    )
    best = [getattr(row, cost) for row in front], [100 * row.accuracy for row in front]
    axis.plot(*best, "o-", color=plotting.CYCLE[1], markersize=6, drawstyle="steps-post")
    axis.set(xscale="log", xlabel=NAMES[cost], ylabel="top-1 accuracy (%)")
    alt = (
        f"{len(rows)} networks by {NAMES[cost]}, on a logarithmic axis, and accuracy on ImageNet. "
        f"The Pareto front goes from {front[0].title} up to "
        f"{front[-1].title}, in steps from one network to the next."
    )
    image = plotting.to_html(fig, alt=alt)
    plotting.plt.close(fig)
    rows_of_front = [
        _figure.table_row(
            row.title,
            (f"{row.parameters / 1e6:,.1f} M", f"{row.macs / 1e9:,.2f} G", f"{row.accuracy:.1%}"),
        )
        for row in front
    ]
    heads = ("Network", "Parameters", "MACs", "Accuracy")
    caption = f"Pareto front of {len(rows)} networks by {NAMES[cost]}, {WEIGHTS[weights]}."
    return f'{image}<div class="demo-numbers">{_figure.table(caption, heads, rows_of_front)}</div>'
