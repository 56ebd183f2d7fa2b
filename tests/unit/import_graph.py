"""Which module of a package imports which, read from the source; imports in functions count."""

import ast
from collections.abc import Iterator
from pathlib import Path


def import_graph(folder: Path) -> dict[str, set[str]]:
    """Return for each module of a package the modules of the package that it imports.

    Imports for the type checker alone are left out. A lazy package's stub counts as its code. A
    package does not count as imported because a module within is.
    """
    package = folder.name
    paths = {}
    for path in sorted(folder.rglob("*.py*")):
        if path.suffix in (".py", ".pyi"):
            parts = path.relative_to(folder).with_suffix("").parts
            name = ".".join((package, *(part for part in parts if part != "__init__")))
            paths.setdefault(name, []).append(path)
    return {
        name: {
            target
            for path in sources
            for each in _imports(path, name)
            if (target := _module_of(each, paths)) and target != name
        }
        for name, sources in paths.items()
    }


def cycles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Return groups of modules of which each is reached from each other, sorted."""
    reached = {name: _reached(graph, name) for name in graph}
    groups = {
        frozenset(other for other in reached[name] if name in reached[other]) for name in graph
    }
    return sorted(sorted(group) for group in groups if group)


def by_topic(graph: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the same for the package's parts: what lies directly in it."""
    topics: dict[str, set[str]] = {}
    for name, targets in graph.items():
        here = _topic(name)
        topics.setdefault(here, set()).update(_topic(each) for each in targets)
    for here, targets in topics.items():
        targets.discard(here)
    return topics


def _topic(name: str) -> str:
    return ".".join(name.split(".")[:2])


def _imports(path: Path, name: str) -> Iterator[tuple[str, ...]]:
    """Yield (module,) for ``import module``, and (module, name) for ``from module import name``."""
    package = name if path.stem == "__init__" else name.rpartition(".")[0]
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name,) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = [*above, *filter(None, [node.module])] if node.level else [node.module]
            yield from ((".".join(start), alias.name) for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            waiting.extend(node.orelse)
        else:
            waiting.extend(ast.iter_child_nodes(node))


def _module_of(imported: tuple[str, ...], known: dict) -> str | None:
    """Return the module that an import runs: a name may be a module, or something inside one."""
    for name in (".".join(imported), imported[0]):
        if name in known:
            return name
    return None


def _reached(graph: dict[str, set[str]], start: str) -> set[str]:
    reached, waiting = set(), list(graph[start])
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(graph[name])
    return reached
