"""`make photos` fetches what it can, and says what it could not."""

from types import SimpleNamespace

import fetch_data
import pytest

from lecture_utils.datasets import DatasetNotFoundError


@pytest.fixture
def fetch(monkeypatch):
    """Run the script with stand-ins for the downloads; returns the names that were asked for."""
    asked = []

    def load(name, source, download):
        assert download, "without it, nothing is fetched"
        asked.append(name)
        if source is None:
            raise DatasetNotFoundError(f"{name} is not on this machine")
        return SimpleNamespace(source=source)

    def run(*names, **sources):
        stand_ins = {
            name: lambda download, name=name, source=source: load(name, source, download)
            for name, source in sources.items()
        }
        monkeypatch.setattr(fetch_data, "FETCH", stand_ins)
        monkeypatch.setattr("sys.argv", ["fetch_data.py", *names])
        fetch_data.main()

    run.asked = asked
    return run


def test_everything_is_fetched_by_default(fetch, capsys):
    fetch(photos="download", mnist="cache")
    assert fetch.asked == ["photos", "mnist"]
    assert capsys.readouterr().out.count("is available") == 2


def test_what_fails_does_not_stop_the_rest(fetch, capsys):
    with pytest.raises(SystemExit, match="not downloaded: photos, vgg16;"):
        fetch(photos="embedded", vgg16=None, mnist="download")
    assert fetch.asked == ["photos", "vgg16", "mnist"]
    output = capsys.readouterr()
    assert "vgg16 is not on this machine" in output.err
    assert output.out.count("could not be downloaded") == 2


def test_only_what_is_named_is_fetched(fetch, capsys):
    fetch("mnist", photos="download", mnist="download")
    assert fetch.asked == ["mnist"]
    with pytest.raises(SystemExit):
        fetch("minst", mnist="download")
    assert "there is no minst; use mnist" in capsys.readouterr().err


def test_the_names_are_data_sets_and_networks_that_the_package_knows(monkeypatch, tmp_path):
    """Offline, the data sets fall back to samples and drawings, and the networks say what helps."""
    monkeypatch.setenv("LECTURE_OFFLINE", "1")
    monkeypatch.setenv("LECTURE_CACHE", str(tmp_path))
    monkeypatch.delenv("LECTURE_DATA", raising=False)
    assert fetch_data.FETCH["mnist"](download=True).source == "embedded"
    with pytest.raises(DatasetNotFoundError, match="download=True"):
        fetch_data.FETCH["resnet50"](download=True)
