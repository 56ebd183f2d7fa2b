"""Take the README's screenshot: the first chapter of the built book, at its demo.

python tools/readme_picture.py    writes docs/first-chapter.png
"""

from pathlib import Path

import browser
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]


def main():
    target = ROOT / "docs" / "first-chapter.png"
    target.parent.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        chromium = browser.launch(playwright)
        page = chromium.new_page(viewport={"width": 1280, "height": 960})
        page.goto((ROOT / "_build" / "html" / "book" / "01_convolution.html").as_uri())
        page.wait_for_function("document.documentElement.dataset.demos === 'ready'")
        demo = page.locator(".lu-demo").first
        demo.evaluate("element => scrollTo(0, element.getBoundingClientRect().top + scrollY - 90)")
        page.wait_for_timeout(500)  # the browser draws the demo's first frame
        page.screenshot(path=target)
        chromium.close()
    print(target.relative_to(ROOT))


if __name__ == "__main__":
    main()
