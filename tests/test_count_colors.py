"""The script that counts colors over bins."""

import json

import count_colors
import numpy as np
import pytest
from PIL import Image

from jaxcolor import color
from jaxcolor.data import spaces


@pytest.fixture
def photos(tmp_path):
    """A gray picture, and one of which a quarter is red."""
    (tmp_path / "photos").mkdir()
    pixels = np.full((64, 64, 3), 128, np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photos" / "gray.png")
    pixels[:32, :32] = (200, 60, 60)
    Image.fromarray(pixels).save(tmp_path / "photos" / "red.png")
    split = tmp_path / "split.tsv"
    split.write_text("train\tgray.png\ntrain\tred.png\n")
    return tmp_path / "photos"


def test_each_image_counts_the_same_and_pixels_are_shared_among_bins(
    photos, run_main, tmp_path, config
):
    output = tmp_path / "bins.json"
    options = ("--split_file", tmp_path / "split.tsv", "--output", output)
    done = run_main(count_colors, photos, *options)
    assert done.returncode == 0, done.stderr
    found = json.loads(output.read_text())
    bins = zip(found["a"], found["b"], strict=True)
    shares = {ab: x for ab, x in zip(bins, found["shares"], strict=True) if x > 1e-3}

    a, b = np.asarray(color.rgb_to_lab(np.array([200, 60, 60], np.uint8)))[1:]
    low_a, low_b = 10 * int(a // 10), 10 * int(b // 10)
    of_a, of_b = a / 10 % 1, b / 10 % 1
    expected = {
        (0, 0): 7 / 8,
        (low_a, low_b): (1 - of_a) * (1 - of_b) / 8,
        (low_a + 10, low_b): of_a * (1 - of_b) / 8,
        (low_a, low_b + 10): (1 - of_a) * of_b / 8,
        (low_a + 10, low_b + 10): of_a * of_b / 8,
    }
    assert shares == pytest.approx(expected, rel=0.01)

    config.data.color_space = "lab_bins"
    config.data.bins.update(found)
    assert spaces.build(config.data).num_outputs == len(found["a"])


def test_a_missing_folder_is_named(run_main, tmp_path):
    done = run_main(count_colors, tmp_path / "none", "--output", tmp_path / "bins.json")
    assert done.returncode == 1
    assert "none" in done.stderr
