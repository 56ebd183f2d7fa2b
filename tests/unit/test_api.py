"""The package as its users see it: typed, documented, one path per name, and no import cycles."""

import enum
import importlib
import inspect
import re
from pathlib import Path

import pytest
from import_graph import by_topic, cycles, import_graph

import lecture_utils

TOPICS = (
    "architectures",
    "augmentation",
    "challenges",
    "convolution",
    "datasets",
    "datasets.pets",
    "evidence",
    "exercises",
    "filter_banks",
    "geometry",
    "interpretation",
    "interpretation.recordings",
    "models",
    "palette",
    "plotting",
    "pretrained",
    "profiling",
    "runs",
    "runs.filters",
    "runs.regularization",
    "runs.transfer",
    "statistics",
    "training",
    "transfer",
    "widgets",
)
PACKAGE = "lecture_utils"
FOLDER = Path(lecture_utils.__file__).parent


def public(topic):
    """Return the public objects of a topic by their paths."""
    module = importlib.import_module(f"{PACKAGE}.{topic}")
    return {f"{topic}.{name}": getattr(module, name) for name in getattr(module, "__all__", ())}


def is_function(thing):
    """Tell whether this is a function, whatever decorates it."""
    return inspect.isfunction(inspect.unwrap(thing)) if callable(thing) else False


def is_own(thing):
    return getattr(thing, "__module__", "").split(".")[0] == PACKAGE


def callables(topic):
    """Yield path and function of all that can be called: functions, constructors, methods."""
    for path, thing in public(topic).items():
        if inspect.isclass(thing):
            yield from methods(path, thing, only_init=False)
        elif is_function(thing):
            yield path, inspect.unwrap(thing)


def methods(path, cls, only_init):
    seen = set()
    for base in filter(is_own, cls.__mro__):
        for name, value in vars(base).items():
            wanted = name == "__init__" or not (name.startswith("_") or only_init)
            if not wanted or name in seen or (name == "__init__" and is_generated(cls)):
                continue
            seen.add(name)
            value = value.fget if isinstance(value, property) else value
            value = getattr(value, "func", getattr(value, "__func__", value))
            if inspect.isfunction(inspect.unwrap(value)):
                yield f"{path}.{name}", inspect.unwrap(value)


def is_generated(cls):
    """Tell whether Python wrote the constructor: its fields are annotated by necessity."""
    return hasattr(cls, "__dataclass_fields__") or issubclass(cls, (tuple, enum.Enum))


def parameters(function):
    return [
        parameter
        for parameter in inspect.signature(function).parameters.values()
        if parameter.name not in ("self", "cls")
    ]


def gaps_in_types(path, function):
    for parameter in parameters(function):
        if parameter.annotation is inspect.Parameter.empty:
            yield f"{path}: parameter {parameter.name} has no type"
    returns = inspect.signature(function).return_annotation
    if returns is inspect.Signature.empty and not path.endswith(".__init__"):
        yield f"{path}: what it returns has no type"


def sections(docstring):
    """Return the sections of a NumPy-style docstring by their titles."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.cleandoc(docstring), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def documented(section):
    """Return the names that a section of parameters explains."""
    heads = re.findall(r"^\*{0,2}(\w[^:\n]*)", section, flags=re.MULTILINE)
    return {name.strip(" *") for head in heads for name in head.split(",")}


def gaps_in_docstring(path, function, docstring):
    """Yield what the docstring of a function lacks; that of a class explains its constructor."""
    if not docstring:
        yield f"{path}: no docstring"
        return
    have = sections(docstring)
    names = {parameter.name for parameter in parameters(function)}
    explained = documented(have.get("Parameters", "") + "\n" + have.get("Attributes", ""))
    for name in sorted(names - explained):
        yield f"{path}: the docstring does not explain the parameter {name}"
    returns = inspect.signature(function).return_annotation
    gives = returns not in (inspect.Signature.empty, None, "None", "Self", "NoReturn", "Never")
    if gives and not path.endswith(".__init__") and not {"Returns", "Yields"} & have.keys():
        yield f"{path}: the docstring does not say what it returns"


def is_explained_elsewhere(cls, name):
    """Tell whether a method is one that a base class from elsewhere asks for and explains."""
    return any(not is_own(base) and hasattr(base, name) for base in cls.__mro__[1:])


def gaps_in_docs(topic):
    for path, thing in public(topic).items():
        if inspect.isclass(thing):
            if not (thing.__dict__.get("__doc__") or "").strip():
                yield f"{path}: no docstring"
                continue
            for method, function in methods(path, thing, only_init=topic == "widgets"):
                name = method.rpartition(".")[2]
                if name == "__init__":
                    yield from gaps_in_docstring(method, function, thing.__doc__)
                elif isinstance(inspect.getattr_static(thing, name), property):
                    if not function.__doc__:
                        yield f"{method}: no docstring"
                elif not is_explained_elsewhere(thing, name):
                    yield from gaps_in_docstring(method, function, function.__doc__)
        elif is_function(thing):
            yield from gaps_in_docstring(path, inspect.unwrap(thing), thing.__doc__)


@pytest.mark.parametrize("topic", TOPICS)
def test_everything_public_is_typed(topic):
    gaps = [gap for path, function in callables(topic) for gap in gaps_in_types(path, function)]
    assert not gaps, "\n".join(["annotate these:", *gaps])


@pytest.mark.parametrize("topic", TOPICS)
def test_everything_public_is_documented(topic):
    module = importlib.import_module(f"{PACKAGE}.{topic}")
    gaps = [] if module.__doc__ else [f"{topic}: no docstring"]
    gaps += gaps_in_docs(topic)
    assert not gaps, "\n".join(["document these:", *gaps])


def test_every_name_has_one_path():
    paths: dict[int, list[str]] = {}
    for topic in TOPICS:
        for path, thing in public(topic).items():
            # Equal numbers and texts may be one object; that says nothing.
            if not isinstance(thing, int | float | str | frozenset):
                paths.setdefault(id(thing), []).append(path)
    double = [" = ".join(same) for same in paths.values() if len(same) > 1]
    assert not double, "\n".join(["choose one path for each of these:", *double])


def test_every_topic_says_what_is_public():
    silent = [topic for topic in TOPICS if not public(topic)]
    assert not silent, f"give these an __all__: {', '.join(silent)}"


def test_public_topics_are_those_of_the_package():
    """A folder or module that is not private is a topic, so that none is forgotten above."""
    top = public_modules(FOLDER)
    assert top == {topic.partition(".")[0] for topic in TOPICS}
    # Demos are imported from their topic, not from their folders; challenges are all alike.
    inside = {
        f"{topic}.{name}"
        for topic in top - {"widgets", "challenges"}
        for name in public_modules(FOLDER / topic)
    }
    assert inside == {topic for topic in TOPICS if "." in topic}


def public_modules(folder):
    """Return the names of the modules and packages in a folder that are not private."""
    paths = folder.iterdir() if folder.is_dir() else []
    return {
        path.stem
        for path in paths
        if not path.name.startswith(("_", "."))
        and (path.suffix == ".py" or (path / "__init__.py").exists())
    }


def described(graph, group):
    edges = [f"  {a} imports {b}" for a in group for b in sorted(graph[a]) if b in group]
    return "\n".join([f"cycle of {len(group)}:", *edges])


def test_modules_do_not_import_each_other_in_circles():
    graph = import_graph(FOLDER)
    assert len(graph) > 100
    groups = cycles(graph)
    assert not groups, "\n".join(described(graph, group) for group in groups)


def test_topics_do_not_import_each_other_in_circles():
    graph = by_topic(import_graph(FOLDER))
    groups = cycles(graph)
    assert not groups, "\n".join(described(graph, group) for group in groups)


def imports_of_other_demos(graph, package=PACKAGE):
    """Yield where a module of one demo imports from another, or from all demos at once."""
    widgets = f"{package}.widgets"

    def demo_of(module):
        first = module.removeprefix(f"{widgets}.").partition(".")[0]
        own = module.startswith(f"{widgets}.") and not first.startswith("_")
        return first if own else None

    for module, targets in graph.items():
        for target in targets:
            if demo_of(module) and (
                target == widgets or demo_of(target) not in (None, demo_of(module))
            ):
                yield f"{module} imports {target}"


def test_demos_do_not_import_from_each_other():
    graph = import_graph(FOLDER)
    assert sum(name.startswith(f"{PACKAGE}.widgets.") for name in graph) > 50
    found = sorted(imports_of_other_demos(graph))
    assert not found, "\n".join(["move what both need into a shared module:", *found])


def make_package(folder, files):
    for name, source in files.items():
        path = folder / "made_up" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
    return import_graph(folder / "made_up")


def test_a_circle_is_seen(tmp_path):
    graph = make_package(
        tmp_path,
        {
            "__init__.py": "",
            "a/__init__.py": "from made_up.a._one import one",
            "a/_one.py": "def one():\n    from made_up.b import two\n    return two",
            "a/_other.py": "import made_up.a._one",
            "b.py": "from .a._other import three",
            "c.py": "from made_up import b",
        },
    )
    assert graph["made_up.b"] == {"made_up.a._other"}
    assert cycles(graph) == [["made_up.a._one", "made_up.a._other", "made_up.b"]]
    assert cycles(by_topic(graph)) == [["made_up.a", "made_up.b"]]


def test_what_is_no_circle_is_none(tmp_path):
    graph = make_package(
        tmp_path,
        {
            "__init__.py": "",
            # A package that imports its parts, which import each other in one direction only.
            "a/__init__.py": "from made_up.a._one import one\nfrom made_up.a._two import two",
            "a/_one.py": "import made_up.a._two\nimport numpy",
            "a/_two.py": "if TYPE_CHECKING:\n    from made_up.a._one import one\n",
            "b/__init__.py": "import lazy",
            "b/__init__.pyi": "from ._three import three",
            "b/_three.py": "from made_up.a import one",
        },
    )
    assert graph["made_up.b"] == {"made_up.b._three"}
    assert cycles(graph) == cycles(by_topic(graph)) == []


def test_imports_between_demos_are_seen(tmp_path):
    graph = make_package(
        tmp_path,
        {
            "__init__.py": "",
            "widgets/__init__.py": "import lazy",
            "widgets/__init__.pyi": "from .lab import Lab\nfrom .game import Game",
            "widgets/_shared.py": "",
            "widgets/lab/__init__.py": "from .. import _shared\nfrom .data import load",
            "widgets/lab/data.py": "from ..game.rules import RULES",
            "widgets/game/__init__.py": "from .rules import RULES",
            "widgets/game/rules.py": "def rules():\n    from .. import Lab",
            "challenges.py": "from made_up.widgets.lab import Lab\nimport made_up.widgets",
        },
    )
    assert sorted(imports_of_other_demos(graph, "made_up")) == [
        "made_up.widgets.game.rules imports made_up.widgets",
        "made_up.widgets.lab.data imports made_up.widgets.game.rules",
    ]


def test_gaps_are_seen():
    def bare(image, size=3):
        """Do something.

        Parameters
        ----------
        image : array
        """

    assert list(gaps_in_types("bare", bare)) == [
        "bare: parameter image has no type",
        "bare: parameter size has no type",
        "bare: what it returns has no type",
    ]

    def typed(image: int, size: int = 3) -> int:
        return image

    assert list(gaps_in_docstring("typed", typed, bare.__doc__)) == [
        "typed: the docstring does not explain the parameter size",
        "typed: the docstring does not say what it returns",
    ]
    assert list(gaps_in_docstring("typed", typed, None)) == ["typed: no docstring"]
