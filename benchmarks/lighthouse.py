"""Run Lighthouse on the book's pages, and on the same text as a default Jupyter Book.

    python benchmarks/lighthouse.py [--pages PART ...] [--devices NAME ...] [--runs N]
                                    [--site FOLDER] [--peer] [--json FILE]

Lighthouse opens each page as on a slow phone (its default: 4x CPU slowdown, 1.6 Mbit/s, round trips
of 150 ms, all simulated) and as on a desktop computer. The script reports medians of N runs: the
four scores, First and Largest Contentful Paint, Total Blocking Time, and layout shift (CLS). It
also reports values that do not depend on the load of the machine: requests, kilobytes on the wire,
render-blocking requests, and elements.

With `--peer`, the executed notebooks are also built with Jupyter Book's default settings, without
our extensions and style. The default widget loader comes from a CDN, which cannot be reached here;
that makes the peer faster, not slower.

Files are served from this machine, compressed with gzip. npm downloads Lighthouse once, into
`_build/npm`.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml
from _common import ROOT, SITE, Host, chromium, describe_machine, files_in, need_the_book, verdict
from book_on_paper import toc_of_the_book
from playwright.sync_api import sync_playwright

VERSION = "12.8.2"
PEER = ROOT / "_build" / "peers" / "default-book"
DEVICES = {"mobile": [], "desktop": ["--preset=desktop"]}
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
TARGETS = {"mobile": 95, "desktop": 99}
#: Upper limits: milliseconds, and layout shift.
LIMITS = {"FCP": 1500, "TBT": 100, "CLS": 0.02}


def lighthouse():
    """Return the path of Lighthouse, installing it with npm on the first call."""
    folder = ROOT / "_build" / "npm" / f"lighthouse-{VERSION}"
    program = folder / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        if not (npm := shutil.which("npm")):
            sys.exit("npm is needed to download Lighthouse; install Node.js")
        folder.mkdir(parents=True, exist_ok=True)
        command = [npm, "install", "--silent", "--prefix", str(folder), f"lighthouse@{VERSION}"]
        if subprocess.run(command).returncode:
            sys.exit(f"`{' '.join(command)}` failed; is there a network?")
    return program


def audit(address, device, browser_path):
    """Run Lighthouse once; return its scores and the numbers behind them."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.json")
        command = [
            str(lighthouse()),
            address,
            "--quiet",
            "--output=json",
            f"--output-path={report}",
            f"--only-categories={','.join(CATEGORIES)}",
            f"--chrome-flags=--headless=new {' '.join(chromium.FLAGS)}",
            *DEVICES[device],
        ]
        done = subprocess.run(
            command,
            env={**os.environ, "CHROME_PATH": browser_path},
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"Lighthouse failed on {address}:\n{done.stderr[-2000:]}")
        return read_report(json.loads(report.read_text(encoding="utf-8")))


def read_report(report):
    """Return the values that are shown from a report, as one flat dict."""
    audits = report["audits"]
    requests = audits["network-requests"]["details"]["items"]
    blocking = audits.get("render-blocking-resources", {}).get("details", {}).get("items", [])
    numbers = {name: 100 * report["categories"][name]["score"] for name in CATEGORIES}
    numbers |= {
        "FCP": audits["first-contentful-paint"]["numericValue"],
        "LCP": audits["largest-contentful-paint"]["numericValue"],
        "TBT": audits["total-blocking-time"]["numericValue"],
        "CLS": audits["cumulative-layout-shift"]["numericValue"],
        "requests": len(requests),
        "kB": sum(item.get("transferSize", 0) for item in requests) / 1000,
        "blocking": len(blocking),
        "elements": audits["dom-size"]["numericValue"],
    }
    failed = {
        f"{name}: {audits[ref['id']]['title']}"
        for name in CATEGORIES[1:]
        for ref in report["categories"][name]["auditRefs"]
        if ref["weight"] and audits[ref["id"]]["score"] not in (None, 1)
    }
    return {**numbers, "failed": failed}


def median(runs):
    """Return the median of each value over several runs, and what failed in any of them."""
    numbers = {
        name: statistics.median(r[name] for r in runs) for name in runs[0] if name != "failed"
    }
    return {**numbers, "failed": sorted(set().union(*(r["failed"] for r in runs)))}


def build_peer():
    """Build the executed notebooks as a Jupyter Book with default settings; return its folder."""
    site = PEER / "_build" / "html"
    if not site.is_dir():
        source = PEER / "book"
        shutil.rmtree(PEER, ignore_errors=True)  # what an earlier attempt has left
        shutil.copytree(ROOT / "book", source, ignore=lambda *_: {"api", "_ext", "_static"})
        for notebook in (ROOT / "_build" / "jupyter_execute" / "book").glob("*.ipynb"):
            shutil.copy(notebook, source)
        (PEER / "_toc.yml").write_text(yaml.safe_dump(toc_of_the_book()), encoding="utf-8")
        (PEER / "_config.yml").write_text(
            'title: The same text\nauthor: ""\nonly_build_toc_files: true\n'
            "execute: {execute_notebooks: 'off'}\n"
            "sphinx: {extra_extensions: [sphinxcontrib.bibtex], "
            "config: {bibtex_bibfiles: [book/references.bib]}}\n",
            encoding="utf-8",
        )
        command = [
            str(Path(sys.executable).with_name("jupyter-book")),
            "build",
            str(PEER),
            "--quiet",
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if not site.is_dir():
            sys.exit(f"the default book could not be built:\n{done.stderr[-2000:]}")
    return site


def pages_of(site):
    """Return the pages of a site, without slides and what is not for readers."""
    pages = (path.relative_to(site) for path in sorted(site.rglob("*.html")))
    return [str(page) for page in pages if not {"_static", "reports", "slides"} & set(page.parts)]


def judge(site, pages, devices, runs, browser_path):
    """Return the medians of all pages of a site: ``{device: {page: numbers}}``."""
    with Host(files_in(site)) as host:
        return {
            device: {
                page: median(
                    [audit(f"{host.address}/{page}", device, browser_path) for _ in range(runs)]
                )
                for page in pages
            }
            for device in devices
        }


def print_table(title, rows):
    """Print one row for each page."""
    print(
        f"\n{title:34}{'perf':>6}{'a11y':>6}{'best':>6}{'SEO':>5}{'FCP s':>7}{'LCP s':>7}"
        f"{'TBT ms':>8}{'CLS':>7}{'requests':>10}{'kB':>7}{'blocking':>10}{'elements':>10}"
    )
    for page, row in rows.items():
        scores = "".join(
            f"{row[name]:>{width}.0f}" for name, width in zip(CATEGORIES, (6, 6, 6, 5), strict=True)
        )
        print(
            f"{page:34}{scores}{row['FCP'] / 1000:>7.1f}{row['LCP'] / 1000:>7.1f}{row['TBT']:>8.0f}"
            f"{row['CLS']:>7.3f}{row['requests']:>10.0f}{row['kB']:>7.0f}{row['blocking']:>10.0f}"
            f"{row['elements']:>10.0f}"
        )
        for failure in row["failed"]:
            print(f"    {failure}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pages", nargs="*", default=[""], help="parts of the names of pages")
    parser.add_argument("--devices", nargs="*", default=list(DEVICES), choices=list(DEVICES))
    parser.add_argument("--runs", type=int, default=5, help="runs of each page (default 5)")
    parser.add_argument("--site", type=Path, default=SITE, help="another built site")
    parser.add_argument("--peer", action="store_true", help="also judge a default Jupyter Book")
    parser.add_argument("--json", metavar="FILE", help="write all medians into this file")
    arguments = parser.parse_args()
    need_the_book()

    with sync_playwright() as playwright:
        browser_path = chromium.find(playwright)
        browser = chromium.launch(playwright)
        describe_machine(browser)
        browser.close()
    sites = {"the book": arguments.site}
    if arguments.peer:
        sites["default Jupyter Book"] = build_peer()
    report = {}
    for name, site in sites.items():
        pages = [page for page in pages_of(site) if any(part in page for part in arguments.pages)]
        report[name] = judge(site, pages, arguments.devices, arguments.runs, browser_path)
        for device, rows in report[name].items():
            print_table(f"{name}, {device}", rows)

    print()
    ours = report["the book"]
    for device, rows in ours.items():
        lowest = min(row["performance"] for row in rows.values())
        verdict(f"{device}, lowest performance score", lowest, TARGETS[device], at_least=True)
        for name in CATEGORIES[1:]:
            lowest = min(row[name] for row in rows.values())
            verdict(f"{device}, lowest score for {name}", lowest, 100, at_least=True)
        for name, limit in LIMITS.items():
            verdict(f"{device}, largest {name}", max(row[name] for row in rows.values()), limit)
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
