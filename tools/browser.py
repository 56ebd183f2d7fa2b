"""Find the Chromium that tests and benchmarks drive, and install one where there is none.

python tools/browser.py            print where it is
python tools/browser.py install    install it if it is missing; fail if that is impossible
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

#: Without these, a headless Chromium calls home at every start, which a test must not depend on.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # Containers run as root and give the browser no sandbox and no GPU.
    "--no-sandbox",
    "--disable-gpu",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find():
    """Return the path of a Chromium: ``CHROMIUM``, Playwright's own, or the system's; None if there is none."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise FileNotFoundError(f"CHROMIUM={named!r} is no program; unset it or name one")
        return named
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        if Path(playwright.chromium.executable_path).exists():
            return playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, _NAMES)), None)


def launch(playwright, **options):
    """Start a headless Chromium; raise FileNotFoundError, with the remedy, if there is none."""
    path = find_once()
    return playwright.chromium.launch(executable_path=path, args=FLAGS, **options)


def find_once():
    """Return the path of a Chromium, looked up once per process tree."""
    path = os.environ.get("CHROMIUM") or find()
    if path is None:
        raise FileNotFoundError("no Chromium found; run `python tools/browser.py install`")
    os.environ["CHROMIUM"] = path
    return path


def install():
    """Install a Chromium: Playwright's build, or the distribution's package where that cannot be had."""
    if find():
        return
    if subprocess.run(
        [sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"]
    ).returncode:
        print("Playwright's Chromium cannot be had; trying the distribution's package", flush=True)
        if shutil.which("apt-get"):
            sudo = [] if os.geteuid() == 0 else ["sudo"]
            subprocess.run([*sudo, "apt-get", "update", "-q"])
            subprocess.run(
                [*sudo, "apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
            )
    if not find():
        sys.exit(
            "no Chromium could be installed; install one by hand, or name one in CHROMIUM=/path/to/it"
        )


if __name__ == "__main__":
    if sys.argv[1:] == ["install"]:
        install()
    print(find() or sys.exit("no Chromium found; run `python tools/browser.py install`"))
