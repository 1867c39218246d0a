import functools
import io

import numpy as np
import pytest
from PIL import EpsImagePlugin, Image

from jaxcolor import images, listing, photographs
from jaxcolor.config import InputError
from jaxcolor.data import scenes

GRADIENT = np.stack([np.tile(np.arange(0, 240, 4, dtype=np.uint8), (40, 1))] * 3, axis=-1)


def encode(image: Image.Image, format: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def test_color_png_is_read_as_it_is():
    pixels = np.random.default_rng(0).integers(0, 256, (7, 5, 3), dtype=np.uint8)
    np.testing.assert_array_equal(images.decode(encode(Image.fromarray(pixels), "PNG")), pixels)


def test_gray_becomes_three_equal_channels():
    data = encode(Image.fromarray(GRADIENT[..., 0]), "PNG")
    np.testing.assert_array_equal(images.decode(data), GRADIENT)


def test_cmyk_jpeg_keeps_its_colors():
    cmyk = Image.new("CMYK", (32, 32), (0, 255, 255, 0))  # magenta and yellow make red
    pixels = images.decode(encode(cmyk, "JPEG", quality=95))
    np.testing.assert_allclose(pixels.reshape(-1, 3).mean(0), (255, 0, 0), atol=4)


def test_palette_with_a_transparent_color():
    palette = Image.new("P", (4, 4))
    palette.putpalette([10, 20, 30, 200, 100, 50])
    palette.putpixel((1, 0), 1)
    opaque = images.decode(encode(palette, "PNG"))
    np.testing.assert_array_equal(opaque[0, :2], [(10, 20, 30), (200, 100, 50)])
    transparent = images.decode(encode(palette, "PNG", transparency=0))
    np.testing.assert_array_equal(transparent[0, :2], [(255, 255, 255), (200, 100, 50)])


def test_alpha_is_laid_over_white():
    rgba = Image.new("RGBA", (2, 1), (0, 0, 0, 0))
    rgba.putpixel((1, 0), (0, 0, 0, 128))
    np.testing.assert_allclose(images.decode(encode(rgba, "PNG"))[0, :, 0], (255, 127), atol=1)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bit_gray_is_scaled(format):
    deep = Image.fromarray(np.array([[0, 257, 32768, 65535]], np.uint16))
    np.testing.assert_array_equal(images.decode(encode(deep, format))[0, :, 1], (0, 1, 128, 255))


@pytest.mark.parametrize("format", ["TIFF", "PNG", "WEBP"])
def test_several_pictures_in_one_file_are_refused(format, tmp_path):
    first, second = (Image.new("RGB", (20, 20), color) for color in ("red", "blue"))
    data = encode(first, format, save_all=True, append_images=[second])
    with pytest.raises(InputError, match="holds 2 pictures"):
        images.decode(data)
    (tmp_path / "x").write_bytes(data)
    assert "holds 2 pictures" in images.problem(tmp_path / "x", whole=False)


def test_thirty_two_bit_samples_are_refused_by_name(tmp_path):
    data = encode(Image.fromarray(np.ones((2, 2), np.float32)), "TIFF")
    with pytest.raises(InputError, match="32 bits"):
        images.decode(data)
    (tmp_path / "x").write_bytes(data)
    assert "32 bits" in images.problem(tmp_path / "x", whole=False)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(orientation):
    upright = np.zeros((16, 32, 3), np.uint8)
    upright[:8, :16] = 250  # bright at the upper left
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    stored = Image.fromarray(upright)
    if orientation in undo:
        stored = stored.transpose(undo[orientation])
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels = images.decode(encode(stored, "PNG", exif=exif))
    np.testing.assert_array_equal(pixels, upright)


def test_a_large_jpeg_is_decoded_small_and_looks_the_same():
    scene = Image.fromarray(scenes.render(0, 0, 1024)).crop((0, 0, 1000, 700))
    exif = Image.Exif()
    exif[0x0112] = 6  # Stored lying on its side.
    data = encode(scene, "JPEG", quality=90, exif=exif)
    whole, reduced = images.decode(data), images.decode(data, min_side=128)
    assert (whole.shape, reduced.shape) == ((1000, 700, 3), (250, 175, 3))
    assert images.decode(data, min_side=400).shape == whole.shape
    off = images.resize(whole, 64, 64).astype(int) - images.resize(reduced, 64, 64)
    assert np.abs(off).mean() < 0.5
    assert np.abs(off).max() < 24
    png = encode(scene, "PNG")
    np.testing.assert_array_equal(images.decode(png, min_side=128), images.decode(png))


def test_damaged_files_are_refused(tmp_path):
    whole = encode(Image.fromarray(GRADIENT), "JPEG")
    files = {"cut.jpg": whole[:-20], "text.png": b"no image", "empty.jpg": b""}
    for name, data in files.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(InputError, match=name):
            images.read(tmp_path / name)
    (tmp_path / "good.jpg").write_bytes(whole)
    for whole, found in ((True, files.keys()), (False, {"text.png", "empty.jpg"})):
        check = functools.partial(images.problem, whole=whole)
        problems = images.for_each(check, paths := listing.find(tmp_path), num_threads=2)
        assert {
            path.name for path, problem in zip(paths, problems, strict=True) if problem
        } == found


def test_postscript_is_not_run_whatever_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(EpsImagePlugin, "Ghostscript", lambda *_, **__: pytest.fail("it is run"))
    path = tmp_path / "x.jpg"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 8 8\n%%EndComments\nshowpage\n")
    for read in (images.read, photographs.read):
        with pytest.raises(InputError, match=r"x\.jpg: cannot identify image file$"):
            read(path)
    assert "cannot identify" in images.problem(path, whole=True)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"gone\.png: No such file"):
        images.read(tmp_path / "gone.png")


def test_write_leaves_nothing_behind_when_it_fails(tmp_path):
    with pytest.raises(ValueError, match="unknown file extension"):
        images.write(tmp_path / "picture.unknown", GRADIENT)
    assert not list(tmp_path.iterdir())
    images.write(tmp_path / "new" / "picture.png", GRADIENT)
    np.testing.assert_array_equal(images.read(tmp_path / "new" / "picture.png"), GRADIENT)


def test_sheet_tiles_rows_and_columns():
    rows = [np.full((3, 4, 5, 3), value, np.uint8) for value in (10, 20)]
    picture = images.sheet(rows, gap=1)
    assert picture.shape == (2 * 5 + 1, 3 * 6 + 1, 3)
    assert (picture[1:5, 1:6] == 10).all()
    assert (picture[6:10, 13:18] == 20).all()
    assert (picture[5] == 255).all()
