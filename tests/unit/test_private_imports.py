"""Private files belong to their topic. The few that others import are listed here, so that a new
one is a decision.
"""

import ast
from pathlib import Path

import lecture_utils

FOLDER = Path(lecture_utils.__file__).parent
#: Who imports a private file of another topic. Each needs what its owner does not offer to users.
SHARED = {
    "datasets._download": {"pretrained", "runs"},
    "datasets._image_cache": {"training", "transfer"},
    "datasets._policy": {"pretrained", "runs"},
    "datasets._search": {"pretrained", "runs", "transfer", "widgets"},
    "geometry._graph": {"architectures"},
    "runs._transfer_recipes": {"widgets"},
    "training._data_modules": {"runs"},
    "training._forward": {"runs", "transfer"},
    "training._optimizers": {"transfer"},
    "transfer._embedding": {"runs"},
    "widgets._figure": {"challenges"},
    "widgets._recorded": {"challenges"},
}


def imported(source):
    """Return the full names of the modules that a file may import."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def foreign_private(topic, source):
    """Return the private files of other topics that a file of this topic imports."""
    names = set()
    for name in imported(source):
        package, _, rest = name.partition(".")
        owner, *inner = rest.split(".")
        is_private = bool(inner) and inner[0].startswith("_") and not owner.startswith("_")
        if package == "lecture_utils" and is_private and owner != topic:
            names.add(f"{owner}.{inner[0]}")
    return names


def test_private_files_of_other_topics_are_used_only_where_it_says_so():
    uses = {}
    for path in FOLDER.rglob("*.py"):
        topic = path.relative_to(FOLDER).parts[0].removesuffix(".py")
        for name in foreign_private(topic, path.read_text(encoding="utf-8")):
            uses.setdefault(name, set()).add(topic)
    assert uses == SHARED


def test_what_counts_as_foreign_and_private():
    source = (
        "from lecture_utils.training import _forward\n"
        "from lecture_utils.runs._card import CARD\n"
        "from lecture_utils._validation.pixels import check\n"
        "import lecture_utils.datasets._search\n"
        "from lecture_utils.models import NETWORKS\n"
    )
    assert foreign_private("runs", source) == {"training._forward", "datasets._search"}
