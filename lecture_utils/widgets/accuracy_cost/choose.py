"""Which weights stand for a network, and which networks nothing beats."""

from lecture_utils.architectures import best_weights, pareto_front

COSTS = ("macs", "parameters")
#: Each choice of weights, in the words of a caption.
WEIGHTS = {
    "first": "with the weights that were published first",
    "best": "with the best weights trained on ImageNet alone",
    "all": "with the best weights, whatever they were trained on",
}


def chosen(rows, weights):
    """Keep one set of weights for each network.

    Parameters
    ----------
    rows : iterable of Published
    weights : {"first", "best", "all"}

    Returns
    -------
    list of Published
    """
    if weights != "first":
        return best_weights(rows, more_data=weights == "all")
    first = {}
    for row in rows:
        if not row.more_data:
            first.setdefault(row.name, row)
    return list(first.values())


def front(rows, cost):
    """Keep the networks that no other beats, from the cheapest to the most accurate.

    Parameters
    ----------
    rows : list of Published
    cost : {"macs", "parameters"}

    Returns
    -------
    list of Published
    """
    indices = pareto_front([getattr(row, cost) for row in rows], [row.accuracy for row in rows])
    return [rows[i] for i in indices]
