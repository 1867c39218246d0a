"""The gallery: photographs beside what a model makes of them."""

import re

import gallery
import numpy as np
import pytest
from conftest import first_variables, picture

from jaxcolor import images, models
from jaxcolor.inference import Colorizer

HOSTILE = "a & <b>.png"


@pytest.fixture
def paths(tmp_path):
    """Two pictures, the second without colors, and what cannot be read."""
    folder = tmp_path / "photos"
    images.write(folder / HOSTILE, picture(40, 60))
    images.write(folder / "old.png", np.repeat(picture(300, 200)[..., :1], 3, axis=-1))
    (folder / "torn.jpg").write_bytes(b"no image")
    return folder


@pytest.fixture
def shown(paths, tmp_path, run_main):
    """Makes a gallery of the pictures."""

    def show(*options):
        done = run_main(gallery, paths, "--output", tmp_path / "out", *options)
        assert done.returncode == 1
        assert re.fullmatch(r"error: .*torn\.jpg: cannot identify image file.*", done.stderr)
        assert done.stdout.startswith("2 photographs: ")
        page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
        return page, images.read(tmp_path / "out" / "gallery.png")

    return show


def test_a_model_of_one_output(shown, colorizer, monkeypatch):
    monkeypatch.setattr(Colorizer, "from_checkpoint", lambda path, **options: colorizer)
    page, sheet = shown("--checkpoint", "run")
    assert re.findall('scope="col">(.*?)<', page) == ["gray", "output", "truth"]
    assert re.findall("<b>(.*?)</b>", page) == ["a &amp; &lt;b&gt;.png", "old.png"]
    sources = re.findall(r'(?:src|href)="(.*?)[,"]', page)
    assert sources == ["data:", *["data:image/jpeg;base64"] * 6]
    assert not re.search(r"https?://|url\(|@import", page)
    assert (
        re.findall('width="(.*?)" height="(.*?)"', page)
        == [("60", "40")] * 3 + [("171", "256")] * 3
    )

    # An image without colors has no PSNR, and an image has none against itself.
    captions = re.findall("<small>(.*?)</small>", page)
    assert ["PSNR" in caption for caption in captions] == [True, True] + [False] * 4
    assert captions[3] == captions[5] == "colorfulness 0.0"
    assert sheet.shape[1] == 2 * (3 * 120 + 8)


def test_a_model_of_bins_is_shown_in_three_settings(shown, config, monkeypatch):
    config.data.color_space = "lab_bins"
    config.data.bins.update(a=(0, 50, 0), b=(0, 0, -50), shares=(0.98, 0.01, 0.01))
    variables = first_variables(models.build_generator(config), config.data.image_size)
    monkeypatch.setattr(
        Colorizer, "from_pretrained", lambda **options: Colorizer(config, variables, **options)
    )
    page, sheet = shown()
    settings = [f"colorfulness {value}" for value in ("0", "0.5", "1")]
    assert re.findall('scope="col">(.*?)<', page) == ["gray", *settings, "truth"]
    measured = [float(value) for value in re.findall(r"colorfulness ([\d.]+)</small>", page)]
    assert measured[0] < measured[1] < measured[2] < measured[3]
    assert sheet.shape[1] == 2 * (5 * 120 + 8)


def test_the_png_shows_the_first_photographs_of_many(tmp_path, colorizer, monkeypatch, run_main):
    monkeypatch.setattr(Colorizer, "from_checkpoint", lambda path, **options: colorizer)
    for i in range(13):
        images.write(tmp_path / "photos" / f"{i}.png", picture(20, 30))
    done = run_main(gallery, tmp_path / "photos", "--checkpoint=run", f"--output={tmp_path}")
    assert done.returncode == 0, done.stderr
    assert "13 photographs: " in done.stdout
    assert "and the first 12 of them: " in done.stdout
    assert images.read(tmp_path / "gallery.png").shape[0] == 16 + 4 * (20 + 16 + 2)
