import jax.numpy as jnp
import numpy as np
import pytest

from jaxcolor import color, ycbcr
from jaxcolor.ycbcr import Encoding

BT709, BT601 = (0.2126, 0.0722), (0.299, 0.114)


def colors(height, width):
    """Colors of all hues that are not near the limits of sRGB, `[H, W, 3]` float32."""
    return np.random.default_rng(0).uniform(0.2, 0.8, (height, width, 3)).astype(np.float32)


def lab(rgb):
    return np.asarray(color.rgb_to_lab(jnp.asarray(rgb, jnp.float32)))


def luma_codes(rgb, encoding):
    """Luma by ITU-T H.273."""
    luma = rgb @ np.array([encoding.red, 1 - encoding.red - encoding.blue, encoding.blue])
    unit = 2 ** (encoding.depth - 8)
    top = 2**encoding.depth - 1
    codes = top * luma if encoding.full_range else unit * (16 + 219 * luma)
    return np.round(codes).astype(np.uint8 if encoding.depth == 8 else np.uint16)


def shown(luma, planes, encoding):
    """What a player shows, by ITU-T H.273."""
    unit, top = 2 ** (encoding.depth - 8), 2**encoding.depth - 1
    luma = luma / top if encoding.full_range else (luma / unit - 16) / 219
    span = top if encoding.full_range else 224 * unit
    cb, cr = (np.asarray(planes).astype(float) - 128 * unit) / span
    red = luma + 2 * (1 - encoding.red) * cr
    blue = luma + 2 * (1 - encoding.blue) * cb
    green = (luma - encoding.red * red - encoding.blue * blue) / (1 - encoding.red - encoding.blue)
    return np.stack([red, green, blue], axis=-1)


@pytest.mark.parametrize("shares", [BT709, BT601])
@pytest.mark.parametrize("full_range", [True, False])
@pytest.mark.parametrize(("depth", "tolerance"), [(8, 2.0), (10, 0.7), (16, 0.5)])
def test_the_film_shows_the_a_and_b(shares, full_range, depth, tolerance):
    encoding = Encoding(*shares, full_range, depth)
    rgb = colors(24, 32)
    luma = luma_codes(rgb, encoding)
    planes = ycbcr.chroma(luma, lab(rgb)[..., 1:] / color.AB_SCALE, encoding, (24, 32))
    assert planes.dtype == luma.dtype
    difference = np.abs(lab(shown(luma, planes, encoding)) - lab(rgb))[..., 1:]
    assert difference.max() < tolerance


@pytest.mark.parametrize("luma", [0, 16, 100, 235, 255])
@pytest.mark.parametrize("full_range", [True, False])
def test_without_a_and_b_there_is_no_chroma(luma, full_range):
    plane = np.full((4, 4), luma, np.uint8)
    planes = ycbcr.chroma(
        plane, np.zeros((2, 2, 2), np.float32), Encoding(*BT601, full_range, 8), (2, 2)
    )
    np.testing.assert_array_equal(planes, 128)


@pytest.mark.parametrize("size", [(3, 4), (5, 4), (3, 7), (5, 7), (2, 2)])
def test_planes_of_lower_resolution_average_the_luma(size):
    """Of 5 × 7 samples; the color of one a and b is the same wherever the luma is."""
    encoding = Encoding(*BT709, False, 8)
    ab = np.full((3, 3, 2), 0.1, np.float32)
    luma = np.full((5, 7), 120, np.uint8)
    planes = np.asarray(ycbcr.chroma(luma, ab, encoding, size))
    assert planes.shape == (2, *size)
    whole = np.asarray(ycbcr.chroma(luma, ab, encoding, (5, 7)))
    np.testing.assert_array_equal(planes, np.broadcast_to(whole[:, :1, :1], planes.shape))


def test_colors_out_of_reach_stay_within_the_codes():
    encoding = Encoding(*BT709, True, 8)
    ab = np.random.default_rng(0).choice([-1.0, 1.0], (16, 16, 2)).astype(np.float32)
    luma = np.linspace(0, 255, 256).astype(np.uint8).reshape(16, 16)
    rgb = shown(luma, ycbcr.chroma(luma, ab, encoding, (16, 16)), encoding)
    assert np.isfinite(rgb).all()


def test_grays_of_both_ranges():
    codes = np.array([[0, 16, 126, 235, 255]], np.uint8)
    limited = ycbcr.to_gray(codes, Encoding(*BT601, False, 8))
    np.testing.assert_array_equal(limited, [[0, 0, 128, 255, 255]])
    np.testing.assert_array_equal(ycbcr.to_gray(codes, Encoding(*BT601, True, 8)), codes)
    deep = ycbcr.to_gray(4 * codes.astype(np.uint16), Encoding(*BT601, False, 10))
    np.testing.assert_array_equal(deep, limited)
