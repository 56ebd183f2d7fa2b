"""The API reference: one page per topic of ``lecture_utils``, generated from the docstrings.

A page consists of a title and the directive ``api-topic``. Everything else comes from the package
and from the table in ``api_topics``: which chapter explains what, and what the chapters use.
Sphinx's autodoc and napoleon do the typesetting.

Docstrings here write ``name`` in single backticks both for parameters and for public names. Before
napoleon reads them, `link_names` turns public names into links and the rest into code, so the build
can still treat every broken link as an error.
"""

import builtins
import inspect
import os
import pkgutil
import re
import sys
from contextlib import suppress
from functools import cache, cached_property
from importlib import import_module
from pathlib import Path

from api_topics import TOPICS, topics_of
from docutils import nodes
from docutils.parsers.rst import Directive
from docutils.statemachine import StringList
from repository import ROOT, repository_url
from sphinx.addnodes import pending_xref
from sphinx.errors import ExtensionError
from sphinx.pycode import ModuleAnalyzer, PycodeError

PACKAGE = "lecture_utils"
_HERE = Path(__file__)
# Longer values of constants would push down the text below them.
_LONGEST_VALUE = 60
_MOST_KEYS = 30
_BACKTICKS = re.compile(r"(?<![`:\w\\])`([^`<>]+)`(?![`_])")
_CLASS_NAME = re.compile(r"(?<![\w.`\"'])((?:\w+\.)*[A-Z]\w*[a-z]\w*)(?![\w.`\"'])")
_SIGNATURE = re.compile(r'<dt class="sig .*?</dt>', re.DOTALL)
_FUNCTION = type(lambda: None)
_FIELD_SECTIONS = ("Parameters", "Other Parameters", "Attributes", "Returns", "Yields")


# ---- what is public ----


def public_names(module):
    """Return the public names of a module, in the order of ``__all__`` or else of the source."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    comments = _comments(module.__name__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (name in comments or getattr(value, "__module__", None) == module.__name__)
    ]


def modules_of(topic):
    """Return the dotted names of a topic's modules: its own, then its public submodules."""
    names = [f"{PACKAGE}.{topic}"]
    return names + [f"{names[0]}.{submodule}" for submodule in TOPICS[topic].submodules]


def public_members(cls):
    """Return the documented public methods and properties that a class defines itself."""
    fields = getattr(cls, "_fields", ())
    return [
        name
        for name, value in vars(cls).items()
        if not name.startswith("_")
        and name not in fields
        and inspect.getdoc(value)
        and isinstance(value, property | cached_property | classmethod | staticmethod | _FUNCTION)
    ]


def every_public_object():
    """Return all public objects, with the members of classes: dotted name to object."""
    objects = {}
    for topic in TOPICS:
        for module_name in modules_of(topic):
            module = import_module(module_name)
            objects[module_name] = module
            for name in public_names(module):
                objects[f"{module_name}.{name}"] = value = getattr(module, name)
                if inspect.isclass(value):
                    for member in public_members(value):
                        objects[f"{module_name}.{name}.{member}"] = getattr(value, member)
    return objects


def _comments(module_name):
    """Return the ``#:`` comments of a module's constants."""
    try:
        return {
            name: lines
            for (owner, name), lines in ModuleAnalyzer.for_module(module_name)
            .find_attr_docs()
            .items()
            if not owner
        }
    except PycodeError as error:
        raise ExtensionError(f"cannot read the source of {module_name}: {error}") from error


def comment_of(module_name, name):
    """Return the ``#:`` comment of a constant, also from the private file that defines it."""
    value = getattr(import_module(module_name), name)
    files = [module_name, *sorted(key for key in sys.modules if key.startswith(f"{module_name}._"))]
    for file in files:
        if getattr(sys.modules[file], name, None) is value and name in (found := _comments(file)):
            return found[name]
    return []


# ---- names in backticks ----


class Names:
    """Finds the object that a name in a docstring refers to."""

    def __init__(self, objects):
        self.objects = objects

    def target(self, text, owner):
        """Return the full name of the public object that `text` means, seen from `owner`; or None.

        The first of these that exists: a member of the class that `owner` is or belongs to, a name
        in its module, a name in the package, and a name that only one topic has.
        """
        parts = owner.split(".")
        for length in range(len(parts), 0, -1):
            if (full := ".".join([*parts[:length], text])) in self.objects:
                return full
        if text in self.objects:
            return text
        matches = [name for name in self.objects if name.endswith(f".{text}")]
        return matches[0] if len(matches) == 1 else None

    def is_code(self, text, owner, docstring):
        """Return whether `text` is a parameter, an attribute, or a name in another library."""
        name = re.match(r"[\w.]+", text)
        if not name or text != name[0]:
            return True  # an expression, not a name
        if len(text) == 1:
            return True  # in a formula
        if text in _own_names(self.objects.get(owner), docstring):
            return True
        parent = self.objects.get(owner.rpartition(".")[0])
        if inspect.isclass(parent) and text in _own_names(parent, inspect.getdoc(parent) or ""):
            return True
        home = sys.modules.get(getattr(self.objects.get(owner), "__module__", None))
        return _is_in(home, text) or _exists_elsewhere(text)


def _is_in(module, name):
    """Return whether a module has an object of this name, which may contain dots."""
    for part in name.split("."):
        module = getattr(module, part, None)
    return module is not None


def _exists_elsewhere(name):
    """Return whether Python or another library has an object of this name."""
    try:
        pkgutil.resolve_name(name)
    except (ImportError, AttributeError, ValueError):
        return hasattr(builtins, name)
    return True


def _own_names(value, docstring):
    names = set(re.findall(r"^ *([\w, *]+?) :", docstring, re.MULTILINE))
    names = {name.strip(" *") for group in names for name in group.split(",")}
    with suppress(TypeError, ValueError):
        names.update(inspect.signature(value).parameters)
    return names | set(dir(value) if inspect.isclass(value) else ())


def link_names(lines, owner, names):
    """Turn names in single backticks, and classes among the types, into links or code.

    Parameters
    ----------
    lines : list of str
        A docstring.
    owner : str
        Full name of the documented object.
    names : Names
        The known names.

    Returns
    -------
    list of str
    """

    def replace(match):
        target = names.target(match[1].removesuffix("()"), owner)
        if target is None or target == owner:
            return f"``{match[1]}``"
        return f":py:obj:`{match[1]} <{target}>`"

    fields = _field_lines(lines)
    linked = []
    for number, line in enumerate(lines):
        if line.lstrip().startswith(">>>"):
            linked.append(line)
            continue
        line = _BACKTICKS.sub(replace, line)
        linked.append(_link_types(line, owner, names) if number in fields else line)
    return linked


def _field_lines(lines):
    """Return the numbers of the lines with ``name : type``, or with only a type under Returns."""
    found, section = set(), None
    for number, line in enumerate(lines[1:], 1):
        if re.fullmatch(r"-{3,}", line.strip()):
            section = lines[number - 1].strip()
            indent = len(line) - len(line.lstrip())
        elif section in _FIELD_SECTIONS and line[: indent + 1].strip():
            only_type = section in ("Returns", "Yields")
            found.update([number] if only_type or " : " in line else [])
    return found


def _link_types(line, owner, names):
    name, colon, kind = line.rpartition(" : ")
    pieces, at = [], 0
    for match in _CLASS_NAME.finditer(kind):
        target = names.target(match[1], owner)
        if target and inspect.isclass(names.objects[target]):
            pieces += [kind[at : match.start()], f":py:obj:`{match[1]} <{target}>`"]
            at = match.end()
    if not pieces:
        return line
    pieces.append(kind[at:])
    return f"{name}{colon}" + "".join(
        piece if number % 2 else _emphasized(piece, number > 0, number < len(pieces) - 1)
        for number, piece in enumerate(pieces)
    )


def _emphasized(text, link_before, link_after):
    """Return text in italics, separated from adjacent links as reStructuredText requires."""
    if not text.strip():
        return text
    before = r"\ " if link_before and not text[0].isspace() else ""
    after = r"\ " if link_after and not text[-1].isspace() else ""
    emphasized = re.sub(r"\S(?:.*\S)?", r"*\g<0>*", text.replace("*", r"\*"))
    return f"{before}{emphasized}{after}"


# ---- the pages ----


class ApiTopic(Directive):
    """The page of one topic: ``.. api-topic:: filter_banks``."""

    required_arguments = 1

    def run(self):
        """Return the page below its title."""
        topic = self.arguments[0]
        if topic not in TOPICS:
            raise self.error(f"there is no topic {topic!r}; use one of {', '.join(TOPICS)}")
        env = self.state.document.settings.env
        env.note_dependency(str(_HERE))
        env.note_dependency(str(_HERE.with_name("api_topics.py")))
        lines = _chapters_line(env, topic)
        for module_name in modules_of(topic):
            env.note_dependency(inspect.getsourcefile(import_module(module_name)))
            lines += _module_lines(env, topic, module_name)
        return _parse(self, lines)


class ApiIndex(Directive):
    """The list of all topics."""

    def run(self):
        """Return one line for each topic."""
        env = self.state.document.settings.env
        env.note_dependency(str(_HERE.with_name("api_topics.py")))
        lines = [".. container:: api-names", ""]
        for topic in TOPICS:
            module = import_module(f"{PACKAGE}.{topic}")
            summary = " ".join(_summary(module, module.__name__, _names(env)))
            chapters = ", ".join(_link(env, n, short=True) for n in sorted(TOPICS[topic].chapters))
            where = f" *Chapter* {chapters}." if chapters else ""
            lines.append(f"   * :doc:`{TOPICS[topic].title} </book/api/{topic}>`: {summary}{where}")
        return _parse(self, lines)


def _parse(directive, lines):
    source = directive.state.document.current_source
    box = nodes.section()
    box.document = directive.state.document
    directive.state.nested_parse(StringList(lines, source=source), 0, box, match_titles=True)
    for body in box.findall(nodes.field_body):
        for paragraph in list(body.findall(nodes.paragraph)):
            if paragraph is paragraph.parent[0]:
                _put_type_on_its_own_line(paragraph)
    return box.children


def _put_type_on_its_own_line(paragraph):
    """Split "name (type) -- description" into two lines; quotes in a type stay straight."""
    children = list(paragraph.children)
    name = [children.pop(0)] if isinstance(children[0], nodes.strong) else []
    if name and not (children and children[0].astext().startswith(" (")):
        return  # exceptions have no type
    if not name and not isinstance(children[0], nodes.emphasis | pending_xref):
        return
    head, tail = nodes.inline(classes=["api-type"]), []
    head["support_smartquotes"] = False
    while children:
        child = children.pop(0)
        before, dash, after = child.astext().partition(" -- ")
        if isinstance(child, nodes.Text) and dash:
            head += nodes.Text(before)
            tail = [nodes.Text(after), *children]
            break
        if isinstance(child, nodes.emphasis):
            child["support_smartquotes"] = False
        head += child
    place = paragraph.parent.index(paragraph)
    description = [nodes.paragraph("", "", *tail)] if tail else []
    paragraph.parent[place : place + 1] = [
        nodes.paragraph("", "", *name, head, classes=["api-term"]),
        *description,
    ]


def _chapters_line(env, topic):
    entry = TOPICS[topic]
    parts = []
    if entry.chapters:
        parts.append(f"{entry.verb} in {_links(env, entry.chapters)}.")
    if entry.used_in:
        parts.append(
            f"{'Also used' if entry.chapters else 'Used'} in {_links(env, entry.used_in)}."
        )
    return [".. container:: api-chapters", "", f"   {' '.join(parts)}", ""] if parts else []


def _link(env, number, short=False):
    """Return a link to a chapter in reStructuredText; plain text if the build lacks the chapter."""
    docname = next((name for name in env.found_docs if name.startswith(f"book/{number:02}_")), None)
    if short:
        return f":doc:`{number} </{docname}>`" if docname else str(number)
    return f"chapter {number}, :doc:`/{docname}`" if docname else f"chapter {number}"


def _links(env, numbers):
    """Return reStructuredText for links to chapters; a single one includes its title."""
    *most, last = sorted(numbers)
    if not most:
        return _link(env, last)
    before = ", ".join(_link(env, number, short=True) for number in most)
    return f"chapters {before} and {_link(env, last, short=True)}"


def _module_lines(env, topic, module_name):
    module = import_module(module_name)
    # Functions and classes come first, then constants.
    names = sorted(public_names(module), key=lambda name: _is_constant(getattr(module, name)))
    lines = []
    if module_name != f"{PACKAGE}.{topic}":
        lines += [module_name.removeprefix(f"{PACKAGE}."), "-" * len(module_name), ""]
    lines += [f".. py:module:: {module_name}", ""]
    lines += link_names((inspect.getdoc(module) or "").split("\n"), module_name, _names(env))
    lines += ["", ".. code-block:: python", "", f"   {_import_line(module_name)}", ""]
    lines += [".. container:: api-names", ""]
    for name in names:
        summary = " ".join(_summary(getattr(module, name), f"{module_name}.{name}", _names(env)))
        lines.append(f"   * :py:obj:`{name} <{module_name}.{name}>`: {summary}")
    lines.append("")
    for name in names:
        lines += _entry_lines(module_name, name)
    return lines


def _import_line(module_name):
    parent, _, name = module_name.rpartition(".")
    return f"from {parent} import {name}"


def _summary(value, full_name, names):
    if _is_constant(value):
        text = comment_of(*full_name.rsplit(".", 1))
    else:
        text = (inspect.getdoc(value) or "").split("\n")
    first = list(_until_blank(text))
    return link_names([" ".join(first).rstrip(":")], full_name, names)


def _until_blank(lines):
    for line in lines:
        if not line.strip():
            return
        yield line.strip()


def _is_constant(value):
    return not (inspect.isroutine(value) or inspect.isclass(value) or inspect.ismodule(value))


def _entry_lines(module_name, name):
    full_name = f"{module_name}.{name}"
    value = getattr(import_module(module_name), name)
    if inspect.isclass(value):
        lines = [f".. autoclass:: {full_name}"]
        if members := public_members(value):
            lines.append(f"   :members: {', '.join(members)}")
            lines.append("   :member-order: bysource")
        return [*lines, ""]
    if inspect.isroutine(value):
        return [f".. autofunction:: {full_name}", ""]
    lines = [f".. py:data:: {name}"]
    if len(shown := repr(value)) <= _LONGEST_VALUE and " at 0x" not in shown:
        lines.append(f"   :value: {shown}")
    lines += ["", *(f"   {line}" for line in comment_of(module_name, name)), ""]
    if isinstance(value, dict) and len(value) <= _MOST_KEYS:
        keys = ", ".join(f"``{key!r}``" for key in value)
        lines += [f"   Keys: {keys}.", ""]
    return lines


# ---- Sphinx ----


def _names(env):
    # Kept on the application, not in the environment: modules cannot be pickled.
    if not hasattr(env.app, "_api_names"):
        env.app._api_names = Names(every_public_object())
    return env.app._api_names


def _prepare_docstring(app, what, name, value, options, lines):
    lines[:] = link_names(lines, name, _names(app.env))
    if what == "property":
        # Napoleon would take the text before a colon in the first line as the type; so make that
        # line a comment.
        lines[:0] = ["..", ""]
    topic, _, entry = name.removeprefix(f"{PACKAGE}.").partition(".")
    if what not in ("function", "class", "exception") or topic not in TOPICS:
        return
    if number := TOPICS[topic].chapter_of(entry.split(".")[0]):
        text = f"{TOPICS[topic].verb} in {_link(app.env, number)}."
        lines += ["", ".. container:: api-chapter", "", f"   {text}"]


def _plain_where_foreign(app, env, node, contnode):
    """Show names of Python or other libraries without a link, which would need the network."""
    name = node.get("reftarget", "")
    if node.get("refdomain") == "py" and not name.startswith(PACKAGE) and _exists_elsewhere(name):
        return contnode
    return None


def _link_chapter_to_topics(app, doctree, docname):
    """Add a line to the end of a chapter: the topics of the package that it explains and uses."""
    chapter = re.fullmatch(r"book/(\d\d)_\w+", docname)
    explained, used = topics_of(int(chapter[1])) if chapter else ([], [])
    if not (explained or used):
        return
    box = nodes.container(classes=["in-the-library"])
    for words, topics in (("In the library: ", explained), ("Also used here: ", used)):
        if topics:
            line = nodes.paragraph("", words)
            for number, topic in enumerate(topics):
                line += nodes.Text(", " if number else "")
                uri = app.builder.get_relative_uri(docname, f"book/api/{topic}")
                line += nodes.reference("", TOPICS[topic].title, internal=True, refuri=uri)
            line += nodes.Text(".")
            box += line
    next(iter(doctree.findall(nodes.section)), doctree).append(box)


def _mend_html(app, pagename, templatename, context, doctree):
    """Fix what axe finds in the HTML of Sphinx and of the theme."""
    # A signature in several lines is written as a definition list without definitions.
    context["body"] = _SIGNATURE.sub(_without_lists, context.get("body", ""))
    # In the navigation, the button that unfolds the topics has no name.
    generate = context["generate_toctree_html"]

    def with_names(*args, **kwargs):
        tree = generate(*args, **kwargs)
        for button in tree("summary"):
            link = button.find_previous("a")
            button["aria-label"] = f"Pages below {link.get_text(strip=True)}"
        return tree

    context["generate_toctree_html"] = with_names


def _without_lists(signature):
    html = signature[0]
    for tag, name in (("dl", "sig-lines"), ("dd", "sig-line")):
        html = html.replace(f"<{tag}>", f'<span class="{name}">').replace(f"</{tag}>", "</span>")
    return html


def _source_address(domain, info):
    """Return the address of the source of a documented object, for sphinx.ext.linkcode."""
    if domain != "py" or not info["module"]:
        return None
    value = import_module(info["module"])
    try:
        for name in info["fullname"].split("."):
            value = getattr(value, name)
        value = inspect.unwrap(value.fget if isinstance(value, property) else value)
        path = Path(inspect.getsourcefile(value)).resolve().relative_to(ROOT)
        lines, first = inspect.getsourcelines(value)
    except (AttributeError, TypeError, ValueError, OSError):
        return None
    branch = os.environ.get("BOOK_BRANCH", "main")
    lines = f"L{first}-L{first + len(lines) - 1}"
    return f"{_repository()}/blob/{branch}/{path.as_posix()}#{lines}"


@cache
def _repository():
    return repository_url()


def _set_source_address(app, config):
    config.linkcode_resolve = _source_address


def setup(app):
    app.setup_extension("sphinx.ext.linkcode")
    app.setup_extension("sphinx.ext.autodoc")
    app.setup_extension("sphinx.ext.napoleon")
    app.add_directive("api-topic", ApiTopic)
    app.add_directive("api-index", ApiIndex)
    app.connect("config-inited", _set_source_address)
    # Before napoleon, which has priority 500.
    app.connect("autodoc-process-docstring", _prepare_docstring, priority=400)
    app.connect("missing-reference", _plain_where_foreign)
    app.connect("doctree-resolved", _link_chapter_to_topics)
    # After the theme, which adds the function that writes the navigation.
    app.connect("html-page-context", _mend_html, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
