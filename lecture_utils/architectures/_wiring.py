"""Find the branches of a graph whose steps are numbered in the order of the data flow.

The steps are 1 to n; 0 stands for the input and n + 1 for the output. An edge (a, b), a < b, means
that step b reads the output of step a.
"""

from __future__ import annotations

from typing import Any


def chain(members: list[int], edges: set[tuple[int, int]], source: int, sink: int) -> list[Any]:
    """Arrange steps as a chain of single steps and of parallel branches.

    A step is a link of its own if all paths lead through it, so that no edge jumps over it. Between
    two such links, steps that are not connected with each other belong to different branches; an
    edge from one link to the other is a shortcut. Each branch is arranged in the same way.

    Parameters
    ----------
    members : list of int
        Steps in ascending order, all between `source` and `sink`.
    edges : set of (int, int)
    source, sink : int

    Returns
    -------
    list
        Step numbers, and lists of branches, each a list like this one; a shortcut is an empty list.

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
        # Too many connections for separate branches: list the steps one after the other.
        return members
    inside = [
        {(a, b) for a, b in edges if (a in group or b in group) and source <= a and b <= sink}
        for group in groups
    ]
    branches = [chain(group, own, source, sink) for group, own in zip(groups, inside, strict=True)]
    return [branches + ([[]] if shortcut else [])]


def _connected(members, edges):
    """Split steps into groups with no edges between them."""
    group = {m: {m} for m in members}
    for a, b in edges:
        if a in group and b in group and group[a] is not group[b]:
            group[a] |= group[b]
            for member in group[b]:
                group[member] = group[a]
    distinct = {id(g): sorted(g) for g in group.values()}
    return sorted(distinct.values())
