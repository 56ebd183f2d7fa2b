"""The API reference: nothing public is missing, no name leads nowhere, and chapters and topics
agree.
"""

import ast
import inspect
import re
from importlib import import_module
from pathlib import Path

import api_reference
import nbformat
import pytest
import yaml
from api_topics import TOPICS, topics_of
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[2]
CHAPTERS = {int(path.name[:2]): path for path in sorted((ROOT / "book").glob("[0-9][0-9]_*"))}
topics = pytest.mark.parametrize("topic", TOPICS)


@pytest.fixture(scope="module")
def public():
    """All that is public. Imports the whole package, so only where a test of this file runs."""
    return api_reference.Names(api_reference.every_public_object())


def imported_topics(path):
    """Return the topics that a chapter imports."""
    found = set()
    for cell in nbformat.read(path, as_version=4).cells if path.suffix == ".ipynb" else []:
        if cell.cell_type != "code":
            continue
        source = re.sub(r"^(\s*)[%!].*", r"\1pass", cell.source, flags=re.MULTILINE)
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.ImportFrom) and node.module == "lecture_utils":
                found.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module.startswith("lecture_utils."):
                found.add(node.module.split(".")[1])
            elif isinstance(node, ast.Import):
                parts = [alias.name.split(".") for alias in node.names]
                found.update(p[1] for p in parts if p[0] == "lecture_utils" and len(p) > 1)
    return found


# ---- the table of topics and chapters ----


def test_every_public_module_has_a_page_which_the_table_of_contents_names():
    package = ROOT / "lecture_utils"
    public = {path.stem for path in package.glob("[a-z]*.py")}
    public |= {path.parent.name for path in package.glob("[a-z]*/__init__.py")}
    assert public == set(TOPICS)
    assert {path.stem for path in (ROOT / "book" / "api").glob("*.md")} == {*TOPICS, "index"}
    toc = yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8"))
    pages = re.findall(r"book/api/(\w+)", str(toc))
    assert sorted(pages) == sorted([*TOPICS, "index"])


@topics
def test_the_page_of_a_topic_has_its_public_submodules(topic):
    if topic == "widgets":  # the topic exports the demo of each folder
        return
    folder = ROOT / "lecture_utils" / topic
    there = {path.stem for path in folder.glob("[a-z]*.py")}
    there |= {path.parent.name for path in folder.glob("[a-z]*/__init__.py")}
    assert there == set(TOPICS[topic].submodules)


@pytest.mark.parametrize("number", CHAPTERS)
def test_a_chapter_is_linked_with_the_topics_that_it_imports(number):
    explained, used = map(set, topics_of(number))
    imported = imported_topics(CHAPTERS[number])
    # A chapter may explain what only its text names, such as how training goes on.
    assert used <= imported <= explained | used
    assert not explained & used


@topics
def test_the_table_names_chapters_and_things_that_exist(topic):
    entry = TOPICS[topic]
    assert {*entry.chapters, *entry.used_in} <= set(CHAPTERS)
    public = set(api_reference.public_names(import_module(f"lecture_utils.{topic}")))
    for names in entry.chapters.values():
        assert set(names) <= public | set(entry.submodules)


def test_a_name_belongs_to_the_chapter_that_lists_it_and_otherwise_to_the_first():
    assert TOPICS["geometry"].chapter_of("output_size") == 1
    assert TOPICS["geometry"].chapter_of("receptive_field") == 3
    assert TOPICS["palette"].chapter_of("signed_lut") is None


# ---- the docstrings ----


@topics
def test_everything_public_is_described(topic, public):
    for module_name in api_reference.modules_of(topic):
        for name in api_reference.public_names(import_module(module_name)):
            value = public.objects[f"{module_name}.{name}"]
            constant = not (inspect.isclass(value) or inspect.isroutine(value))
            text = api_reference.comment_of(module_name, name) if constant else value.__doc__
            assert text, f"{module_name}.{name} has no docstring (a constant: no comment with #:)"


@topics
def test_names_in_backticks_are_public_or_parameters(topic, public):
    unknown = []
    for full_name, value in public.objects.items():
        if not f"{full_name}.".startswith(f"lecture_utils.{topic}."):
            continue
        docstring = inspect.getdoc(value) if not isinstance(value, dict | tuple | str) else None
        for text in re.findall(r"(?<![`:\w\\])`([^`<>]+)`(?![`_])", docstring or ""):
            known = public.target(text, full_name) or public.is_code(text, full_name, docstring)
            if not known:
                unknown.append(f"{full_name}: `{text}`")
    # Correct them, or write double backticks around what is only code.
    assert unknown == []


@pytest.mark.parametrize("package", ["interpretation", "transfer"])
def test_packages_that_load_lazily_show_all_that_their_stub_names(package):
    stub = ast.parse((ROOT / "lecture_utils" / package / "__init__.pyi").read_text())
    exported = next(node for node in stub.body if isinstance(node, ast.Assign))
    module = import_module(f"lecture_utils.{package}")
    assert api_reference.public_names(module) == ast.literal_eval(exported.value)


# ---- links in docstrings ----


@pytest.fixture
def names():
    class Net:
        """A network."""

        def fit(self):
            """Train."""

    def load(path):
        """Load."""

    objects = {
        "lecture_utils.models": None,
        "lecture_utils.models.Net": Net,
        "lecture_utils.models.Net.fit": Net.fit,
        "lecture_utils.models.load": load,
        "lecture_utils.runs.load": load,
        "lecture_utils.runs.resume": load,
    }
    return api_reference.Names(objects)


@pytest.mark.parametrize(
    ("text", "owner", "target"),
    [
        ("load", "lecture_utils.models.Net", "lecture_utils.models.load"),
        ("load", "lecture_utils.runs.resume", "lecture_utils.runs.load"),
        ("runs.load", "lecture_utils.models.Net", "lecture_utils.runs.load"),
        ("fit", "lecture_utils.models.Net", "lecture_utils.models.Net.fit"),
        ("fit", "lecture_utils.models.Net.fit", "lecture_utils.models.Net.fit"),
        ("lecture_utils.models", "lecture_utils.runs.load", "lecture_utils.models"),
        ("resume", "lecture_utils.models.Net", "lecture_utils.runs.resume"),
        ("load", "lecture_utils.training.fit", None),  # two topics have one
        ("nothing", "lecture_utils.models.Net", None),
    ],
)
def test_a_name_means_the_nearest_thing(names, text, owner, target):
    assert names.target(text, owner) == target


def test_public_names_become_links_and_others_code(names):
    lines = ["See `runs.load`, `path` and ``kept``.", "", ">>> f'`load`'"]
    assert api_reference.link_names(lines, "lecture_utils.models.Net", names) == [
        "See :py:obj:`runs.load <lecture_utils.runs.load>`, ``path`` and ``kept``.",
        "",
        ">>> f'`load`'",
    ]


def test_classes_among_the_types_become_links(names):
    lines = [
        "Fit.",
        "",
        "Parameters",
        "----------",
        "model : Net or None",
        "    A Net : is one.",
        "pair : tuple of (Net, int)",
        "",
        "Returns",
        "-------",
        "list[Net]",
    ]
    linked = api_reference.link_names(lines, "lecture_utils.models.load", names)
    link = ":py:obj:`Net <lecture_utils.models.Net>`"
    assert linked[4] == rf"model : {link} *or None*"
    assert linked[5] == lines[5]
    assert linked[6] == rf"pair : *tuple of (*\ {link}\ *, int)*"
    assert linked[10] == rf"*list[*\ {link}\ *]*"


def test_code_is_a_parameter_an_expression_or_from_another_library(names):
    docstring = "Do.\n\nAttributes\n----------\nwidth, height : int"
    for text in ("width", "height", "f(x) + 1", "numpy.fft.rfft2", "ValueError"):
        assert names.is_code(text, "lecture_utils.models.Net", docstring)
    assert names.is_code("path", "lecture_utils.models.load", "Load.")
    for text in ("depth", "numpy.no_such_name", "no_module.at_all"):
        assert not names.is_code(text, "lecture_utils.models.Net", docstring)


# ---- HTML ----


def test_signatures_in_several_lines_are_no_lists_and_buttons_have_names():
    body = (
        '<dl class="py"><dt class="sig x">f(<dl>\n<dd>a,</dd>\n<dd>b,</dd>\n</dl>\n)</dt>'
        "<dd>Text</dd></dl>"
    )
    tree = '<a href="#">The topics</a><details><summary><i></i></summary></details>'
    context = {
        "body": body,
        "generate_toctree_html": lambda **options: BeautifulSoup(tree, "html.parser"),
    }
    api_reference._mend_html(None, "page", "page.html", context, None)
    mended = BeautifulSoup(context["body"], "html.parser")
    assert mended.get_text() == BeautifulSoup(body, "html.parser").get_text()
    assert len(mended("dl")) == len(mended("dd")) == 1
    assert [line.text for line in mended(class_="sig-line")] == ["a,", "b,"]
    (button,) = context["generate_toctree_html"](kind="sidebar")("summary")
    assert button["aria-label"] == "Pages below The topics"
