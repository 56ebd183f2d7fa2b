"""Make one style sheet of all, with only the rules that some page of the book can need.

The theme, its framework and other extensions bring half a megabyte of CSS for whatever a site may
contain. When all pages are written, this collects the classes, ids and elements that occur in them
or in our scripts, and keeps the rules that can match. A rule goes only if one of its names occurs
nowhere; what stands inside ``:is()``, ``:not()`` and brackets is not looked at.
"""

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path

import tinycss2

#: What becomes the style sheet, in the order in which browsers got it.
SOURCES = (
    "basic.css",
    "styles/pydata-sphinx-theme.css",
    "pygments.css",
    "styles/sphinx-book-theme.css",
    "copybutton.css",
    "mystnb.*.css",
    "book.css",
)
SHEET = "site.css"
#: Scripts of pages, in which names of classes may stand.
SCRIPTS = (
    "book.js",
    "progress.js",
    "widget-host.mjs",
    "searchtools.js",
    "sphinx_highlight.js",
)
#: What pages name with the content's fingerprint behind it, so that no browser shows an old one.
VERSIONED = (SHEET, "book.js", "progress.js", "widget-host.mjs")

_PRINT = ' onclick="window.print()"'
_AT_RULES_WITH_RULES = {"media", "supports", "layer", "container"}
_INSIDE = re.compile(r"\[[^\]]*\]|:[\w-]+\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)")
_NAME = re.compile(r"([.#])((?:[\w-]|\\.)+)")
_VARIABLE = re.compile(r"--[\w-]+")
_COMMENTS = re.compile(r"/\*.*?\*/", re.DOTALL)


def names_in_pages(pages):
    """Return the classes and ids of HTML texts, as ``.class`` and ``#id``."""
    names = set()
    for page in pages:
        for value in set(re.findall(r'\bclass="([^"]*)"', page)):
            names.update(f".{name}" for name in value.split())
        names.update(f"#{name}" for name in re.findall(r'\bid="([^"\s]*)"', page))
    return names


def names_in_scripts(scripts):
    """Return whatever could be a class or an id in the strings of JavaScript."""
    strings = re.findall(r"""(["'`])((?:(?!\1)[^\\\n]|\\.)*)\1""", "\n".join(scripts))
    words = set(re.findall(r"[A-Za-z_][\w-]+", " ".join(text for _, text in strings)))
    return {f"{sign}{word}" for word in words for sign in ".#"}


def can_match(selector, names):
    """Whether a selector could match, if no other classes and ids exist than `names`."""
    plain = _INSIDE.sub("", selector)
    return all(sign + name.replace("\\", "") in names for sign, name in _NAME.findall(plain))


@dataclass
class _Rule:
    """A rule, or a group such as ``@media``, whose parts are rules."""

    head: str
    declarations: list = field(default_factory=list)  # pairs of name and value
    parts: list = field(default_factory=list)

    def __str__(self):
        inner = ";".join(f"{name}:{value}" for name, value in self.declarations)
        return f"{self.head}{{{inner}{''.join(map(str, self.parts))}}}"

    def without(self, is_needless):
        """Return this rule without declarations that are needless, or None if nothing remains."""
        if is_needless(self.head, ""):
            return None
        kept = [pair for pair in self.declarations if not is_needless("", pair[0])]
        parts = [part for part in (p.without(is_needless) for p in self.parts) if part]
        return _Rule(self.head, kept, parts) if kept or parts else None


def shake(css, names):
    """Return CSS without the rules that cannot match, comments, and values nobody refers to."""
    rules = _kept_rules(tinycss2.parse_stylesheet(css, True, True), names)
    text = "\n".join(map(str, rules))
    while True:
        used = set(re.findall(r"var\(\s*(--[\w-]+)", text))
        values = " ".join(re.findall(r"animation[\w-]*:([^;}]+)", text))
        animations = set(re.findall(r"[\w-]+", values))

        def is_needless(head, name, used=used, animations=animations):
            if match := re.match(r"@(?:-\w+-)?keyframes ([\w-]+)", head):
                return match[1] not in animations
            return name.startswith("--") and name not in used

        rules = [rule for rule in (r.without(is_needless) for r in rules) if rule]
        shorter = "\n".join(map(str, rules))
        if shorter == text:
            return text + "\n"
        text = shorter


def _kept_rules(rules, names):
    kept = []
    for rule in rules:
        if rule.type == "qualified-rule":
            selectors = _split(tinycss2.serialize(rule.prelude))
            fitting = ",".join(s for s in selectors if can_match(s, names))
            if fitting:
                kept.append(_Rule(fitting, _declarations(rule.content)))
        elif rule.type == "at-rule" and rule.content is not None:  # no import, no character set
            head = f"@{rule.at_keyword} {tinycss2.serialize(rule.prelude).strip()}".strip()
            if rule.lower_at_keyword in _AT_RULES_WITH_RULES:
                inner = tinycss2.parse_rule_list(rule.content, True, True)
                kept.append(_Rule(head, parts=_kept_rules(inner, names)))
            elif "keyframes" in rule.lower_at_keyword:
                steps = tinycss2.parse_rule_list(rule.content, True, True)
                kept.append(_Rule(head, parts=_kept_rules(steps, names)))
            else:
                kept.append(_Rule(head, _declarations(rule.content)))
    # The theme's icons are drawn in book.css.
    return [
        rule for rule in kept if not ("Font Awesome" in str(rule) and "@font-face" in rule.head)
    ]


def _split(selectors):
    """Split a list of selectors at its commas, but not inside of brackets."""
    parts, depth, part = [], 0, ""
    for letter in " ".join(selectors.split()):
        depth += (letter in "([") - (letter in ")]")
        if letter == "," and not depth:
            parts.append(part.strip())
            part = ""
        else:
            part += letter
    return [*parts, part.strip()]


def _declarations(content):
    return [
        (
            each.name,
            " ".join(_COMMENTS.sub("", tinycss2.serialize(each.value)).split())
            + ("!important" if each.important else ""),
        )
        for each in tinycss2.parse_declaration_list(content, True, True)
        if each.type == "declaration"
    ]


def build_sheet(static, pages, demos):
    """Return the style sheet of a site.

    Parameters
    ----------
    static : pathlib.Path
        The folder ``_static`` of the built site.
    pages : list of str
        All pages.
    demos : list of str
        Scripts of demos, which use some of the variables.
    """
    files = [path for name in SOURCES for path in sorted(static.glob(name))]
    css = "\n".join(path.read_text(encoding="utf-8") for path in files)
    scripts = [(static / name).read_text(encoding="utf-8") for name in SCRIPTS]
    # Demos refer to variables of the page; a rule that is never seen keeps these.
    needed = sorted(set(_VARIABLE.findall("\n".join(demos))) - {"--"})
    css += "\n#demos{" + ";".join(f"x:var({name})" for name in needed) + "}"
    names = names_in_pages(pages) | names_in_scripts(scripts) | {"#demos"}
    key = hashlib.sha256(
        repr((css, sorted(names), Path(__file__).read_text())).encode()
    ).hexdigest()
    sheet = static / SHEET
    first = f"/* {key} */"
    if sheet.exists() and (old := sheet.read_text(encoding="utf-8")).startswith(first):
        return old
    shaken = re.sub(r"#demos\{[^}]*\}", "", shake(css, names))
    return f"{first}\n{shaken}"


def _write(app, exception):
    if exception or app.builder.format != "html":
        return
    out = Path(app.outdir)
    static = out / "_static"
    others = {"_static", "reports", "slides"}  # slides have a style of their own
    paths = [path for path in out.rglob("*.html") if not others & set(path.parts)]
    pages = {path: path.read_text(encoding="utf-8") for path in paths}
    code = [path.read_text(encoding="utf-8") for path in (static / "demo-code").glob("*.js")]
    sheet = build_sheet(static, list(pages.values()), code)
    (static / SHEET).write_text(sheet, encoding="utf-8")
    versions = {
        name: hashlib.sha256((static / name).read_bytes()).hexdigest()[:8] for name in VERSIONED
    }
    reference = re.compile(rf'_static/({"|".join(map(re.escape, VERSIONED))})(?:\?v=\w*)?"')
    for path, page in pages.items():
        named = reference.sub(lambda m: f'_static/{m[1]}?v={versions[m[1]]}"', page)
        # The theme's one handler in the page itself; book.js listens instead.
        named = named.replace(_PRINT, "")
        if named != page:
            path.write_text(named, encoding="utf-8")


def setup(app):
    # After the theme, which then writes the colors of code for both looks.
    app.connect("build-finished", _write, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
