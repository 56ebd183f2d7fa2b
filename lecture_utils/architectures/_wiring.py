"""Find the branches of a graph whose steps are numbered in an order in which data can flow.

The steps are 1 to n; 0 stands for what comes in, n + 1 for what goes out; an edge (a, b), a < b,
says that b reads what a puts out.
"""

from __future__ import annotations

from typing import Any


def chain(members: list[int], edges: set[tuple[int, int]], source: int, sink: int) -> list[Any]:
    """Arrange steps as a chain whose links are single steps or branches side by side.

    A step is a link of its own if all paths lead through it: then no edge jumps over it. Steps
    between two such links that are not connected with each other are different branches; so is an
    edge from one to the other, a shortcut. Each branch is arranged in the same way.

    Parameters
    ----------
    members : list of int
        Steps in ascending order, all between `source` and `sink`.
    edges : set of (int, int)
    source, sink : int

    Returns
    -------
    list
        Of step numbers, and for branches of lists of such lists; a shortcut is an empty list.

    Examples
    --------
    >>> chain([1, 2, 3], {(0, 1), (1, 2), (0, 3), (2, 3), (3, 4)}, 0, 4)
    [[[1, 2], []], 3]
    """
    links = [m for m in members if not any(a < m < b for a, b in edges)]
    result, last = [], source
    for link in [*links, sink]:
        between = [m for m in members if last < m < link]
        if between:
            result.extend(_side_by_side(between, edges, last, link))
        if link != sink:
            result.append(link)
        last = link
    return result


def _side_by_side(members, edges, source, sink):
    groups = _connected(members, edges)
    shortcut = (source, sink) in edges
    if len(groups) == 1 and not shortcut:
        # Woven too densely for branches: one after the other is all that can be said.
        return members
    inside = [
        {(a, b) for a, b in edges if (a in group or b in group) and source <= a and b <= sink}
        for group in groups
    ]
    branches = [chain(group, own, source, sink) for group, own in zip(groups, inside, strict=True)]
    return [branches + ([[]] if shortcut else [])]


def _connected(members, edges):
    """Split steps into groups without an edge from one to another."""
    group = {m: {m} for m in members}
    for a, b in edges:
        if a in group and b in group and group[a] is not group[b]:
            group[a] |= group[b]
            for member in group[b]:
                group[member] = group[a]
    distinct = {id(g): sorted(g) for g in group.values()}
    return sorted(distinct.values())
