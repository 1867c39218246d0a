import numpy as np
import pytest
from conftest import lightness, picture
from PIL import Image

from jaxcolor import images
from jaxcolor.config import InputError
from jaxcolor.file_batch import colorize_files


def test_files_and_folders(colorizer, photos, tmp_path):
    upright = picture(30, 50)
    rotated = Image.fromarray(upright).transpose(Image.Transpose.ROTATE_90)
    exif = Image.Exif()
    exif[0x0112] = 6
    rotated.save(tmp_path / "rotated.jpg", exif=exif, quality=95, subsampling=0)
    Image.fromarray(picture(8, 8)[..., 0]).save(tmp_path / "gray.bmp")
    problems = colorize_files(
        colorizer, [photos, tmp_path / "rotated.jpg", tmp_path / "gray.bmp"], tmp_path / "out"
    )
    assert problems == []
    written = {p.relative_to(tmp_path / "out").as_posix() for p in images.find(tmp_path / "out")}
    tree = {p.relative_to(photos).as_posix() for p in images.find(photos)}
    assert written == tree | {"rotated.jpg", "gray.bmp"}
    out = tmp_path / "out" / "rotated.jpg"
    with Image.open(out) as image:
        assert image.size == (50, 30)
        assert image.getexif().get(0x0112, 1) == 1
    np.testing.assert_allclose(lightness(images.read(out)), lightness(upright), atol=4)
    with Image.open(tmp_path / "out" / "gray.bmp") as image:
        assert image.format == "BMP"


def test_what_cannot_be_read_is_reported_and_the_rest_is_done(colorizer, photos, tmp_path):
    (photos / "bad.jpg").write_bytes(b"nothing")
    (tmp_path / "letter.txt").write_text("dear reader")
    problems = colorize_files(colorizer, [tmp_path / "letter.txt", photos], tmp_path / "out")
    assert len(problems) == 2
    assert "letter.txt" in problems[0]
    assert "bad.jpg" in problems[1]
    assert len(images.find(tmp_path / "out")) == 12


def test_no_input_is_ever_overwritten(colorizer, photos, tmp_path):
    before = {path: path.read_bytes() for path in images.find(photos)}
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos], photos)
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos / "a" / "1.png"], photos / "b" / ".." / "a")
    (tmp_path / "link").symlink_to(photos)
    with pytest.raises(InputError, match="would overwrite"):
        colorize_files(colorizer, [photos], tmp_path / "link")
    assert {path: path.read_bytes() for path in images.find(photos)} == before


def test_earlier_results_are_no_inputs(colorizer, photos):
    output = photos / "colorized"
    for _ in range(2):
        assert colorize_files(colorizer, [photos], output) == []
        assert len(images.find(output)) == 12


def test_inputs_that_would_collide_or_do_not_exist(colorizer, photos, tmp_path):
    (tmp_path / "1.png").write_bytes((photos / "a" / "1.png").read_bytes())
    with pytest.raises(InputError, match=r"both .* would be written there"):
        colorize_files(colorizer, [photos / "a" / "1.png", tmp_path / "1.png"], tmp_path / "out")
    with pytest.raises(InputError, match="no such file or folder"):
        colorize_files(colorizer, [tmp_path / "gone.png"], tmp_path / "out")
    assert not (tmp_path / "out").exists()
