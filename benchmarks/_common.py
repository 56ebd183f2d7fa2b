"""Shared by the benchmarks: a web server that counts, packages of peers, and verdicts."""

import gzip
import mimetypes
import os
import platform
import shutil
import subprocess
import sys
import tarfile
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

ROOT = Path(__file__).resolve().parents[1]
SITE = ROOT / "_build" / "html"
CHAPTER = "book/01_convolution.html"
sys.path.insert(0, str(ROOT / "tools"))
import browser as chromium  # noqa: E402, F401
import jupyterlab  # noqa: E402, F401

_COMPRESSIBLE = ("text/", "application/javascript", "application/json", "image/svg+xml")


class _Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        # A page that is closed no longer waits for what it has asked for.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)


class Host:
    """Serve files on a free port, compressed as a real host would; count what is sent.

    Parameters
    ----------
    find : callable
        Takes the path of a request without the leading slash; returns the body as bytes, or None
        for a 404.

    Attributes
    ----------
    address : str
        ``http://127.0.0.1:port``.
    sent : list of (str, int, int)
        Path, status, and body bytes on the wire of every response.
    """

    def __init__(self, find):
        self.sent = []
        self._find = find
        self._bodies = {}
        host = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"  # connections stay open, as everywhere

            def do_GET(self):
                host._answer(self, unquote(urlsplit(self.path).path).lstrip("/"))

            def log_message(self, *_):
                pass

        self._server = _Server(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.address = f"http://127.0.0.1:{self._server.server_port}"

    def _answer(self, request, path):
        if path not in self._bodies:  # compressed once, as on a host that stores .gz files
            self._bodies[path] = _encode(self._find(path), path)
        status, headers, body = self._bodies[path]
        self.sent.append((path, status, len(body)))
        request.send_response(status)
        for name, value in headers.items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(body)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def _encode(body, path):
    if body is None:
        return 404, {"Content-Length": "0"}, b""
    kind = "text/javascript" if path.endswith((".js", ".mjs")) else mimetypes.guess_type(path)[0]
    headers = {
        "Content-Type": kind or "application/octet-stream",
        "Access-Control-Allow-Origin": "*",
    }
    if kind and kind.startswith(_COMPRESSIBLE):
        body = gzip.compress(body, 6)
        headers["Content-Encoding"] = "gzip"
    headers["Content-Length"] = str(len(body))
    return 200, headers, body


def files_in(folder):
    """Return a function for `Host` that finds the files of a folder."""
    folder = Path(folder).resolve()

    def find(path):
        file = (folder / path).resolve()
        return file.read_bytes() if file.is_relative_to(folder) and file.is_file() else None

    return find


def npm_package(name, version):
    """Return the folder of an npm package, which is downloaded once.

    Raises
    ------
    SystemExit
        If npm is missing or fails; the message says what to do.
    """
    folder = ROOT / "_build" / "npm" / f"{name.replace('/', '_')}-{version}"
    if folder.is_dir():
        return folder
    if not (npm := shutil.which("npm")):
        sys.exit(f"npm is needed to download the peer {name}; install Node.js")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        command = [npm, "pack", f"{name}@{version}", "--silent"]
        done = subprocess.run(command, cwd=scratch, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"`npm pack {name}@{version}` failed; is there a network?\n{done.stderr}")
        (archive,) = Path(scratch).glob("*.tgz")
        with tarfile.open(archive) as packed:
            packed.extractall(scratch, filter="data")
        os.replace(Path(scratch, "package"), folder)
    return folder


def pip_packages(name, *requirements):
    """Return a folder with packages of peers, downloaded once and without their dependencies.

    Parameters
    ----------
    name : str
        Name of the folder.
    *requirements : str
        Requirements for pip, with versions.

    Raises
    ------
    SystemExit
        If pip fails; the message says what to do.
    """
    folder = ROOT / "_build" / "peers" / name
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        target = Path(scratch, "packages")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps"]
        command += ["--target", str(target), *requirements]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            sys.exit(
                f"pip could not get {', '.join(requirements)}; is there a network?\n{done.stderr}"
            )
        os.replace(target, folder)
    return folder


def need_the_book():
    """Exit with a message if the built page is missing."""
    if not (SITE / CHAPTER).is_file():
        sys.exit(f"{SITE / CHAPTER} is missing; run `make book` first (`make bench` does it)")


def describe_machine(browser):
    """Print the machine, and a warning if other programs are busy."""
    print(
        f"Python {platform.python_version()}, Chromium {browser.version}, "
        f"{os.cpu_count()} processors"
    )
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else 0
    if load > 0.5:
        print(f"warning: other programs are busy (load {load:.1f})", file=sys.stderr)


def verdict(claim, value, limit, unit="", at_least=False):
    """Print whether a target is met, or by how much it is missed; return whether it is met."""
    met = value >= limit if at_least else value <= limit
    sign = ">=" if at_least else "<="
    words = "met" if met else f"MISSED by {abs(value - limit):.3g}{unit}"
    print(f"  {claim}: {value:.3g}{unit} (target {sign} {limit:.3g}{unit}): {words}")
    return met
