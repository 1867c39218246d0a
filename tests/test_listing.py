"""What is taken from a folder, and what is said of the rest."""

import os

import pytest

from jaxcolor import listing
from jaxcolor.config import InputError


def make(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(b"")


def found(folder):
    return [path.relative_to(folder).as_posix() for path in listing.scan(folder).paths]


def test_all_levels_are_searched_and_sorted_by_folder(tmp_path):
    make(tmp_path, "b.JPG", "sub/deep/a.webp", "c.tiff", "notes.txt", "sub-b/x.png", "d.png/z.txt")
    assert found(tmp_path) == ["b.JPG", "c.tiff", "sub/deep/a.webp", "sub-b/x.png"]
    assert listing.find(tmp_path) == listing.scan(tmp_path).paths


def test_a_folder_that_is_missing_or_holds_no_image(tmp_path):
    with pytest.raises(InputError, match="no such folder"):
        listing.scan(tmp_path / "missing")
    make(tmp_path, "a.heic", "b.txt")
    with pytest.raises(InputError, match=r"holds no image \(AVIF, BMP.*\n.*a\.heic: HEIF is not"):
        listing.find(tmp_path)


@pytest.mark.parametrize("suffix", ["avif", "gif", "jfif", "jpe", "jp2", "ppm", "dib", "JPEG"])
def test_what_pillow_reads_is_taken(suffix, tmp_path):
    make(tmp_path, f"x.{suffix}")
    assert found(tmp_path) == [f"x.{suffix}"]


@pytest.mark.parametrize(
    ("suffix", "format"),
    [("heic", "HEIF"), ("HIF", "HEIF"), ("jxl", "JPEG XL"), ("NEF", "the raw format of a camera")],
)
def test_other_images_are_named_as_not_supported(suffix, format, tmp_path, capsys):
    make(tmp_path, f"x.{suffix}", "y.png")
    assert listing.find(tmp_path) == [tmp_path / "y.png"]
    assert f"x.{suffix}: {format} is not supported; convert it to JPEG" in capsys.readouterr().out


def test_other_files_are_counted(tmp_path, capsys):
    make(tmp_path, "x.png", "a.txt", "sub/b.txt", "README", "._x.png", ".x.4711.partial.png")
    make(tmp_path, ".hidden.png", "x.partial.png")
    assert [path.name for path in listing.find(tmp_path)] == [
        ".hidden.png",
        "x.partial.png",
        "x.png",
    ]
    said = capsys.readouterr().out
    assert "files named ._*, which macOS writes beside images: 1\n" in said
    assert "files named .*.partial.*, left by interrupted writing: 1\n" in said
    assert "files of other suffixes (.txt 2, none 1): 3\n" in said
    make(tmp_path, *(f"x.{i}" for i in range(9)))
    lines = listing.scan(tmp_path).passed_over
    assert any(line.endswith("(.txt 2, .0 1, .1 1, .2 1, .3 1, …): 12") for line in lines)


def test_other_suffixes_are_taken_if_asked_for(tmp_path):
    make(tmp_path, "x.png", "film.MP4", "a.txt")
    listed = listing.scan(tmp_path, also={".mp4"})
    assert [path.name for path in listed.paths] == ["film.MP4", "x.png"]
    assert listed.passed_over == [f"{tmp_path}: files of other suffixes (.txt 1): 1"]


def test_reports_may_wait_for_the_end(tmp_path, capsys):
    make(tmp_path, "x.png", "a.txt")

    def work():
        with listing.reported_last():
            listing.find(tmp_path)
            print("table")
            raise ValueError

    with pytest.raises(ValueError, match=r"^$"):
        work()
    said = capsys.readouterr().out
    assert said == f"table\nleft out:\n  {tmp_path}: files of other suffixes (.txt 1): 1\n"


def test_nothing_is_said_where_nothing_is_left_out(tmp_path, capsys):
    make(tmp_path, "x.png", "sub/y.jpg")
    listing.find(tmp_path)
    assert capsys.readouterr().out == ""


def test_links_are_followed_and_loops_are_not(tmp_path):
    make(tmp_path, "photos/a/1.png", "elsewhere/2.png", "elsewhere/deep/3.png")
    photos = tmp_path / "photos"
    (photos / "b").symlink_to(tmp_path / "elsewhere")
    (photos / "c").symlink_to(tmp_path / "elsewhere" / "deep")
    (photos / "1 again.png").symlink_to(photos / "a" / "1.png")
    (photos / "a" / "up").symlink_to("..")
    (tmp_path / "elsewhere" / "everything").symlink_to(tmp_path)
    assert found(photos) == ["1 again.png", "a/1.png", "b/2.png", "b/deep/3.png"]
    again = listing.scan(photos).passed_over
    for link, first in (
        ("a/up", photos),
        ("b/everything/photos", photos),
        ("b/everything/elsewhere", photos / "b"),
        ("c", photos / "b" / "deep"),
    ):
        assert f"{photos / link}: the same folder as {first}" in again
    assert len(again) == 4


def test_the_own_path_of_a_folder_comes_before_links_to_it(tmp_path):
    make(tmp_path, "z/1.png")
    (tmp_path / "a").symlink_to("z")
    assert found(tmp_path) == ["z/1.png"]


def test_links_that_lead_nowhere(tmp_path):
    make(tmp_path, "x.png")
    (tmp_path / "dead.png").symlink_to("nowhere")  # For the reader to refuse.
    (tmp_path / "2019").symlink_to("unmounted")
    (tmp_path / "self").symlink_to("self")
    assert found(tmp_path) == ["dead.png", "x.png"]
    lines = listing.scan(tmp_path).passed_over
    assert f"{tmp_path / '2019'}: a link that leads nowhere (No such file or directory)" in lines
    assert any(line.startswith(f"{tmp_path / 'self'}: a link that leads nowhere") for line in lines)


def test_folders_without_permission_are_all_named(tmp_path, monkeypatch):
    make(tmp_path, "x.png", "closed/a.png", "sub/locked/b.png")
    scandir = os.scandir

    def refuse(path):
        if os.path.basename(path) in ("closed", "locked"):
            raise PermissionError(13, "Permission denied", path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert found(tmp_path) == ["x.png"]
    assert listing.scan(tmp_path).unreadable == {
        tmp_path / "closed": "Permission denied",
        tmp_path / "sub" / "locked": "Permission denied",
    }
    with pytest.raises(InputError, match=r"closed: Permission.*\n.*locked: Permission.*\n.*give"):
        listing.find(tmp_path)


def test_a_folder_that_is_not_wanted_is_left_out_wherever_it_is_met(tmp_path):
    make(tmp_path, "x.png", "out/1.png", "other/y.png")
    (tmp_path / "other" / "link").symlink_to(tmp_path / "out")
    content = listing.scan(tmp_path, without=tmp_path / "out")
    assert content.paths == [tmp_path / "other" / "y.png", tmp_path / "x.png"]
    assert content.passed_over == []
    assert len(listing.scan(tmp_path, without=tmp_path / "missing").paths) == 3
    assert len(listing.scan(tmp_path, without=tmp_path).paths) == 3


def test_names_that_are_no_text_are_listed(tmp_path, capfdbinary):
    make(tmp_path, "x.png", os.fsdecode(b"x\xff.heic"), os.fsdecode(b"x.\xfe"))
    listing.find(tmp_path)
    said = capfdbinary.readouterr().out
    assert rb"x\xff.heic: HEIF is not supported" in said
    assert rb".\xfe 1" in said
