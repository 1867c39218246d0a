"""What holds for every input, of color conversion, transforms, pixel scores and the split hash."""

import hypothesis
import jax.numpy as jnp
import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from jaxcolor import color, images
from jaxcolor.data import splits, transforms
from jaxcolor.metrics import pixel

every = hypothesis.settings(derandomize=True, deadline=None, max_examples=50, database=None)


def floats(low: float, high: float):
    return st.floats(low, high, width=32, allow_subnormal=False)


unit_colors = arrays.arrays(np.float32, (16, 3), elements=floats(0, 1))
byte_colors = arrays.arrays(np.uint8, (16, 3))
lab_colors = st.tuples(
    arrays.arrays(np.float32, (16, 1), elements=floats(0, 100)),
    arrays.arrays(np.float32, (16, 2), elements=floats(-110, 110)),
).map(lambda parts: np.concatenate(parts, axis=1))
# Of one shape, since JAX compiles for each.
pictures = arrays.arrays(np.float32, (2, 12, 13, 3), elements=floats(0, 1))
photos = st.tuples(st.integers(1, 40), st.integers(1, 40)).flatmap(
    lambda sides: arrays.arrays(np.uint8, (*sides, 3))
)
sizes = st.integers(1, 24)
random = st.integers(0, 2**32 - 1).map(np.random.default_rng)
paths = st.text(min_size=1)
shares = st.floats(0, 0.5, exclude_max=True)

# Color conversion.


@every
@hypothesis.given(unit_colors)
def test_srgb_to_lab_and_back_is_the_same(rgb):
    lab = color.rgb_to_lab(rgb)
    assert np.isfinite(lab).all()
    assert (lab[..., 0] > -1e-3).all()
    assert (lab[..., 0] < 100 + 1e-3).all()
    assert (np.abs(lab[..., 1:]) < color.AB_SCALE).all()
    np.testing.assert_allclose(color.lab_to_rgb(lab), rgb, atol=2e-4)


@every
@hypothesis.given(byte_colors)
def test_bytes_to_lab_and_back_are_the_same(rgb):
    back = jnp.round(255 * color.lab_to_rgb(color.rgb_to_lab(rgb)))
    np.testing.assert_array_equal(back, rgb)


@every
@hypothesis.given(lab_colors)
def test_every_lab_becomes_a_color_that_can_be_shown(lab):
    rgb = np.asarray(color.lab_to_rgb(lab))
    assert (rgb >= 0).all()
    assert (rgb <= 1).all()


@every
@hypothesis.given(lab_colors)
def test_scaling_of_lab_and_back_is_the_same(lab):
    scaled = color.normalize_lab(lab)
    assert (np.abs(scaled) <= 1).all()
    np.testing.assert_allclose(color.denormalize_lab(scaled), lab, atol=1e-4)


@every
@hypothesis.given(unit_colors)
def test_lightness_is_that_of_lab_and_grows_with_each_channel(rgb):
    lightness = color.lightness(rgb, jnp.asarray([color.LUMINANCE] * 16))
    np.testing.assert_allclose(lightness, color.rgb_to_lab(rgb)[..., :1], atol=1e-3)
    brighter = color.rgb_to_lab(np.minimum(rgb * 1.1 + 0.01, 1))[..., :1]
    assert (brighter >= lightness - 1e-3).all()


@every
@hypothesis.given(arrays.arrays(np.uint8, (1, 4, 4, 3)))
def test_without_color_is_gray_of_the_same_lightness(rgb):
    gray = np.asarray(transforms.without_color(rgb))
    assert (np.ptp(gray.astype(int), axis=-1) <= 1).all()
    np.testing.assert_allclose(
        color.rgb_to_lab(gray)[..., 0], color.rgb_to_lab(rgb)[..., 0], atol=0.5
    )
    np.testing.assert_allclose(transforms.without_color(gray), gray.astype(int), atol=1)


# Resizing and cropping.


@every
@hypothesis.given(photos, sizes, st.sampled_from(["stretch", "crop"]), st.none() | random)
def test_fit_gives_the_size(photo, size, mode, rng):
    fitted = transforms.fit(photo, size, mode, rng)
    assert fitted.shape == (size, size, 3)
    assert fitted.dtype == np.uint8


@every
@hypothesis.given(photos, sizes, st.sampled_from(["stretch", "crop"]))
def test_fit_keeps_one_color_and_the_order_of_channels(photo, size, mode):
    flat = np.broadcast_to(photo[:1, :1], photo.shape)
    np.testing.assert_array_equal(
        transforms.fit(flat, size, mode), np.broadcast_to(photo[:1, :1], (size, size, 3))
    )
    np.testing.assert_array_equal(
        transforms.fit(photo[..., ::-1], size, mode), transforms.fit(photo, size, mode)[..., ::-1]
    )


@every
@hypothesis.given(photos, sizes, sizes)
def test_resizing_a_mirrored_image_mirrors_the_result(photo, height, width):
    resized = images.resize(photo, height, width).astype(int)
    mirrored = images.resize(photo[:, ::-1], height, width)[:, ::-1]
    assert np.abs(resized - mirrored).max() <= 1
    np.testing.assert_array_equal(images.resize(photo, *photo.shape[:2]), photo)


@every
@hypothesis.given(photos, st.floats(0.01, 1), st.floats(0, 1), random)
def test_a_random_crop_is_a_rectangle_of_the_image(photo, min_share, between, rng):
    max_share = min(1, min_share + between * (1 - min_share))
    height, width = photo.shape[:2]
    places = np.arange(height * width).reshape(height, width, 1)
    crop = transforms.random_crop(places, min_share, max_share, rng)[..., 0]
    for side, whole in zip(crop.shape, (height, width), strict=True):
        smallest, largest = (max(1, round(whole * share)) for share in (min_share, max_share))
        assert smallest <= side <= largest
    top, left = divmod(int(crop[0, 0]), width)
    rows, columns = slice(top, top + crop.shape[0]), slice(left, left + crop.shape[1])
    np.testing.assert_array_equal(crop, places[rows, columns, 0])


@every
@hypothesis.given(photos, random)
def test_a_flip_is_the_image_or_its_mirror(photo, rng):
    flipped = transforms.flip(photo, rng)
    assert np.array_equal(flipped, photo) or np.array_equal(flipped, photo[:, ::-1])


# Pixel scores.


@every
@hypothesis.given(pictures, pictures)
def test_errors_are_symmetric_and_in_range(one, other):
    for score in (pixel.psnr, pixel.mae, pixel.mae_255, pixel.epsilon_accuracy, pixel.ssim):
        np.testing.assert_allclose(score(one, other), score(other, one), rtol=1e-4, atol=1e-5)
    mae = np.asarray(pixel.mae(one, other))
    assert (mae >= 0).all()
    assert (mae <= 1).all()
    np.testing.assert_allclose(pixel.mae_255(one, other), 255 * mae, rtol=1e-6)
    assert (np.asarray(pixel.psnr(one, other)) >= -1e-4).all()
    # The mean absolute error is at most the root of the mean squared one.
    assert (mae <= 10 ** (-np.asarray(pixel.psnr(one, other)) / 20) + 1e-5).all()
    assert (np.abs(pixel.ssim(one, other)) <= 1 + 1e-3).all()


@every
@hypothesis.given(pictures)
def test_equal_images_score_best(image):
    assert np.isinf(pixel.psnr(image, image)).all()
    assert (np.asarray(pixel.mae(image, image)) == 0).all()
    assert (np.asarray(pixel.epsilon_accuracy(image, image)) == 1).all()
    np.testing.assert_allclose(pixel.ssim(image, image), 1, atol=1e-5)


@every
@hypothesis.given(pictures, pictures, floats(0, 1), floats(0, 1))
def test_a_larger_tolerance_accepts_no_less(one, other, first, second):
    narrow, wide = (
        np.asarray(pixel.epsilon_accuracy(one, other, epsilon))
        for epsilon in sorted((first, second))
    )
    assert (narrow >= 0).all()
    assert (narrow <= wide).all()
    assert (wide <= 1).all()


@every
@hypothesis.given(pictures)
def test_colorfulness_is_that_of_the_colors_alone(image):
    for absolute in (False, True):
        found = np.asarray(pixel.colorfulness(image, absolute=absolute))
        assert (found >= 0).all()
        mirrored = pixel.colorfulness(image[:, ::-1, ::-1], absolute=absolute)
        np.testing.assert_allclose(mirrored, found, rtol=1e-3, atol=1e-3)
        gray = np.repeat(image[..., :1], 3, axis=-1)
        np.testing.assert_allclose(pixel.colorfulness(gray, absolute=absolute), 0, atol=1e-3)


@every
@hypothesis.given(pictures, pictures, floats(0, 1))
def test_padding_changes_no_score(one, other, filling):
    padding = ((0, 0), (0, 4), (0, 3), (0, 0))
    where = jnp.pad(jnp.ones((2, 12, 13, 1), bool), padding)

    def pad(image):
        return np.pad(image, padding, constant_values=filling)

    for score in (pixel.psnr, pixel.mae, pixel.epsilon_accuracy, pixel.ssim):
        np.testing.assert_allclose(
            score(pad(one), pad(other), where=where), score(one, other), rtol=1e-4, atol=1e-5
        )
    np.testing.assert_allclose(
        pixel.colorfulness(pad(one), where=where), pixel.colorfulness(one), rtol=1e-3, atol=1e-3
    )


# The split hash.


@every
@hypothesis.given(paths, shares, shares)
def test_every_path_is_in_one_split_always_the_same(path, validation, test):
    split = splits.split_of(path, validation, test)
    assert split in splits.SPLITS
    assert split == splits.split_of(path, validation, test)
    assert 0 <= splits.place_of(path) < 1
    assert splits.split_of(path, 0, 0) == "train"


@every
@hypothesis.given(paths, shares, shares, shares)
def test_a_larger_share_loses_no_image(path, first, second, validation):
    small, large = sorted((first, second))
    if splits.split_of(path, validation, small) == "test":
        assert splits.split_of(path, validation, large) == "test"
    if splits.split_of(path, small, validation) == "validation":
        assert splits.split_of(path, large, validation) == "validation"


@every
@hypothesis.given(st.binary(min_size=1, max_size=12))
def test_names_that_are_no_text_have_a_split_as_well(name):
    assert splits.split_of(name.decode(errors="surrogateescape"), 0.2, 0.2) in splits.SPLITS
