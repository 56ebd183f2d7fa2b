"""Who imports whom among the demos' JavaScript: a demo its own files and `_shared`, never another
demo.
"""

import os
import re
from pathlib import Path

import pytest

WIDGETS = Path(__file__).resolve().parents[2] / "lecture_utils" / "widgets"

# What a folder may import besides itself. A demo may import all of these, and its own files.
SHARED = {
    "_shared/math": set(),
    "_shared/nn": {"_shared/math"},
    "_shared/ui": {"_shared/math"},
}

# `import ... from "x"`, `export ... from "x"`, `import "x"`, `import("x")`
_SPECIFIER = re.compile(
    r"""^\s*(?:import|export)\b(?:[^"'`;]*?\bfrom)?\s*["']([^"']+)["']|\bimport\(\s*["']([^"']+)["']""",
    re.MULTILINE,
)


def imports(root):
    """Return ``{file: [(specifier, target), ...]}`` with paths relative to `root`."""
    found = {}
    for path in sorted(root.rglob("*.js")):
        source = re.sub(r"/\*.*?\*/", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
        file = path.relative_to(root).as_posix()
        specifiers = [a or b for a, b in _SPECIFIER.findall(source)]
        found[file] = [
            (name, os.path.normpath(os.path.join(os.path.dirname(file), name)).replace(os.sep, "/"))
            for name in specifiers
        ]
    return found


def area(file):
    """Return the shared folder or the demo that a file belongs to."""
    return next((name for name in SHARED if file.startswith(f"{name}/")), file.split("/")[0])


def problems(root):
    """Return a sentence for every import that may not be."""
    graph = imports(root)
    found = []
    for file, targets in graph.items():
        allowed = SHARED.get(area(file), set(SHARED)) | {area(file)}
        for name, target in targets:
            if not name.startswith("."):
                found.append(f"{file} imports {name}, which is no relative path")
            elif target not in graph:
                found.append(f"{file} imports {name}, which does not exist")
            elif area(target) not in allowed:
                found.append(f"{file} imports {target}, which is not its business")
    return found + [f"cycle: {' -> '.join(cycle)}" for cycle in cycles(graph)]


def cycles(graph):
    """Return the import cycles that a depth-first walk meets, each as a list of files."""
    done, found = set(), []

    def visit(file, path):
        if file in path:
            found.append([*path[path.index(file) :], file])
        elif file in graph and file not in done:
            for _, target in graph[file]:
                visit(target, [*path, file])
            done.add(file)

    for file in graph:
        visit(file, [])
    return found


def test_demos_import_only_their_own_files_and_shared_ones():
    graph = imports(WIDGETS)
    assert len(graph) > 100 and sum(map(len, graph.values())) > 400  # the pattern finds imports
    assert {area(file) for file in graph} >= {*SHARED, "convolution_lab", "quiz"}
    assert problems(WIDGETS) == []


def test_every_shared_file_is_used():
    graph = imports(WIDGETS)
    targets = {target for names in graph.values() for _, target in names}
    assert [file for file in graph if file.startswith("_shared/") and file not in targets] == []


@pytest.mark.parametrize(
    "source, problem",
    [
        ('import { a } from "./gone.js";', "lab/lab.js imports ./gone.js, which does not exist"),
        ('import "../other/other.js";', "lab/lab.js imports other/other.js, which is not its"),
        ('export { a } from "../other/other.js";', "lab/lab.js imports other/other.js"),
        ('const m = await import("../other/other.js");', "lab/lab.js imports other/other.js"),
        ('import {\n  a,\n  b,\n} from "../other/other.js";', "lab/lab.js imports other/other.js"),
        ('import d3 from "d3";', "lab/lab.js imports d3, which is no relative path"),
        ('import { a } from "./part.js";', "cycle: lab/lab.js -> lab/part.js -> lab/lab.js"),
        ('import { a } from "../_shared/math/a.js";', None),
        ('/** Like `import("../other/other.js")` */', None),
        ('// import "../other/other.js";', None),
    ],
)
def test_faults_are_found(tmp_path, source, problem):
    files = {
        "lab/lab.js": source,
        "lab/part.js": 'import { b } from "./lab.js";',
        "other/other.js": "",
        "_shared/math/a.js": 'import { b } from "./b.js";',
        "_shared/math/b.js": "export const b = 1;",
        "_shared/ui/c.js": 'import { b } from "../math/b.js";',
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    if problem is None:
        assert problems(tmp_path) == []
    else:
        (found,) = problems(tmp_path)
        assert found.startswith(problem)


@pytest.mark.parametrize(
    "file, target", [("math", "ui"), ("math", "nn"), ("ui", "nn"), ("nn", "ui")]
)
def test_shared_folders_keep_their_order(tmp_path, file, target):
    for name, text in ((file, f'import {{ a }} from "../{target}/a.js";'), (target, "")):
        (tmp_path / "_shared" / name).mkdir(parents=True)
        (tmp_path / "_shared" / name / "a.js").write_text(text)
    assert problems(tmp_path) == [
        f"_shared/{file}/a.js imports _shared/{target}/a.js, which is not its business"
    ]
    (tmp_path / "_shared" / file / "a.js").write_text('import { a } from "../../lab/lab.js";')
    (tmp_path / "lab").mkdir()
    (tmp_path / "lab" / "lab.js").write_text("")
    assert problems(tmp_path) == [
        f"_shared/{file}/a.js imports lab/lab.js, which is not its business"
    ]
