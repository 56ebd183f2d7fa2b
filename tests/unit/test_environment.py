"""environment.yml (conda, Binder) asks for what pyproject.toml asks for."""

import re
import tomllib
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
# What conda-forge calls by another name.
CONDA_NAMES = {"matplotlib-base": "matplotlib", "pytorch": "torch"}


def requirement(text):
    """Split "torch>=2.4" or "pytorch >=2.4" into a name and its bounds."""
    name, bounds = re.fullmatch(r"([\w.-]+)\s*([<>=!~\d.,]*)", text).groups()
    return CONDA_NAMES.get(name, name), frozenset(filter(None, bounds.split(",")))


def conda():
    listed = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    from_pip = next(each["pip"] for each in listed if isinstance(each, dict))
    names = [each for each in (*listed, *from_pip) if isinstance(each, str)]
    return dict(requirement(each) for each in names if each not in ("pip", "-e ."))


def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def test_conda_and_pip_ask_for_the_same_packages():
    wanted = [*project()["dependencies"], *project()["optional-dependencies"]["book"]]
    pip = dict(requirement(each) for each in wanted)
    found = conda()
    found.pop("python")
    assert found == pip


def test_conda_allows_only_pythons_that_the_package_allows():
    oldest = project()["requires-python"]
    assert oldest in conda()["python"]
