"""The first mention of a glossary term in a chapter is a link."""

import glossary_links
import pytest
from docutils import nodes
from docutils.core import publish_doctree
from glossary_links import Term

TERMS = [
    Term("kernel", "term-kernel", "The small array.", 1),
    Term("separable kernel", "term-separable-kernel", "A product.", 1),
    Term("head", "term-head", "The last layers.", 9),
    Term("class activation map", "term-cam", "A map.", 8),
    Term("loss", "term-loss", "A number.", 3),
    Term("ReLU", "term-relu", "max(0, x).", 3),
]


def links(text, chapter=9):
    """Return the linked words and their anchors, in order."""
    doctree = publish_doctree(text)
    before = doctree.astext()
    glossary_links.link_terms(doctree, TERMS, chapter, "glossary.html")
    assert doctree.astext() == before  # not a letter of the text has changed
    return [
        (node.astext(), node["refuri"].removeprefix("glossary.html#term-"))
        for node in doctree.findall(nodes.reference)
        if "glossary-link" in node["classes"]
    ]


def test_only_the_first_mention_is_linked():
    assert links("A kernel here.\n\nAnother kernel there.") == [("kernel", "kernel")]


def test_the_longer_term_wins_and_leaves_the_shorter_one_for_later():
    assert links("A separable kernel is a kernel.") == [
        ("separable kernel", "separable-kernel"),
        ("kernel", "kernel"),
    ]


def test_a_sentence_may_begin_with_it_and_it_may_be_plural_or_bold():
    assert links("Kernels and **losses** of ReLUs.") == [
        ("Kernels", "kernel"),
        ("losses", "loss"),
        ("ReLUs", "relu"),
    ]


@pytest.mark.parametrize("text", ["sub-kernel", "kernel-wise", "heads/tails", "relu", "kernelized"])
def test_parts_of_words_are_no_mentions(text):
    assert links(text) == ([("heads", "head")] if "heads" in text else [])


def test_a_single_word_is_linked_from_its_chapter_on_and_several_words_anywhere():
    text = "The head of a cat on a class activation map."
    assert links(text, chapter=5) == [("class activation map", "cam")]
    assert links(text, chapter=9) == [("head", "head"), ("class activation map", "cam")]


def test_headings_code_formulas_and_links_stay_as_they_are():
    text = """
Kernel
======

``kernel``, :math:`kernel`, `kernel <https://example.org>`__

::

    kernel
"""
    assert links(text) == []


@pytest.mark.parametrize(
    ("name", "linked"),
    [("cell_output", False), ("cell_input", False), ("goals", False), ("note", True)],
)
def test_outputs_of_cells_and_the_goals_stay_as_they_are(name, linked):
    doctree = publish_doctree("")
    doctree += nodes.container("", nodes.paragraph("", "A kernel."), classes=[name])
    glossary_links.link_terms(doctree, TERMS, 1, "glossary.html")
    assert bool(doctree.next_node(nodes.reference)) is linked


def test_the_link_says_what_the_term_means():
    doctree = publish_doctree("A kernel.")
    glossary_links.link_terms(doctree, TERMS, 1, "glossary.html")
    assert doctree.next_node(nodes.reference)["reftitle"] == "The small array."


def test_the_glossary_is_read_with_its_chapters():
    definition = nodes.definition("", nodes.paragraph("", "Sliding\na window. (1, 3)"))
    term = nodes.term("", "convolution", ids=["term-convolution"])
    doctree = publish_doctree("")
    doctree += nodes.definition_list("", nodes.definition_list_item("", term, definition))
    assert glossary_links.terms_of(doctree) == [
        Term("convolution", "term-convolution", "Sliding a window.", 1)
    ]
    definition[0][0] = nodes.Text("Sliding a window.")
    with pytest.raises(ValueError, match=r"'convolution' names no chapter"):
        glossary_links.terms_of(doctree)
