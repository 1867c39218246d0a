"""The script that selects the images to train on."""

import numpy as np
import pytest
import select_images
from PIL import Image

from jaxcolor.data.splits import SPLITS, assign, split_of

SHARE = 0.3


@pytest.fixture
def photos(tmp_path):
    """Twenty colorful pictures each in a/x and b, twenty gray ones in a/y, and one in c."""
    for folder, color in {"a/x": (200, 40, 90), "a/y": (80, 80, 80), "b": (0, 90, 200)}.items():
        (tmp_path / "photos" / folder).mkdir(parents=True)
        for i in range(20):
            pixels = np.full((24 + i, 40, 3), color, np.uint8)
            Image.fromarray(pixels).save(tmp_path / "photos" / folder / f"{i}.png")
    (tmp_path / "photos" / "c").mkdir()
    (tmp_path / "photos" / "c" / "broken.png").write_bytes(b"nothing")
    return tmp_path / "photos"


@pytest.fixture
def select(run_main, photos, tmp_path):
    def run(*args):
        output = tmp_path / "split.tsv"
        done = run_main(select_images, "--root", photos, "--output", output, *args)
        lines = output.read_text().splitlines() if output.exists() else []
        return done, {name: split for split, name in (line.split("\t") for line in lines)}

    return run


def inside(chosen, folder):
    return {name for name in chosen if name.startswith(f"{folder}/")}


def test_all_images_of_the_given_folders_are_split_by_their_paths(select, config, photos, tmp_path):
    done, chosen = select("a", "b", "a/x", "--validation_fraction", SHARE)
    assert done.returncode == 0, done.stderr
    assert len(chosen) == 60
    assert chosen == {name: split_of(name, SHARE, 0) for name in chosen}
    config.data.split_file = str(tmp_path / "split.tsv")
    read = {
        path.relative_to(photos).as_posix(): split for split, path in assign(config.data, photos)
    }
    assert read == chosen
    assert set(chosen.values()) < set(SPLITS)


def test_gray_images_are_left_out_of_training_alone(select):
    everything = select("a", "b", "--validation_fraction", SHARE)[1]
    done, chosen = select("a", "b", "--validation_fraction", SHARE, "--min_colorfulness", 15)
    left_out = {name for name in inside(everything, "a/y") if everything[name] == "train"}
    assert left_out
    assert everything == chosen | dict.fromkeys(left_out, "train")
    row = next(line for line in done.stdout.splitlines() if line.startswith("a/y"))
    assert row.split() == ["a/y", "0", str(20 - len(left_out)), "0", str(len(left_out))]


def test_a_share_is_kept_of_a_path(select):
    everything = select("a", "b")[1]
    done, half = select("a", "b", "--keep", "a=0.5")
    assert 10 < len(inside(half, "a")) < 30
    assert inside(half, "b") == inside(everything, "b")
    assert half.items() < everything.items()
    assert "not kept" in done.stdout
    fewer = select("a", "b", "--keep", "a=0.5", "--keep", "a/x=0.2", "--keep", "b=0")[1]
    assert inside(fewer, "a/x") < inside(half, "a/x")
    assert inside(fewer, "a/y") == inside(half, "a/y")
    assert not inside(fewer, "b")


def test_a_source_is_held_out_whole(select):
    _, chosen = select("a", "b", "--validation_fraction", "0", "--validate", "a/x/1*")
    held_out = {name for name, split in chosen.items() if split == "validation"}
    assert held_out == {name for name in inside(chosen, "a/x") if name.startswith("a/x/1")}
    assert len(held_out) == 11


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["d"], "d: no such folder"),
        (["c"], "broken.png"),
        (["a", "--keep", "b=0.5"], "--keep=b=0.5: there is no image"),
        (["a", "--keep", "a=1.5"], "'a=1.5': must be PATH=SHARE"),
        (["a", "--keep", "a"], "'a': must be PATH=SHARE"),
        (["a", "--validate", "x/2?.png"], "--validate=x/2?.png: no image below"),
        (["a", "--validation_fraction", "1"], "--validation_fraction=1.0: must be in"),
    ],
)
def test_errors_name_what_is_wrong(select, args, message):
    done, chosen = select(*args)
    assert done.returncode != 0
    assert message in done.stderr
    assert not chosen
