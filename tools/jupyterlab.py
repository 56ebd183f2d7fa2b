"""Run a notebook in a real JupyterLab or Notebook through a browser, for tests and benchmarks."""

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import nbformat


def free_port():
    """Return a port of this machine that no program listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def server(folder, timeout=60, application="jupyterlab"):
    """Serve a folder with JupyterLab on a free port; yield its address, and stop it at the end.

    The address contains a token; other users of the machine cannot use the server without it.

    `application` is the Python module to start: "jupyterlab" or "notebook".

    Raises
    ------
    RuntimeError
        If the server does not respond in time; the message includes the end of its log.
    """
    folder = Path(folder)
    port = free_port()
    log = folder / "jupyterlab.log"
    options = [
        "--no-browser",
        "--allow-root",
        f"--ServerApp.port={port}",
        "--ServerApp.ip=127.0.0.1",
        f"--ServerApp.root_dir={folder}",
        # News and extension listings use the network, which a test must not depend on.
        "--LabApp.news_url=None",
        "--LabApp.extension_manager=readonly",
    ]
    token = secrets.token_urlsafe()
    environment = {
        **os.environ,
        # Not as an option, which every user of the machine can see in the list of processes.
        "JUPYTER_TOKEN": token,
        "JUPYTER_CONFIG_DIR": str(folder / ".jupyter"),
        "HOME": str(folder),
    }
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", application, *options],
            stdout=file,
            stderr=subprocess.STDOUT,
            env=environment,
        )
    try:
        address = f"http://127.0.0.1:{port}/?token={token}"
        _wait_until_it_answers(address, process, log, timeout)
        yield address
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()


def _wait_until_it_answers(address, process, log, timeout):
    end = time.monotonic() + timeout
    while time.monotonic() < end and process.poll() is None:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(_url(address, "api/status"), timeout=2)
            return
        time.sleep(0.2)
    raise RuntimeError(f"JupyterLab does not respond at {address}:\n{log.read_text()[-2000:]}")


def _url(address, path):
    """Return the URL of a path on the server, with the token."""
    server, token = address.split("/?")
    return f"{server}/{path}?{token}"


def write_notebook(path, *sources):
    """Write a notebook with the given code cells."""
    cells = [nbformat.v4.new_code_cell(source) for source in sources]
    spec = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=spec), path)


def open_and_run(page, address, name, view="doc/tree"):
    """Open a notebook and run all its cells; return when the kernel is idle.

    `view` is "doc/tree" in JupyterLab and "notebooks" in Notebook.
    """
    page.goto(f"{_url(address, f'{view}/{name}')}&reset")
    page.locator(".jp-Notebook .jp-Cell").first.wait_for(timeout=60_000)
    _wait_for_kernel(page)
    page.get_by_role("menuitem", name="Run", exact=True).first.click()
    page.get_by_role("menuitem", name="Run All Cells", exact=True).click()
    wait_until_idle(page)


def _wait_for_kernel(page):
    """Wait for the kernel; JupyterLab may first ask which one, with the right one preselected."""
    ready = """() => {
        const bar = document.querySelector('.jp-NotebookPanel-toolbar');
        const name = bar?.querySelector('.jp-KernelName')?.textContent ?? '';
        // For a moment a new notebook is "idle" without any kernel.
        const idle = bar?.querySelector('[data-status="idle"]')
          && !/^(|No Kernel)$/.test(name.trim());
        const asked = [...document.querySelectorAll('.jp-Dialog-button')]
          .some((b) => b.textContent === 'Select');
        return asked ? 'asked' : idle ? 'idle' : false;
    }"""
    if page.wait_for_function(ready, timeout=60_000).json_value() == "asked":
        page.get_by_role("button", name="Select", exact=True).click()
        page.locator(".jp-Dialog").wait_for(state="detached")
        page.wait_for_function(ready, timeout=60_000)


def wait_until_idle(page, timeout=120_000):
    """Wait until every code cell has been run."""
    page.wait_for_function(
        """() => {
            const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputPrompt')];
            return prompts.length && prompts.every((p) => /\\[\\d+\\]/.test(p.textContent));
        }""",
        timeout=timeout,
    )


def run_cell(page, source):
    """Append a cell to the open notebook, run it, and return the text of its output."""
    page.locator(".jp-Notebook .jp-Cell .jp-InputPrompt").last.click()  # not into a demo
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    # A new cell gets its editor when the notebook has scrolled to it.
    page.locator(".jp-Notebook .jp-Cell.jp-mod-active .cm-content:focus").wait_for()
    page.keyboard.insert_text(source)
    page.keyboard.press("Control+Enter")
    wait_until_idle(page)
    output = page.locator(".jp-Notebook .jp-Cell").last.locator(".jp-OutputArea-output")
    return "\n".join(output.all_inner_texts()).strip()


def run_json(page, source):
    """Run a cell that prints JSON, and return the value."""
    return json.loads(run_cell(page, source))
