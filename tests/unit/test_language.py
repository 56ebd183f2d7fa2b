"""The book uses the field's terms: one concept has one name, in text, labels, and docstrings.

Spelling is codespell's task (`make lint`). This file knows the everyday words that readers could
take for something else.
"""

import ast
import io
import json
import re
import tokenize
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

#: What not to write (a regular expression), and what to write instead.
TERMS = {
    r"pictures?": "image; photo (of a cat or dog); figure (what a cell plots)",
    r"sureness|(?:how|too|less|more) sure": "confidence, confident",
    r"right on \d[\d.]* ?(?:%|percent)": "accuracy of 93%",
    r"(?:learn|know)\w* (?:\w+ )?by heart": "memorized",
    r"(?:wish\w*|wants?|likes?) to see (?:a|an|in)\b|excites?\b": "maximizes the activation of",
    r"answers? of (?:a|the|each|every) (?:filter|kernel|unit|layer|neuron)": "response, activation",
    r"kept embeddings?": "cached embeddings",
    r"half of (?:the|an) interval": "margin of error",
    r"numbers of (?:a|the) (?:kernel|layer|filter)": "weights",
    r"goes on getting": "keeps falling, keeps rising",
    r"pure chance|kernels of chance": "random, drawn at random",
    r"whoever": "a filter that ..., a network that ...",
    r"frozen until": "frozen up to (and excluding)",
}
_BANNED = re.compile(r"\b(?:" + "|".join(TERMS) + ")", re.IGNORECASE)
# Names in code, roles, addresses, and tags are no prose.
_CODE = re.compile(r"`[^`\n]*`|\{\w+\}`[^`]*`|\]\([^)]*\)|<[^>]*>")
_JAVASCRIPT = re.compile(
    r"/\*.*?\*/|(?<!:)//[^\n]*|\"[^\"\n]* [^\"\n]*\"|'[^'\n]* [^'\n]*'|`[^`]*`", re.DOTALL
)
_SOURCES = {
    "text": ("*.md", "book/*.md"),
    "chapters": ("book/*.ipynb",),
    "library": ("lecture_utils/**/*.py",),
    "demos": ("lecture_utils/**/*.js", "book/_static/*.js", "book/_static/*.mjs"),
    "tools": ("tools/*.py", "benchmarks/*.py", "book/_ext/*.py"),
}


def banned(text):
    """Return the banned words of a text, without those in its code and addresses."""
    return [match[0] for match in _BANNED.finditer(_CODE.sub(" ", text))]


def prose_of_python(source):
    """Return the comments and the strings of a program that consist of several words."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value:
            yield node.value


def prose_of_notebook(text):
    """Return the text cells of a notebook, and what readers see of its code cells."""
    for cell in json.loads(text)["cells"]:
        source = "".join(cell["source"])
        if cell["cell_type"] == "markdown":
            yield source
        else:
            yield from prose_of_python(re.sub(r"^(\s*)[%!].*$", r"\1pass", source, flags=re.M))


def prose_of(path):
    """Return the parts of a file that people read."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".ipynb":
        yield from prose_of_notebook(text)
    elif path.suffix == ".py":
        yield from prose_of_python(text)
    elif path.suffix in (".js", ".mjs"):
        yield from _JAVASCRIPT.findall(text)
    else:
        yield text


@pytest.mark.parametrize("sources", _SOURCES)
def test_terms_are_those_of_the_field(sources):
    paths = [path for pattern in _SOURCES[sources] for path in sorted(ROOT.glob(pattern))]
    assert len(paths) >= 9
    found = [
        f"{path.relative_to(ROOT)}: {word!r} in {part.strip()[:100]!r}"
        for path in paths
        for part in prose_of(path)
        for word in banned(part)
    ]
    assert not found, "\n".join(["see TERMS above for what to write instead", *found])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("A picture shows it.", ["picture"]),
        ("Pictures, and `picture` in code, and [it](picture.svg)", ["Pictures"]),
        ("It is right on 93% of them.", ["right on 93%"]),
        ("It learned them by heart.", ["learned them by heart"]),
        ("The response of the kernel", []),
    ],
)
def test_banned_words_are_found_in_prose_only(text, words):
    assert banned(text) == words


def test_what_people_read_in_code_is_found():
    source = 'x = "pictures"  # a picture\ny = """Two pictures."""\nz = f"{x} pictures here"\n'
    parts = list(prose_of_python(source))
    assert sum(len(banned(part)) for part in parts) == 3  # not the key "pictures"
    text = {"cell_type": "markdown", "source": ["a picture"]}
    code = {"cell_type": "code", "source": ["%matplotlib inline\n", "# pictures"]}
    parts = prose_of_notebook(json.dumps({"cells": [text, code]}))
    assert [banned(part) for part in parts] == [["picture"], ["pictures"]]
