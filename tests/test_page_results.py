import io
import re

import numpy as np
import pytest
from conftest import picture
from PIL import Image

from jaxcolor import colorize, inference, photographs
from jaxcolor.config import InputError
from jaxcolor.page_folder import UserFiles
from jaxcolor.page_results import Results


@pytest.fixture
def results(colorizer, monkeypatch, tmp_path):
    """Results of a small model, which the command line uses as well."""
    monkeypatch.setattr(inference, "load", lambda *_, **__: colorizer)
    (tmp_path / "users").mkdir()
    files = UserFiles(tmp_path / "users", max_bytes=10**6, keep_seconds=60)
    return Results({"tiny": None}, files)


@pytest.fixture
def add(tmp_path):
    """Adds a photograph as an upload does."""

    def add_photograph(name="cat.jpg", data=None):
        folder = tmp_path / "users" / name
        folder.mkdir()
        if data is None:
            exif = Image.Exif()
            exif[0x0112], exif[0x010F] = 6, "Camera"
            Image.fromarray(picture(30, 50)).save(folder / name, exif=exif)
        else:
            (folder / name).write_bytes(data)
        return folder / name

    return add_photograph


HINTS = ("3,4,#b03020", "20,40,#2030b0")


@pytest.mark.parametrize(
    ("name", "options", "colorfulness", "hints"),
    [
        ("cat.jpg", (), 1, ""),
        ("cat.png", ("--colorfulness", "0.5"), 0.5, ""),
        ("cat.tif", ("--hint", HINTS[0], "--hint", HINTS[1]), 1, "\n\n".join(HINTS)),
    ],
)
def test_a_download_is_what_the_command_line_writes(
    results, colorizer, monkeypatch, add, run_main, tmp_path, name, options, colorfulness, hints
):
    photo = add(name)
    result = results.color(str(photo), "tiny", 32, colorfulness, hints)
    same = colorizer.with_colorfulness(colorfulness)
    monkeypatch.setattr(inference, "load", lambda *_, **__: same)
    assert run_main(colorize, photo, "--output", tmp_path / "out", *options).returncode == 0
    assert result.file.read_bytes() == (tmp_path / "out" / name).read_bytes()
    assert result.file.name == name.replace(".", ".color.")
    with Image.open(result.file) as image:
        assert image.size == (30, 50)
        assert image.getexif()[0x010F] == "Camera"
    for preview in result[:2]:
        with Image.open(preview) as image:
            assert image.size == (30, 50)


def test_a_click_on_a_preview_is_a_hint_in_pixels_of_the_upright_photograph(results, add):
    assert str(results.hint(str(add()), 12.4, 31.9, "#b03020")) == "12,31,#b03020"
    wide = io.BytesIO()
    Image.fromarray(np.zeros((2, 2560), np.uint8)).save(wide, "PNG")
    path = str(add("wide.png", wide.getvalue()))
    assert str(results.hint(path, 100.5, 0.5, "#b03020")) == "201,1,#b03020"


def test_knobs_are_those_of_the_model(results, colorizer):
    knobs = results.knobs["tiny"]
    assert (knobs.size, knobs.most_colorful, knobs.colorfulness) == (32, 2, 1)
    assert 32 in knobs.sizes


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"model": "other"}, "model=other: must be one of tiny"),
        ({"model": ["tiny"]}, "must be one of tiny"),
        ({"size": 33}, "size=33: must be one of"),
        ({"colorfulness": -0.1}, "colorfulness=-0.1: must be 0 to 2"),
        ({"colorfulness": float("nan")}, "colorfulness=nan: must be 0 to 2"),
        ({"colorfulness": "much"}, "colorfulness=much: must be 0 to 2"),
        ({"hints": None}, "hints=None: must be a text"),
        ({"hints": "1,2,red"}, "hint 1,2,red: .* #RRGGBB"),
        ({"hints": "99,2,#000000"}, "hint 99,2,#000000: lies outside"),
        ({"hints": "1,2,#000000\n" * 101}, "101 hints: must be 100 or fewer"),
        ({"path": "/etc/passwd"}, "no longer on the server"),
    ],
)
def test_what_is_no_setting_is_refused(results, add, change, message):
    settings = {"path": str(add()), "model": "tiny", "size": 32, "colorfulness": 1, "hints": ""}
    with pytest.raises(InputError, match=message):
        results.color(**settings | change)


def large():
    file = io.BytesIO()
    Image.fromarray(np.zeros((101, 100), np.uint8)).save(file, "PNG")
    return file.getvalue()


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("bad.jpg", b"nothing", "bad.jpg: cannot identify image file"),
        ("large.png", large(), "large.png: has more than 0.01 megapixels, the limit"),
        ("raw.cr2", b"II*", "raw.cr2: the raw format of a camera is not supported"),
    ],
)
def test_what_cannot_be_read_is_refused_without_a_path_of_the_server(
    results, add, monkeypatch, tmp_path, name, data, message
):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 5000)  # Pillow refuses above its double.
    path = add(name, data)
    with pytest.raises(InputError, match=re.escape(message)) as caught:
        results.color(str(path), "tiny", 32, 1, "")
    assert str(tmp_path) not in str(caught.value)


def test_results_count_as_stored(results, add, tmp_path):
    path = str(add())
    results.color(path, "tiny", 32, 1, "")
    (tmp_path / "users" / "cat.jpg" / "other").write_bytes(bytes(990_000))
    with pytest.raises(InputError, match="holds as many photographs as it may"):
        results.color(path, "tiny", 32, 1, "")


def test_formats_that_are_not_written_are_refused(results, add, tmp_path):
    file = io.BytesIO()
    Image.fromarray(picture(8, 8)).save(file, "GIF")
    with pytest.raises(InputError, match="GIF files cannot be written") as caught:
        results.color(str(add("a.gif", file.getvalue())), "tiny", 32, 1, "")
    assert str(tmp_path) not in str(caught.value)
    assert photographs.decode(file).format == "GIF"
