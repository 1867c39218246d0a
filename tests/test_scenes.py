import numpy as np

from jaxcolor.data import scenes


def test_equal_arguments_draw_equal_pixels():
    first, again, other = (scenes.render(3, index, 48) for index in (5, 5, 6))
    assert first.shape == (48, 48, 3)
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_scenes_are_colorful_and_varied():
    drawn = np.stack([scenes.render(0, index, 32) for index in range(60)]).astype(float)
    saturation = drawn.max(-1) - drawn.min(-1)
    assert (saturation.mean((1, 2)) > 10).all()
    brightness = drawn.mean((1, 2, 3))
    assert brightness.min() < 50  # night
    assert brightness.max() > 130  # day
    sky = drawn[:, 2, 16]
    assert (sky[:, 2] > sky[:, 0] + 30).any()  # blue
    assert (sky[:, 0] > sky[:, 1] + 20).any()  # dusk or wallpaper
