import jax.numpy as jnp
import numpy as np
import pytest
from conftest import lightness, picture
from PIL import Image

from jaxcolor import color, colorize, images, inference, reference
from jaxcolor.config import InputError
from jaxcolor.data import scenes
from jaxcolor.file_batch import Output, colorize_files
from jaxcolor.hints import Hint, spread


def lab(rgb):
    return np.asarray(color.rgb_to_lab(jnp.asarray(rgb)))


def drawn():
    """A grainy disc beside a square on a background, gray: pixels, and where the disc is."""
    y, x = np.mgrid[:64, :64]
    L = np.full((64, 64), 110.0)
    L[10:50, 2:20] = 40
    disc = np.hypot(y - 32, x - 40) < 16
    L[disc] = 180
    L += np.random.default_rng(0).uniform(-6, 6, L.shape)
    return np.stack([L.astype(np.uint8)] * 3, axis=-1), np.hypot(y - 32, x - 40)


def test_a_hint_recolors_its_object_and_leaves_the_neighbors():
    rgb, distance = drawn()
    ab = np.full((64, 64, 2), 0.1, np.float32)
    hint = Hint(38.5, 30.5, "#4070d0")
    changed = spread(ab, rgb, [hint], 64, 64)
    np.testing.assert_allclose(changed[distance < 12], np.tile(hint.ab(), (437, 1)), atol=0.02)
    difference = color.AB_SCALE * np.linalg.norm(changed - ab, axis=-1)  # CIE 1976, L being equal
    assert difference[distance < 12].min() > 60
    assert difference[distance > 19].max() < 2


@pytest.mark.parametrize("shape", [(64, 64), (500, 301), (20, 45)])
def test_the_pixels_of_hints_get_their_colors(colorizer, shape):
    photo = picture(*shape)
    height, width = shape
    hints = [
        Hint(width // 5, height // 4, "#808890"),
        Hint(width * 0.7, height * 0.5, "#907060"),
        Hint(width - 1, height - 1, "#608070"),
    ]
    out = colorizer(photo, hints)
    for hint in hints:
        at = int(hint.y), int(hint.x)
        np.testing.assert_allclose(
            lab(out[at])[1:], color.AB_SCALE * hint.ab(), atol=1.5, err_msg=str(hint)
        )
    np.testing.assert_allclose(lightness(out), lightness(photo), atol=0.6)


def test_a_hint_of_the_present_color_keeps_another_one_out():
    rgb = np.full((32, 32, 3), 128, np.uint8)
    ab = np.zeros((32, 32, 2), np.float32)
    alone = spread(ab, rgb, [Hint(8, 16, "#c04040")], 32, 32)
    kept = spread(ab, rgb, [Hint(8, 16, "#c04040"), Hint(24, 16, "#808080")], 32, 32)
    assert alone[16, 22, 0] > 0.2
    assert abs(kept[16, 22, 0]) < 0.01
    assert kept[16, 9, 0] > 0.2


def test_hints_side_by_side_do_not_overshoot():
    rgb = picture(32, 32)
    ab = np.zeros((32, 32, 2), np.float32)
    hints = [Hint(500, 500, "#ff0000"), Hint(501, 500, "#0000ff"), Hint(500, 500, "#00ff00")]
    largest = np.abs([hint.ab() for hint in hints]).max()
    assert np.abs(spread(ab, rgb, hints, 1000, 1000)).max() < 1.1 * largest


def test_hints_are_read_from_text():
    assert Hint.parse("12,7.5, #B03020") == Hint(12, 7.5, "#B03020")
    for text in ("", "1,2", "1,2,3,4", "x,2,#000000", "1,2,red", "1,2,#12345", "1,2,#12345g"):
        with pytest.raises(InputError, match=f"hint {text}.*#RRGGBB, as "):
            Hint.parse(text)


def test_hints_that_do_not_fit_are_refused(colorizer):
    photo = picture(20, 30)
    for x, y in ((30, 5), (5, 20), (-1, 5), (float("nan"), 5)):
        with pytest.raises(InputError, match=r"outside of the image, which is 30 × 20 pixels"):
            colorizer(photo, [Hint(x, y, "#808080")])
    with pytest.raises(InputError, match=r"hints: are for one image, not for 2"):
        colorizer([photo, photo], [Hint(1, 1, "#808080")])


def test_a_generator_of_its_own_lightness_takes_neither(colorizer, monkeypatch):
    monkeypatch.setattr(colorizer, "keep_lightness", False)
    for guides in (([Hint(1, 1, "#808080")],), ((), picture(8, 8))):
        with pytest.raises(InputError, match="need keep_lightness=True"):
            colorizer(picture(20, 30), *guides)


def test_the_true_photograph_as_reference_brings_colors_closer_to_it():
    for index in range(4):
        truth = scenes.render(0, index, 64)
        ab = 0.3 * lab(truth)[..., 1:] / color.AB_SCALE + np.float32(0.05)
        changed = reference.transfer(ab, truth, reference.Palette(ab, truth))

        before, after = (
            np.linalg.norm(color.AB_SCALE * colors - lab(truth)[..., 1:], axis=-1).mean()
            for colors in (ab, changed)
        )
        assert after < 0.75 * before


def test_kinds_of_references(colorizer, tmp_path):
    photo, palette = picture(40, 30), scenes.render(0, 1, 32)
    images.write(tmp_path / "palette.png", palette)
    expected = colorizer(photo, reference=palette)
    assert np.abs(expected.astype(int) - colorizer(photo)).mean() > 1
    for same in (
        tmp_path / "palette.png",
        (tmp_path / "palette.png").read_bytes(),
        Image.fromarray(palette),
        colorizer.palette(palette),
    ):
        np.testing.assert_array_equal(colorizer([photo], reference=same)[0], expected)
    for wrong, message in (
        (np.full((8, 8), 7, np.uint8), "reference: has no colors"),
        (np.zeros((8, 8)), "reference: must be"),
        (7, "reference: is of int"),
        (tmp_path / "none.png", "none.png: No such file"),
    ):
        with pytest.raises(InputError, match=message):
            colorizer(photo, reference=wrong)


def test_the_network_sees_the_reference_of_a_folder_once(
    colorizer, photos, run_main, monkeypatch, tmp_path
):
    monkeypatch.setattr(inference, "load", lambda *args, **options: colorizer)
    seen = []
    predict = colorizer._predict_each
    monkeypatch.setattr(
        colorizer, "_predict_each", lambda each: (seen.extend(each), predict(each))[1]
    )
    palette = photos / "b" / "0.png"
    done = run_main(colorize, photos / "a", "--reference", palette, "--output", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    assert len(seen) == 1 + 6


def test_the_command(colorizer, photos, run_main, monkeypatch, tmp_path):
    monkeypatch.setattr(inference, "load", lambda *args, **options: colorizer)
    photo, palette = photos / "a" / "1.png", photos / "b" / "0.png"
    hints = [Hint(5, 5, "#808890"), Hint(30, 30, "#907060")]
    options = [f"--hint={hint}" for hint in hints]
    done = run_main(
        colorize, photo, *options, "--reference", palette, "--output", tmp_path / "out.png"
    )
    assert done.returncode == 0, done.stderr
    np.testing.assert_array_equal(
        images.read(tmp_path / "out.png"), colorizer(images.read(photo), hints, palette)
    )
    gray = tmp_path / "gray.png"
    images.write(gray, np.full((8, 8, 3), 90, np.uint8))
    for arguments, message in (
        ((photo, "--hint=5,#808080"), "hint 5,#808080: must be X,Y,#RRGGBB"),
        ((photo, "--hint=500,5,#808080"), "hint 500,5,#808080: lies outside"),
        ((photos, "--hint=5,5,#808080"), "hint 5,5,#808080: is for one photograph, not for 12"),
        ((photo, "--reference=none.png"), "none.png: No such file"),
        ((photos, "--reference", gray), "reference: has no colors"),
    ):
        refused = run_main(colorize, *arguments, "--output", tmp_path / "other")
        assert refused.returncode == 1
        assert f"error: {message}" in refused.stderr.replace(f"{photo.parent}/", "")


def test_a_hint_for_a_file_that_is_not_read_leaves_its_reason(colorizer, tmp_path):
    (tmp_path / "phone.heic").touch()
    hints = [Hint(1, 1, "#808080")]
    outcome = colorize_files(colorizer, [tmp_path / "phone.heic"], Output(), hints)
    (problem,) = outcome.problems
    assert "HEIF is not supported" in problem


def test_films_take_neither(colorizer, tmp_path):
    film = tmp_path / "film.mp4"
    film.touch()
    for guides in (([Hint(1, 1, "#808080")],), ((), picture(8, 8))):
        with pytest.raises(InputError, match=r"film\.mp4 is a film"):
            colorize_files(colorizer, [film], Output(), *guides)
