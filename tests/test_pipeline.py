import collections

import jax
import numpy as np
import pytest

from jaxcolor import color
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, transforms
from jaxcolor.data.spaces import SPACES

LAB = SPACES["lab"]


class Numbered:
    """A source whose images carry their index."""

    def __init__(self, count, shape=(8, 8, 3)):
        self.count, self.shape = count, shape

    def __len__(self):
        return self.count

    def __getitem__(self, index):
        return np.full(self.shape, index, np.uint8)


class Ramps(Numbered):
    """Images that show where they were cut and whether they were flipped."""

    def __getitem__(self, index):
        columns = np.arange(20, dtype=np.uint8) * 10 + index
        return np.broadcast_to(columns[None, :, None], (8, 20, 3))


@pytest.fixture
def data(config):
    return config.data


def batches(
    source,
    data,
    *,
    seed=0,
    batches_per_step=1,
    process=(0, 1),
    to_device=lambda batch: batch["rgb"],
):
    return iter(
        pipeline.train_batches(
            source,
            data,
            8,
            seed=seed,
            examples_per_step=batches_per_step * data.batch_size,
            process_index=process[0],
            process_count=process[1],
            to_device=to_device,
        )
    )


def fields(data, count):
    iterator = batches(Numbered(40), data, to_device=lambda batch: batch)
    drawn = [next(iterator) for _ in range(count)]
    iterator.close()
    return jax.tree.map(lambda *values: np.concatenate(values), *drawn)


def numbers(batch):
    return batch[:, 0, 0, 0].tolist()


def take(iterator, count):
    taken = [number for _ in range(count) for number in numbers(next(iterator))]
    iterator.close()
    return taken


def test_every_image_comes_once_per_epoch_in_an_order_of_its_own(data):
    seen = take(batches(Numbered(10), data), 5)  # two epochs in batches of 4
    assert sorted(seen[:10]) == sorted(seen[10:]) == list(range(10))
    assert seen[:10] != seen[10:]
    assert seen == take(batches(Numbered(10), data), 5)
    assert seen != take(batches(Numbered(10), data, seed=1), 5)


@pytest.mark.parametrize("kept", [0, 15, 40])
def test_images_that_fit_into_the_cache_are_read_once(data, kept):
    reads = collections.Counter()

    class Counting(Ramps):
        def __getitem__(self, index):
            reads[index] += 1
            return super().__getitem__(index)

    data.resize = "crop"
    data.num_threads = 1  # Two would read an image twice that comes last and then first.
    expected = batches(Ramps(40), data)
    data.cache = (kept + 0.5) * Ramps(40)[0].nbytes / 2**30
    cached = batches(Counting(40), data)
    for _ in range(30):  # three epochs
        np.testing.assert_array_equal(next(cached), next(expected))
    cached.close()
    expected.close()
    assert sum(count == 1 for count in reads.values()) == kept


def test_a_step_of_several_batches_takes_them_at_once(data):
    whole = take(batches(Numbered(24), data, batches_per_step=3), 2)
    assert whole == take(batches(Numbered(24), data), 6)


def test_processes_read_disjoint_blocks_of_each_batch(data):
    whole = take(batches(Numbered(10), data), 5)
    parts = [take(batches(Numbered(10), data, process=(i, 2)), 5) for i in range(2)]
    joined = [parts[p][2 * b + i] for b in range(5) for p in range(2) for i in range(2)]
    assert joined == whole


def test_state_restores_order_and_augmentation(data):
    data.resize = "crop"
    source = Ramps(10)
    first = batches(source, data)
    for _ in range(3):
        next(first)
    state = first.get_state()
    expected = [next(first) for _ in range(4)]
    first.close()
    second = batches(source, data)
    second.set_state(state)
    for batch in expected:
        np.testing.assert_array_equal(next(second), batch)
    second.close()


@pytest.mark.parametrize("process", [(0, 1), (1, 2)])
def test_state_after_an_error_is_that_of_the_last_batch(data, process):
    class Breaks(Ramps):
        broken = False

        def __getitem__(self, index):
            if self.broken and index == 3:
                raise InputError("photos/3.jpg: broken")
            return super().__getitem__(index)

    data.cache = 0.0  # An image that was kept would never be read again, and never be found broken.
    source, given = Breaks(10), []
    first = batches(source, data, process=process)
    given.append(next(first))
    source.broken = True
    with pytest.raises(InputError, match=r"3\.jpg"):
        given.extend(first)
    state = first.get_state()
    first.close()
    second = batches(Ramps(10), data, process=process)
    second.set_state(state)
    given += [next(second) for _ in range(4)]
    second.close()
    whole = batches(Ramps(10), data, process=process)
    for batch in given:
        np.testing.assert_array_equal(batch, next(whole))
    whole.close()


def test_augmentation_flips_half_of_the_images(data):
    class Halves(Numbered):
        def __getitem__(self, index):
            pixels = np.zeros(self.shape, np.uint8)
            pixels[:, :4] = 255
            return pixels

    def bright_on_the_left(augment):
        data.augment = augment
        iterator = batches(Halves(40), data)
        left = [bool(image[0, 0, 0] > 128) for _ in range(50) for image in next(iterator)]
        iterator.close()
        return np.mean(left)

    assert bright_on_the_left(False) == 1
    assert 0.4 < bright_on_the_left(True) < 0.6


def test_batches_of_one(data):
    data.batch_size = 1
    assert sorted(take(batches(Numbered(8), data), 8)) == list(range(8))


def test_to_device_runs_on_every_batch_and_network_range_is_right(config, data):
    source = Numbered(8)
    iterator = iter(
        pipeline.train_batches(
            source,
            data,
            8,
            seed=0,
            examples_per_step=data.batch_size,
            to_device=lambda batch: LAB.to_network(**batch),
        )
    )
    batch = next(iterator)
    iterator.close()
    assert batch["gray"].shape == (4, 8, 8, 1)
    assert batch["target"].shape == (4, 8, 8, 2)
    assert batch["gray"].dtype == batch["target"].dtype == np.float32
    np.testing.assert_allclose(batch["target"], 0, atol=1e-3)
    assert -1 <= batch["gray"].min() <= batch["gray"].max() <= 1


def test_evaluation_yields_every_image_once_in_order(data):
    parts = list(pipeline.eval_batches(Numbered(10), data, 8, 4))
    assert [len(part) for part in parts] == [4, 4, 2]
    assert [n for part in parts for n in numbers(part)] == list(range(10))


def test_too_few_images_for_a_batch(data):
    with pytest.raises(InputError, match=r"batch_size=4.*only 3 images"):
        batches(Numbered(3), data)


def test_decoding_errors_reach_the_reader(data):
    class Broken(Numbered):
        def __getitem__(self, index):
            raise InputError("photos/x.jpg: broken")

    iterator = batches(Broken(8), data)
    with pytest.raises(InputError, match=r"x\.jpg"):
        next(iterator)
    iterator.close()


def test_random_crops_keep_their_shares_and_change_nothing_else():
    pixels = np.arange(40 * 60 * 3, dtype=np.uint16).reshape(40, 60, 3)
    rng = np.random.default_rng(0)
    shapes = []
    for _ in range(200):
        crop = transforms.random_crop(pixels, 0.5, 0.8, rng)
        height, width, _ = crop.shape
        top, left = divmod(int(crop[0, 0, 0]) // 3, 60)
        np.testing.assert_array_equal(crop, pixels[top : top + height, left : left + width])
        shapes.append((height, width))
    assert np.min(shapes, axis=0) == pytest.approx([20, 30], abs=1)
    assert np.max(shapes, axis=0) == pytest.approx([32, 48], abs=1)
    np.testing.assert_array_equal(transforms.random_crop(pixels, 1.0, 1.0, rng), pixels)


def test_gamma_bends_lightness_and_leaves_colors():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    pixels[:, 0, 0] = 0
    plain = LAB.to_network(pixels)
    bent = LAB.to_network(pixels, np.array([1.0, 2.0, 0.5]))
    np.testing.assert_array_equal(bent["target"], plain["target"])
    lightness = (np.asarray(plain["gray"]) + 1) / 2
    expected = lightness ** np.array([1.0, 2.0, 0.5]).reshape(3, 1, 1, 1)
    np.testing.assert_allclose((np.asarray(bent["gray"]) + 1) / 2, expected, atol=1e-6)


def test_gammas_are_drawn_within_their_range(data):
    data.gamma_range = 2.0
    drawn = fields(data, 50)["gamma"]
    assert drawn.dtype == np.float32
    assert (drawn.min(), drawn.max()) == pytest.approx((0.5, 2.0), rel=0.05)
    assert 0.4 < (drawn < 1).mean() < 0.6


def test_other_films_have_any_spectrum(data):
    data.film_share = 0.25
    mix = fields(data, 100)["mix"]
    assert mix.dtype == np.float32
    assert mix.min() >= 0
    np.testing.assert_allclose(mix.sum(-1), 1, atol=1e-6)
    others = mix[(mix != np.float32(color.LUMINANCE)).any(-1)]
    assert 0.2 < len(others) / len(mix) < 0.3
    assert others.mean(0) == pytest.approx(np.full(3, 1 / 3), abs=0.1)
    assert others.min() < 0.1
    assert others.max() > 0.8


def test_grain_is_drawn_up_to_its_limit_and_every_image_has_its_own(data):
    data.grain = 6.0
    deviations, seeds = fields(data, 50)["grain"]
    assert (deviations.dtype, seeds.dtype) == (np.float32, np.uint32)
    assert (deviations.min(), deviations.max()) == pytest.approx((0, 6), abs=0.2)
    assert len(set(seeds.tolist())) == 200


def test_augmentations_that_are_off_change_nothing_of_the_others(data):
    data.gamma_range, data.min_crop = 1.6, 0.3
    without = fields(data, 1)
    assert without.keys() == {"rgb", "gamma"}
    data.film_share, data.grain = 1.0, 6.0
    more = fields(data, 1)
    assert more.keys() == {"rgb", "gamma", "mix", "grain"}
    for name, values in without.items():
        np.testing.assert_array_equal(values, more[name])


def test_stretch_and_crop():
    wide = np.zeros((10, 30, 3), np.uint8)
    wide[:, 10:20] = 200
    stretched = transforms.fit(wide, 10, "stretch")
    assert stretched.shape == (10, 10, 3)
    assert stretched[5, 0, 0] == 0
    assert stretched[5, 5, 0] > 190
    np.testing.assert_array_equal(transforms.fit(wide, 10, "crop"), wide[:, 10:20])
    places = {
        transforms.fit(wide, 10, "crop", np.random.default_rng(seed))[0, :, 0].argmax()
        for seed in range(20)
    }
    assert len(places) > 3
    tall = transforms.fit(np.zeros((31, 7, 3), np.uint8), 16, "crop")
    assert tall.shape == (16, 16, 3)


def test_network_round_trip_keeps_pixels():
    rgb = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    batch = LAB.to_network(rgb)
    np.testing.assert_array_equal(LAB.from_network(batch["gray"], batch["target"]), rgb)


def test_gray_keeps_lightness():
    rgb = np.random.default_rng(0).integers(0, 256, (2, 4, 4, 3), dtype=np.uint8)
    gray = np.asarray(transforms.without_color(rgb))
    assert np.ptp(gray.astype(int), axis=-1).max() <= 1
    before, after = (LAB.to_network(pixels)["gray"] for pixels in (rgb, gray))
    np.testing.assert_allclose(before, after, atol=0.005)
