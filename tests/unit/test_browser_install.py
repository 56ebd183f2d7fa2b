"""Installing a browser for the tests needs no rights of root, unless the system lacks libraries."""

import browser
import pytest
from playwright.sync_api import Error

PLAIN, WITH_LIBRARIES = ["install", "chromium"], ["install", "chromium", "--with-deps"]
PACKAGE = ["install", "-y", "--no-install-recommends", "chromium"]


class NoBrowser:
    """A Playwright whose Chromium is installed, but may not start."""

    def __init__(self, path, starts):
        self.chromium, self.executable_path, self.starts = self, str(path), starts

    def launch(self, **_):
        if not self.starts:
            raise Error("error while loading shared libraries: libnss3.so")
        return self

    def close(self):
        pass


@pytest.mark.parametrize(
    ("failing", "starts", "commands"),
    [
        ([], True, [PLAIN]),
        ([], False, [PLAIN, WITH_LIBRARIES]),
        ([WITH_LIBRARIES], False, [PLAIN, WITH_LIBRARIES, ["update"], PACKAGE]),
        ([PLAIN], False, [PLAIN, ["update"], PACKAGE]),
    ],
)
def test_root_is_asked_only_if_the_browser_does_not_start(
    tmp_path, monkeypatch, failing, starts, commands
):
    ran = []

    def run(command):
        words = command[command.index("apt-get" if "apt-get" in command else "playwright") + 1 :]
        ran.append(words)
        return words not in failing

    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setattr(browser, "_run", run)
    monkeypatch.setattr(browser.shutil, "which", lambda name: name if name == "apt-get" else None)
    monkeypatch.setattr(browser.os, "geteuid", lambda: 1000, raising=False)
    path = tmp_path / "chromium"
    path.touch()
    browser.install(NoBrowser(path, starts))
    assert ran == commands
