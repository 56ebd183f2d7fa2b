"""Unpacking what came from the internet: nothing outside the folder, nothing by halves."""

import io
import os
import random
import stat
import zipfile
from pathlib import Path

import pytest

from lecture_utils import _atomic
from lecture_utils.datasets._archive import ArchiveError, unpack

CONTENT = {"PetImages/Cat/1.jpg": b"cat" * 500, "PetImages/Dog/1.jpg": b"dog" * 700}


def write_zip(path, members, compression=zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return path


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def keep(name):
    return name


def nothing_but_the_archive(tmp_path):
    return [path.name for path in tmp_path.iterdir()] == ["a.zip"]


@pytest.mark.parametrize("compression", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_chosen_members_arrive_under_their_new_names(tmp_path, compression):
    archive = write_zip(tmp_path / "a.zip", {**CONTENT, "readme.txt": b"read me"}, compression)
    unpack(archive, lambda name: name.lower() if "Cat" in name else None, tmp_path / "out")
    assert files(tmp_path / "out") == {"petimages/cat/1.jpg": CONTENT["PetImages/Cat/1.jpg"]}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]


def test_an_earlier_folder_is_replaced_as_a_whole(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.jpg").write_bytes(b"old")
    unpack(write_zip(tmp_path / "a.zip", CONTENT), keep, tmp_path / "out")
    assert files(tmp_path / "out") == CONTENT


@pytest.mark.parametrize(
    "name",
    [
        "../evil.jpg",
        "a/../../evil.jpg",
        "/etc/evil.jpg",
        "..\\evil.jpg",
        "C:\\evil.jpg",
        "C:evil.jpg",
    ],
)
@pytest.mark.parametrize("chosen", [True, False])
def test_a_member_that_leads_outside_spoils_the_archive(tmp_path, name, chosen):
    archive = write_zip(tmp_path / "a.zip", {**CONTENT, name: b"evil"})
    with pytest.raises(ArchiveError, match="leads outside"):
        unpack(archive, lambda each: each if chosen or each in CONTENT else None, tmp_path / "out")
    assert nothing_but_the_archive(tmp_path)


def test_a_link_becomes_a_plain_file(tmp_path):
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        member = zipfile.ZipInfo("PetImages/Cat/1.jpg")
        member.create_system = 3  # Unix
        member.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(member, "/etc/passwd")
    unpack(tmp_path / "a.zip", keep, tmp_path / "out")
    path = tmp_path / "out/PetImages/Cat/1.jpg"
    assert not path.is_symlink() and path.read_bytes() == b"/etc/passwd"


@pytest.mark.parametrize("part", [0, 0.3, 0.6, 0.99])
def test_a_cut_archive_is_refused(tmp_path, part):
    content = write_zip(tmp_path / "a.zip", CONTENT).read_bytes()
    (tmp_path / "a.zip").write_bytes(content[: int(part * len(content))])
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(tmp_path / "a.zip", keep, tmp_path / "out")
    assert nothing_but_the_archive(tmp_path)


def test_a_changed_byte_is_noticed_or_harmless(tmp_path):
    buffer = io.BytesIO()
    rng = random.Random(0)
    members = {f"{i}.jpg": rng.randbytes(60) for i in range(3)}
    write_zip(buffer, members, zipfile.ZIP_STORED)
    whole, noticed = buffer.getvalue(), 0
    for place in range(0, len(whole), 7):
        changed = bytearray(whole)
        changed[place] ^= 0x10
        (tmp_path / "a.zip").write_bytes(changed)
        try:
            unpack(tmp_path / "a.zip", lambda name: str(len(name)) + name[0], tmp_path / "out")
        except ArchiveError:
            noticed += 1
            assert not (tmp_path / "out").exists()
        else:
            # What changed was a date or a name, never what is in a file.
            assert set(files(tmp_path / "out").values()) <= set(members.values())
            unpack(write_zip(tmp_path / "b.zip", {}), keep, tmp_path / "out")
            (tmp_path / "out").rmdir()
    assert noticed > len(whole) / 7 * 0.4


def test_if_the_new_folder_cannot_take_its_place_the_old_one_stays(tmp_path, monkeypatch):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.jpg").write_bytes(b"old")
    real = os.replace

    def fail(source, target):
        if (Path(source) / "new.jpg").exists():
            raise PermissionError("a program has a file open")
        real(source, target)

    monkeypatch.setattr(_atomic.os, "replace", fail)
    with pytest.raises(PermissionError), _atomic.replaced(tmp_path / "out") as scratch:
        (scratch / "new.jpg").write_bytes(b"new")
    assert files(tmp_path / "out") == {"old.jpg": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_a_process_killed_between_the_two_renames_loses_nothing(tmp_path):
    with pytest.raises(ArchiveError), _atomic.replaced(tmp_path / "out") as scratch:
        name = scratch.parent.name
        raise ArchiveError("only the name is of interest")
    for folder in (f"{name}/out", f"{name}/out.old"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / name / "out.old/old.jpg").write_bytes(b"old")
    with pytest.raises(ArchiveError), _atomic.replaced(tmp_path / "out"):
        raise ArchiveError("the next call fails as well")
    assert files(tmp_path / "out") == {"old.jpg": b"old"}
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_other_folders_with_a_similar_name_stay(tmp_path):
    names = ["out.part", "out.part-notes", "out.partial-results", "out.parts", "outXpartabcdefgh"]
    for name in names:
        (tmp_path / name).mkdir()
    with _atomic.replaced(tmp_path / "out"):
        pass
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*names, "out"])


def test_if_the_last_step_fails_the_old_folder_stays(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out/old.jpg").write_bytes(b"old")

    def finish(folder):
        assert files(folder) == CONTENT
        raise ArchiveError("too few photos")

    archive = write_zip(tmp_path / "a.zip", CONTENT)
    with pytest.raises(ArchiveError, match="too few photos"):
        unpack(archive, keep, tmp_path / "out", finish)
    assert files(tmp_path / "out") == {"old.jpg": b"old"}
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.zip", "out"]
