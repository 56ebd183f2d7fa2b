"""The installer of the environment: where uv looks for packages is where pip would."""

import subprocess
from pathlib import Path

import install
import pytest

ROOT = Path(__file__).resolve().parents[2]

LISTING = """\
:env:.find-links='/env'
global.extra-index-url='https://a.example/simple\\nhttps://b.example/simple'
global.find-links='/global'
global.index-url='https://global.example/simple'
install.index-url='https://install.example/simple'
list.format='columns'
"""


def test_the_environment_overrides_install_and_that_global():
    assert install.pip_settings(LISTING) == {
        "extra-index-url": "https://a.example/simple\nhttps://b.example/simple",
        "find-links": "/env",
        "index-url": "https://install.example/simple",
    }


def test_uv_is_told_where_pip_looks():
    options = install.uv_options(install.pip_settings(LISTING))
    assert options[:2] == ["--index-strategy", "unsafe-best-match"]
    pairs = list(zip(options[2::2], options[3::2], strict=True))
    assert pairs == [
        ("--default-index", "https://install.example/simple"),
        ("--index", "https://a.example/simple"),
        ("--index", "https://b.example/simple"),
        ("--find-links", "/env"),
    ]
    assert "--no-index" in install.uv_options({"no-index": "true"})
    assert "--no-index" not in install.uv_options({"no-index": "false"})
    assert len(install.uv_options({})) == 2


def test_proxy_and_timeout_are_variables_and_the_users_own_win():
    settings = {"proxy": "http://proxy.example", "default-timeout": "180"}
    environment = install.uv_environment(settings, {"A": "b"})
    assert environment == {"A": "b", "ALL_PROXY": "http://proxy.example", "UV_HTTP_TIMEOUT": "180"}
    assert install.uv_environment(settings, {"UV_HTTP_TIMEOUT": "9"})["UV_HTTP_TIMEOUT"] == "9"
    assert install.uv_environment({}, {"A": "b"}) == {"A": "b"}


@pytest.fixture
def commands(monkeypatch):
    """Record commands instead of running them; those with a word of ``commands.fail`` fail."""

    class Commands(list):
        fail = ()

    commands = Commands()

    def run(command, **_):
        commands.append(" ".join(command))
        failed = any(word in commands[-1] for word in commands.fail)
        return subprocess.CompletedProcess(command, int(failed), stdout=LISTING)

    monkeypatch.setattr(install.subprocess, "run", run)
    return commands


def test_uv_installs_by_the_constraints_and_pip_is_not_asked(commands):
    install.main(["-e", ".[book]"])
    fetched, _, installed = commands
    assert "pip install" in fetched and fetched.endswith("uv") and "constraints.txt" in fetched
    assert "-m uv pip install" in installed and installed.endswith("-e .[book]")
    assert "constraints.txt" in installed and "https://a.example/simple" in installed


@pytest.mark.parametrize("fail", [("constraints.txt uv",), ("-m uv",)])
def test_without_uv_pip_installs(commands, fail, capsys):
    commands.fail = fail
    with pytest.raises(SystemExit) as end:
        install.main(["-e", ".[book]"])
    assert end.value.code == 0
    assert "-m pip install" in commands[-1] and commands[-1].endswith("-e .[book]")
    assert "constraints.txt" in commands[-1]
    assert "installing with pip" in capsys.readouterr().out


def test_when_pip_fails_too_so_does_the_installer(commands):
    commands.fail = ("install",)
    with pytest.raises(SystemExit) as end:
        install.main(["x"])
    assert end.value.code == 1


def test_the_version_of_uv_is_pinned():
    assert any(line.startswith("uv==") for line in (ROOT / "constraints.txt").read_text().split())
