"""Combine the built pages into one HTML document that prints as a book.

Reads the output of ``make book``, and changes everything that only works on a screen:

- figures and still images of demos come out of ``<noscript>``;
- links between pages become links within the document, others lead to the published site;
- collapsed code is left out, as are cells that only check a reader's answer;
- solutions to exercises and answers to quizzes move into a separate chapter at the end.

Page numbers are filled into the table of contents later (``book_pdf.py``), when they are known.
"""

import os.path
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urljoin

import yaml
from bs4 import BeautifulSoup

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
#: The table of contents lists headings down to this level.
CONTENTS = ("h1", "h2")
#: Parts of a page that are useless on paper.
DROPPED = (
    "script",
    "button",
    "summary",
    ".tag_check",
    ".in-the-library",
    ".prev-next-area",
    "details.hide",
)


@dataclass
class Heading:
    """An entry of the table of contents."""

    level: int
    html: str
    anchor: str


def toc_of_the_book(root=ROOT):
    """Return the content of ``_toc.yml`` without the API reference."""
    toc = yaml.safe_load((root / "_toc.yml").read_text(encoding="utf-8"))
    toc["parts"] = [part for part in toc["parts"] if part.get("caption") != "API reference"]
    return toc


def pages_of_the_book(root=ROOT):
    """Return the pages in reading order, as paths without suffix; the API reference is left out."""
    toc = toc_of_the_book(root)
    return [toc["root"], *(page["file"] for part in toc["parts"] for page in part["chapters"])]


class Book:
    """The document under construction.

    Parameters
    ----------
    site : pathlib.Path
        The built site.
    pages : list of str
        The pages of the book in this order, such as "book/01_convolution".
    address : str
        Address of the published site, with a slash at the end.
    folder : pathlib.Path
        Folder of the document, to which the paths of images are relative.
    """

    def __init__(self, site, pages, address, folder):
        self.site, self.pages, self.address, self.folder = site, pages, address, folder
        self.headings = []
        self.answers = []  # per chapter: its title and HTML

    def document(self, style, front, contents_of=None):
        """Return the whole document.

        Parameters
        ----------
        style : str
            CSS for paper, which follows the style sheet of the site.
        front : str
            HTML before the table of contents.
        contents_of : callable, optional
            Maps an anchor to the page number in the table of contents.
        """
        self.headings, self.answers = [], []
        chapters = [(anchor_of(page, ""), *self.chapter(page)) for page in self.pages]
        chapters += self.solutions()
        static = os.path.relpath(self.site / "_static", self.folder)
        sheets = (
            f'<link rel="stylesheet" href="{static}/{name}.css">' for name in ("fonts", "site")
        )
        runners = "".join(
            f'@page p{n} {{ @top-left {{ content: "{_css_text(title)}" }} }}\n'
            f".chapter-{n} {{ page: p{n} }}\n"
            for n, (_, title, _) in enumerate(chapters)
        )
        body = "".join(
            f'<div id="{anchor}" class="chapter chapter-{n} bd-article">{text}</div>'
            for n, (anchor, _, text) in enumerate(chapters)
        )
        return (
            '<!doctype html><html lang="en" data-theme="light" data-mode="light"><head>'
            '<meta charset="utf-8"><title>Convolutional networks you can touch</title>'
            f"{''.join(sheets)}<style>{style}\n{runners}</style></head>"
            f'<body class="paper">{front}{self.contents(contents_of)}{body}</body></html>'
        )

    def contents(self, number_of=None):
        """Return the table of contents."""
        rows = "".join(
            f'<li class="level-{h.level}"><a href="#{h.anchor}"><span>{h.html}</span>'
            f"<b>{number_of(h.anchor) if number_of else 0}</b></a></li>"
            for h in self.headings
        )
        return f'<nav class="contents bd-article"><h1>Contents</h1><ol>{rows}</ol></nav>'

    def chapter(self, page):
        """Return a page's title, and its HTML for the book."""
        soup = self._parsed((self.site / f"{page}.html").read_text(encoding="utf-8"))
        article = soup.select_one("article.bd-article")
        for link in article.select(".headerlink"):
            link.decompose()
        for noscript in article.select("noscript"):
            noscript.unwrap()
        for later in article.select(".figure-later"):
            later.unwrap()
        self._rename(article, page)
        self._keep_answers(article)
        for selector in DROPPED:
            for element in article.select(selector):
                element.decompose()
        for element in article.select("[style*='--tall']"):
            del element["style"]
        for image in article.select("img"):
            image.attrs.pop("loading", None)
            image.attrs.pop("decoding", None)
        for cell in article.select(".cell"):
            if not cell.get_text(strip=True) and not cell.select_one("img, svg, table"):
                cell.decompose()
        # A heading that would be the last line of a page moves to the next one. Its section still
        # begins on the old page, so links must lead to the heading itself.
        for section in article.select("section[id]"):
            heading = section.find(re.compile("^h[1-4]$"), recursive=False)
            if heading and not heading.get("id"):
                heading["id"] = section.attrs.pop("id")
        for heading in article.select(", ".join(CONTENTS)):
            self.headings.append(
                Heading(int(heading.name[1]), heading.decode_contents(), heading["id"])
            )
        return article.h1.get_text(), article.decode_contents()

    def solutions(self):
        """Return the chapter with all answers as a list, which is empty if there are none."""
        if not self.answers:
            return []
        self.headings.append(Heading(1, "Answers and solutions", "answers"))
        parts = ['<section><h1 id="answers">Answers and solutions</h1>']
        for n, (title, text) in enumerate(self.answers):
            anchor = f"answers-{n}"
            self.headings.append(Heading(2, title, anchor))
            parts.append(f'<section><h2 id="{anchor}">{title}</h2>{text}</section>')
        return [("solutions", "Answers and solutions", "".join([*parts, "</section>"]))]

    def _keep_answers(self, article):
        """Move the answers to quizzes and the solutions to exercises out of a chapter."""
        kept = []
        for quiz in article.select('.demo[data-demo="Quiz"]'):
            items = [question.extract() for question in quiz.select("details")]
            answers = "".join(f"<li>{item.ul}</li>" for item in items)
            kept.append(f'<h3>Check yourself</h3><ol class="answers">{answers}</ol>')
        for cell in article.select(".tag_solution"):
            heading = cell.find_parent("section").find(re.compile("^h[2-4]$"))
            anchor = f"{cell.find_parent('section')['id']}--solution"
            for details in cell.select("details"):
                details.summary.decompose()
                details.unwrap()
            # The text after a solution explains it.
            following = [
                element.extract()
                for element in list(cell.next_siblings)
                if getattr(element, "name", None) not in (None, "section")
            ]
            cell.insert_before(
                self._parsed(f'<p class="to-solution"><a href="#{anchor}">Solution</a></p>')
            )
            text = "".join(map(str, [cell.extract(), *following]))
            kept.append(f'<h3 id="{anchor}">{heading.decode_contents()}</h3>{text}')
        if kept:
            self.answers.append((f"Chapter {article.h1.get_text()}", "".join(kept)))

    @staticmethod
    def _parsed(text):
        return BeautifulSoup(text, "html.parser")

    def _rename(self, article, page):
        """Give anchors names, and links and images targets, that are valid in the whole book."""
        for element in article.select("[id]"):
            if element.name != "svg" and not element.find_parent("svg"):
                element["id"] = anchor_of(page, element["id"])
        for link in article.select("a[href]"):
            link["href"] = self.target(page, link["href"])
        here = (self.site / page).parent
        for element in article.select("img, image"):
            for name in ("src", "href", "xlink:href"):
                value = element.get(name)
                if value and not re.match(r"#|[a-z]+:", value):
                    element[name] = os.path.relpath((here / value).resolve(), self.folder)

    def target(self, page, href):
        """Return the target of a link: inside the book, or else on the published site."""
        if re.match(r"[a-z][a-z0-9+.-]*:", href):
            return href
        path, _, fragment = href.partition("#")
        absolute = urljoin(f"{page}.html", path) if path else f"{page}.html"
        other = absolute.removesuffix(".html")
        if other in self.pages:
            return f"#{anchor_of(other, fragment)}" if fragment else f"#{anchor_of(other, '')}"
        return urljoin(self.address, absolute) + (f"#{fragment}" if fragment else "")


def anchor_of(page, name):
    """Return the name in the book of a page's anchor; the page's top if it has no name."""
    return f"{page.rpartition('/')[2]}--{name}" if name else page.rpartition("/")[2]


def _css_text(text):
    return " ".join(text.split()).replace("\\", r"\\").replace('"', r"\"")
