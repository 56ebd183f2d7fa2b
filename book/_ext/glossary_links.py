"""Link the first mention of each glossary term in a chapter to the glossary.

Authors write plain text. A term of several words is linked wherever it first occurs; a single word
("head", "loss", "seed") has everyday meanings, too, so it is linked only from the chapter that the
glossary names. The definition is the link's tooltip.
"""

import re
from dataclasses import dataclass

from docutils import nodes

GLOSSARY = "book/glossary"
_CHAPTER = re.compile(r"book/(\d\d)_")
# "(4)" or "(1, 3)" at the end of a definition: the chapters that introduce the term.
_INTRODUCED = re.compile(r"\s*\(((?:\d+(?:, )?)+)\)\s*$")
_PASSED = (
    nodes.FixedTextElement, nodes.Titular, nodes.caption, nodes.figure, nodes.literal, nodes.math,
    nodes.math_block, nodes.raw, nodes.reference, nodes.thead,
)  # fmt: skip
_PASSED_CLASSES = {"cell_input", "cell_output", "goals", "lead"}


@dataclass(frozen=True)
class Term:
    """A term of the glossary.

    Attributes
    ----------
    name, anchor, definition : str
        As written; the identifier on the glossary's page; its text without the chapter numbers.
    chapter : int
        The first chapter that introduces it.
    """

    name: str
    anchor: str
    definition: str
    chapter: int


def terms_of(doctree):
    """Return the terms of a glossary.

    Parameters
    ----------
    doctree : docutils.nodes.document

    Raises
    ------
    ValueError
        If a definition does not end with the number of a chapter in parentheses.
    """
    terms = []
    for item in doctree.findall(nodes.definition_list_item):
        term, definition = item.next_node(nodes.term), item.next_node(nodes.definition)
        text = " ".join(definition.astext().split())
        introduced = _INTRODUCED.search(text)
        if not introduced:
            raise ValueError(
                f"glossary: {term.astext()!r} names no chapter; "
                "end its definition with ([4](04_first_cnn.ipynb))"
            )
        chapter = int(introduced[1].split(",")[0])
        terms.append(Term(term.astext(), term["ids"][0], text[: introduced.start()], chapter))
    return terms


def pattern(terms, chapter):
    """Return a regular expression for the terms that a chapter's text can mean, longest first.

    Its group is the term in the singular.
    """
    names = sorted(
        (t.name for t in terms if " " in t.name or t.chapter <= chapter), key=len, reverse=True
    )
    # A sentence may begin with the term, and it may stand in the plural.
    forms = (f"[{n[0].upper()}{n[0]}]{re.escape(n[1:])}" for n in names)
    return re.compile(rf"(?<![\w/-])({'|'.join(forms)})(?:e?s)?(?![\w-])")


def link_terms(doctree, terms, chapter, address):
    """Link the first mention of each term.

    Parameters
    ----------
    doctree : docutils.nodes.document
        Changed in place.
    terms : list of Term
    chapter : int
    address : str
        Of the glossary, as seen from the page.
    """
    left = {term.name.lower(): term for term in terms}
    mention = pattern(terms, chapter)
    for text in list(doctree.findall(nodes.Text)):
        if _is_passed(text):
            continue
        parts, end = [], 0
        for match in mention.finditer(text):
            term = left.pop(match[1].lower(), None)
            if term is None:  # linked before
                continue
            parts += [nodes.Text(text[end : match.start()]), _link(term, match[0], address)]
            end = match.end()
        if parts:
            text.parent.replace(text, [*parts, nodes.Text(text[end:])])


def _is_passed(node):
    while node := node.parent:
        if isinstance(node, _PASSED):
            return True
        if isinstance(node, nodes.Element) and _PASSED_CLASSES & set(node.get("classes", ())):
            return True
    return False


def _link(term, text, address):
    return nodes.reference(
        "", text, internal=True, refuri=f"{address}#{term.anchor}", reftitle=term.definition,
        classes=["glossary-link"],
    )  # fmt: skip


def _link_page(app, doctree, docname):
    chapter = _CHAPTER.match(docname)
    if chapter and app.builder.format == "html":
        terms = terms_of(app.env.get_doctree(GLOSSARY))
        address = app.builder.get_relative_uri(docname, GLOSSARY)
        link_terms(doctree, terms, int(chapter[1]), address)


def _note_glossary(app, env, docnames):
    # Tooltips quote the glossary, so a changed glossary changes all chapters.
    app.changed_glossary = GLOSSARY in docnames


def _chapters(app, env):
    if not app.changed_glossary:
        return []
    return [name for name in env.found_docs if _CHAPTER.match(name)]


def setup(app):
    app.connect("env-before-read-docs", _note_glossary)
    app.connect("env-updated", _chapters)
    app.connect("doctree-resolved", _link_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
