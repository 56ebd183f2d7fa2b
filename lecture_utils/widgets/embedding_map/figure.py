"""The static figure and table of EmbeddingMap."""

from .. import _figure

#: Shapes of the classes, in the order of `points.js`.
MARKERS = "o^sDv>P<"


def map_html(demo):
    """Draw the maps of all stages by the method that is chosen, with a table of their numbers.

    Parameters
    ----------
    demo : EmbeddingMap

    Returns
    -------
    str
        HTML: a figure and a table.
    """
    # Matplotlib is slow to import, and not every demo that is made is shown.
    from lecture_utils import plotting

    count = len(demo.stages)
    fig, axes = plotting.figure(1, count, size=(7, 7 / max(count, 2) + 0.5), squeeze=False)
    method = ("PCA", "t-SNE").index(demo.method)
    for axis, stage, points in zip(axes[0], demo.stages, demo.points[:, method], strict=True):
        wrong = demo.wrong(stage["name"])
        for index, name in enumerate(demo.class_names):
            axis.scatter(
                *points[demo.labels == index].T,
                s=9,
                marker=MARKERS[index % len(MARKERS)],
                color=plotting.CYCLE[index % len(plotting.CYCLE)],
                linewidth=0,
                alpha=0.8,
                rasterized=True,
                label=name if axis is axes[0][0] else None,
            )
        axis.scatter(*points[wrong].T, s=26, marker="x", color=plotting.INK, linewidth=1)
        axis.set(xticks=[], yticks=[], title=stage["name"], aspect="equal")
    fig.legend(loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    agreements = ", ".join(
        f"{each['name']} {_percent(each['agreement'], 0)}" for each in demo.stages
    )
    alt = (
        f"Maps of {len(demo.labels)} images by {demo.method}, one per stage. Share of the "
        f"{demo.neighbors.shape[2]} nearest neighbors, in all dimensions, that have the same class "
        f"as the image: {agreements}. Crosses mark misclassified images."
    )
    image = plotting.to_html(fig, alt=alt)
    plotting.plt.close(fig)
    return f'{image}<div class="demo-numbers">{_table(demo)}</div>'


def _percent(share, digits=1):
    return "–" if share is None else f"{share:.{digits}%}"


def _table(demo):
    heads = (
        "Stage",
        "dimensions",
        "misclassified",
        f"same class among the nearest {demo.neighbors.shape[2]}",
        "variance that PCA keeps",
    )
    rows = []
    for stage in demo.stages:
        wrong = "–" if stage["wrong"] is None else f"{stage['wrong']} of {len(demo.labels)}"
        cells = (
            stage["dimensions"] or "–",
            wrong,
            _percent(stage["agreement"]),
            _percent(stage["explained"]),
        )
        rows.append(_figure.table_row(stage["name"], cells))
    origin = demo.origin or f"{len(demo.labels)} images"
    return _figure.table(f"{origin}, in all dimensions", heads, rows)
