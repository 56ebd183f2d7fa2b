"""Print the built book into one PDF, with Chromium: `make pdf`.

    python tools/book_pdf.py [--paper letter] [--output FILE]

The document is printed twice. The first print shows on which page each heading is; the second one
has these numbers in its table of contents. Page numbers count from the title page, so that they
agree with those shown by a PDF viewer.
"""

import argparse
import html
import logging
import os
import sys
from pathlib import Path
from string import Template

import book_on_paper
import browser
import segno
from book_on_paper import ROOT, SITE, Book
from playwright.sync_api import sync_playwright
from pypdf import PdfReader, PdfWriter

sys.path.insert(0, str(ROOT / "book" / "_ext"))
import citation
from repository import repository_url, site_url

OUTPUT = ROOT / "_build" / "pdf" / "convolutional-networks-you-can-touch.pdf"
STYLE = Path(__file__).with_suffix(".css")
FRONT = Path(__file__).with_name("book_pdf_front.html")
PAPERS = ("a4", "letter")
# It warns about how Chromium counts its objects, which is harmless.
logging.getLogger("pypdf").setLevel(logging.ERROR)
#: Largest size of the file in megabytes.
MOST = 25
#: Time limit for a print in milliseconds.
PATIENCE = 600_000


def front_matter(fields, address, source):
    """Return the title page, and the page after it."""
    title, _, subtitle = fields["title"].partition(": ")
    named = {
        "title": html.escape(title),
        "subtitle": html.escape(subtitle.capitalize()),
        "authors": ", ".join(html.escape(name) for name in citation.names(fields["authors"])),
        "edition": f"Version {fields['version']}, {fields['date-released']}",
        "logo": (ROOT / "book" / "_static" / "logo.svg").read_text(encoding="utf-8"),
        "code": segno.make(address, error="m").svg_inline(border=0, omitsize=True, svgclass="qr"),
        "address": address,
        "source": source,
        "reference": html.escape(citation.sentence(fields, address)),
    }
    return Template(FRONT.read_text(encoding="utf-8")).substitute(named)


def print_document(page, path, output, final):
    """Print an HTML file; the outline and the tags for screen readers only if it is `final`."""
    page.goto(path.as_uri())
    page.evaluate("document.fonts.ready")
    page.pdf(
        path=output,
        prefer_css_page_size=True,
        print_background=True,
        outline=final,
        tagged=final,
    )


def page_numbers(path):
    """Return the page of each anchor in a PDF, counted from 1."""
    reader = PdfReader(path)
    index = {p.indirect_reference.idnum: n for n, p in enumerate(reader.pages, 1)}
    return {
        name.removeprefix("/"): index[destination.page.idnum]
        for name, destination in reader.named_destinations.items()
    }


def finish(source, output, fields):
    """Write the metadata and the initial view; make the file smaller."""
    writer = PdfWriter(clone_from=source)
    title = fields["title"].partition(": ")[0]
    authors = ", ".join(citation.names(fields["authors"]))
    writer.add_metadata({"/Title": title, "/Author": authors, "/Subject": fields["title"]})
    writer.page_mode = "/UseOutlines"
    writer.compress_identical_objects()
    part = output.with_suffix(".part")
    writer.write(part)
    os.replace(part, output)


def make(output=OUTPUT, paper="a4", pages=None):
    """Print a book.

    Parameters
    ----------
    output : pathlib.Path
        The PDF. Its HTML is left next to it.
    paper : str
        One of `PAPERS`.
    pages : list of str, optional
        By default those in the table of contents.
    """
    output.parent.mkdir(parents=True, exist_ok=True)
    fields, address = citation.read(), site_url()
    pages = pages or book_on_paper.pages_of_the_book()
    book = Book(SITE, pages, address, output.parent)
    front = front_matter(fields, address, repository_url())
    style = STYLE.read_text(encoding="utf-8").replace("PAPER", paper)
    document, printed = output.with_suffix(".html"), output.with_suffix(".printed.pdf")

    def print_with(number_of=None):
        document.write_text(book.document(style, front, number_of), encoding="utf-8")
        print_document(page, document, printed, final=number_of is not None)
        return page_numbers(printed)

    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = chromium.new_page()
        page.set_default_timeout(PATIENCE)
        numbers = print_with()
        if print_with(numbers.__getitem__) != numbers:
            sys.exit("the page numbers differ between the two prints; the contents would be wrong")
        chromium.close()
    finish(printed, output, fields)
    printed.unlink()


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--paper", choices=PAPERS, default="a4")
    parser.add_argument("--output", type=Path, default=OUTPUT)
    arguments = parser.parse_args()
    for name in book_on_paper.pages_of_the_book():
        if not (SITE / f"{name}.html").is_file():
            sys.exit(f"{name}.html is not built; run `make book` first")
    make(arguments.output, arguments.paper)
    size = arguments.output.stat().st_size / 1e6
    count = len(PdfReader(arguments.output).pages)
    print(f"The book is at {arguments.output}: {count} pages, {size:.1f} MB")
    if size > MOST:
        sys.exit(f"the limit is {MOST} MB")


if __name__ == "__main__":
    main()
