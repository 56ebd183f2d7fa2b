"""Install requirements into the current environment, with uv or else with pip.

    .venv/bin/python tools/install.py -e ".[book]"

Needs only Python and its pip. uv itself is installed by pip, in the version given in
``constraints.txt``. Both installers respect ``constraints.txt`` and the package index that pip is
configured to use on this machine.
"""

import ast
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSTRAINTS = ["-c", str(ROOT / "constraints.txt")]
PIP = [sys.executable, "-m", "pip"]
PIP_INSTALL = [*PIP, "install", "--quiet", "--disable-pip-version-check", *CONSTRAINTS]

#: pip's settings for the sources of packages, and the corresponding options of uv, which does not
#: read pip's settings.
OPTIONS = {
    "index-url": "--default-index",
    "extra-index-url": "--index",
    "find-links": "--find-links",
    "trusted-host": "--allow-insecure-host",
    "cert": "--cert",
}


def pip_settings(listing):
    """Parse the output of ``pip config list``; the environment comes first, then ``install.``."""
    settings = {"global": {}, "install": {}, ":env:": {}}
    for line in listing.splitlines():
        key, _, value = line.partition("=")
        section, _, name = key.rpartition(".")
        if section in settings:
            settings[section][name] = ast.literal_eval(value)
    return {**settings["global"], **settings["install"], **settings[":env:"]}


def uv_options(settings):
    """Return options that make uv search for packages where pip would."""
    # pip takes the newest version from any index; by default, uv stops at the first index that has
    # the package.
    options = ["--index-strategy", "unsafe-best-match"]
    for name, option in OPTIONS.items():
        for value in settings.get(name, "").split():
            options += [option, value]
    if settings.get("no-index", "").lower() in ("1", "true", "yes", "on"):
        options.append("--no-index")
    return options


def uv_environment(settings, environ=os.environ):
    """Return the environment for uv, in which pip's proxy and timeout are variables."""
    environment = dict(environ)
    if proxy := settings.get("proxy"):
        environment.setdefault("ALL_PROXY", proxy)
    if timeout := settings.get("timeout", settings.get("default-timeout")):
        environment.setdefault("UV_HTTP_TIMEOUT", timeout)
    return environment


def install_with_uv(requirements):
    """Install with uv; return whether that worked."""
    if subprocess.run([*PIP_INSTALL, "uv"]).returncode:
        return False
    listing = subprocess.run([*PIP, "config", "list"], capture_output=True, text=True).stdout
    settings = pip_settings(listing)
    command = [sys.executable, "-m", "uv", "pip", "install", "--quiet", "--python", sys.executable]
    command += [*CONSTRAINTS, *uv_options(settings), *requirements]
    return subprocess.run(command, env=uv_environment(settings)).returncode == 0


def main(requirements):
    if not requirements:
        sys.exit(__doc__)
    if not install_with_uv(requirements):
        print("uv is missing or has failed; installing with pip, which takes minutes", flush=True)
        sys.exit(subprocess.run([*PIP_INSTALL, *requirements]).returncode)


if __name__ == "__main__":
    main(sys.argv[1:])
