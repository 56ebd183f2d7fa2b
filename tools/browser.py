"""Find the Chromium for tests and benchmarks, or install one.

python tools/browser.py            print its path
python tools/browser.py install    install it if it is missing; fail if that is impossible
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

#: Without these, a headless Chromium uses the network at every start; tests must not depend on it.
FLAGS = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    # In containers, the browser runs as root, without a sandbox and without a GPU.
    "--no-sandbox",
    "--disable-gpu",
]
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find(playwright):
    """Return the path of a Chromium (``CHROMIUM``, Playwright's, or the system's), or None."""
    if named := os.environ.get("CHROMIUM"):
        if not shutil.which(named):
            raise FileNotFoundError(f"CHROMIUM={named!r} is not a program; unset or correct it")
        return named
    if Path(playwright.chromium.executable_path).exists():
        return playwright.chromium.executable_path
    return next(filter(None, map(shutil.which, _NAMES)), None)


def launch(playwright, *flags, **options):
    """Start a headless Chromium, with more flags than `FLAGS` if wanted.

    If there is none, raise FileNotFoundError with instructions.
    """
    if not (path := find(playwright)):
        raise FileNotFoundError("no Chromium found; run `python tools/browser.py install`")
    return playwright.chromium.launch(executable_path=path, args=[*FLAGS, *flags], **options)


def install(playwright):
    """Install a Chromium: Playwright's build, or the distribution's package if that fails."""
    print("Installing Chromium...", flush=True)
    command = [sys.executable, "-m", "playwright", "install", "chromium"]
    # The browser can be installed by anybody, but the system's libraries that it needs only by
    # root. Most systems have them.
    if _run(command) and (_starts(playwright) or _run([*command, "--with-deps"])):
        return
    if not shutil.which("apt-get"):
        return
    print("Playwright's Chromium is not available; trying the distribution's package", flush=True)
    apt = [*([] if os.geteuid() == 0 else ["sudo"]), "apt-get"]
    _run([*apt, "update"])
    _run([*apt, "install", "-y", "--no-install-recommends", "chromium"])


def _starts(playwright):
    try:
        launch(playwright).close()
    except (FileNotFoundError, Error):
        return False
    return True


def _run(command):
    """Run a command that prints hundreds of lines; show the last ones only if it fails."""
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode:
        print("\n".join(done.stdout.splitlines()[-5:]), file=sys.stderr, flush=True)
    return done.returncode == 0


def main():
    with sync_playwright() as playwright:
        path = find(playwright)
        if not path and sys.argv[1:] == ["install"]:
            install(playwright)
            path = find(playwright)
    print(path or sys.exit("no Chromium; install one, or set CHROMIUM=/path/to/it"))


if __name__ == "__main__":
    main()
