"""Point the book's edit, issue, Colab and Binder links at the repository that builds it.

The address stands in one place, ``[project.urls]`` in ``pyproject.toml``. A fork need not touch
even that: its own GitHub workflow names the fork, and so does a clone whose ``origin`` is on
GitHub.
"""

import os
import re
import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_GITHUB = re.compile(
    r"(?:https://|git@|ssh://git@)github\.com[/:]([\w.-]+)/([\w.-]+?)(?:\.git)?/?$"
)


def stated_url(root=ROOT):
    """Return the address written in ``pyproject.toml``."""
    with open(Path(root) / "pyproject.toml", "rb") as file:
        return tomllib.load(file)["project"]["urls"]["Repository"]


def repository_url(root=ROOT, environ=os.environ):
    """Return the address of the repository that this build belongs to.

    The first that answers: ``BOOK_REPOSITORY`` (an address or ``owner/name``), GitHub's workflow,
    the clone's ``origin`` if it is on GitHub, ``pyproject.toml``.
    """
    named = environ.get("BOOK_REPOSITORY") or environ.get("GITHUB_REPOSITORY")
    if named:
        return _normalize(named)
    origin = subprocess.run(
        ["git", "-C", str(root), "remote", "get-url", "origin"],
        capture_output=True,
        text=True,
        check=False,
    ).stdout.strip()
    return _normalize(origin) if _GITHUB.match(origin) else stated_url(root)


def site_url(root=ROOT, environ=os.environ):
    """Return the address at which this build will be published, with a slash at its end.

    ``BOOK_URL`` if it is set, which the publishing workflow does; else where GitHub Pages puts the
    repository that this build belongs to.
    """
    if named := environ.get("BOOK_URL"):
        if not re.match(r"https?://[\w.-]+", named):
            raise ValueError(f"BOOK_URL={named!r} is not an address; write https://host/folder/")
        return named.rstrip("/") + "/"
    owner, name = repository_url(root, environ).split("/")[-2:]
    host = f"{owner.lower()}.github.io"
    return f"https://{host}/" if name.lower() == host else f"https://{host}/{name}/"


def _normalize(address):
    url = address if "github.com" in address else f"https://github.com/{address}"
    if not (found := _GITHUB.match(url)):
        raise ValueError(
            f"{address!r} is not a GitHub repository; write owner/name or https://github.com/owner/name"
        )
    return f"https://github.com/{found[1]}/{found[2]}"


def _set_theme_options(app, config):
    config.html_theme_options.update(
        repository_url=repository_url(),
        repository_branch=os.environ.get(
            "BOOK_BRANCH", config.html_theme_options.get("repository_branch", "main")
        ),
        use_repository_button=True,
        use_edit_page_button=True,
        use_issues_button=True,
    )


def _adjust_launch_buttons(app, pagename, templatename, context, doctree):
    """Offer Colab and Binder for notebooks only, and send Colab to the published copies.

    Colab opens nothing but ``.ipynb``. The publishing workflow pushes copies of the notebooks to a
    branch of their own (``BOOK_COLAB_BRANCH``), with this repository's address in their set-up
    cell: so a fork's notebooks install the fork's package although nobody edited them.
    """
    buttons = context.get("header_buttons", [])
    if not app.env.doc2path(pagename).endswith(".ipynb"):
        buttons[:] = [group for group in buttons if group.get("label") != "launch-buttons"]
    if branch := os.environ.get("BOOK_COLAB_BRANCH"):
        for button in (button for group in buttons for button in group.get("buttons", [])):
            if button.get("text") == "Colab":
                button["url"] = re.sub(r"/blob/[^/]+/", f"/blob/{branch}/", button["url"], count=1)


def setup(app):
    app.connect("config-inited", _set_theme_options, priority=100)
    app.connect("html-page-context", _adjust_launch_buttons, priority=900)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
