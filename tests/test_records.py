"""Packed data sets: what is in them, and what is said of damaged ones."""

import io
import json
import shutil
import subprocess
import sys

import numpy as np
import pack_array_record
import pytest
import tensorflow_datasets as tfds
from array_record.python.array_record_module import ArrayRecordWriter
from full_disk import files_limited_to
from PIL import Image

from jaxcolor.config import InputError
from jaxcolor.data import sources
from jaxcolor.data.splits import SPLITS

SHARES = ("--validation_fraction=0.3", "--test_fraction=0.3")


def cut(path):
    """Leaves a file's header whole."""
    path.write_bytes(path.read_bytes()[:200])


class Tiny(tfds.core.GeneratorBasedBuilder):
    """A TFDS data set of flat pictures that can be made without TensorFlow."""

    VERSION = tfds.core.Version("1.0.0")

    def _info(self):
        features = tfds.features.FeaturesDict({"image": tfds.features.Image()})
        return tfds.core.DatasetInfo(builder=self, features=features)

    def _split_generators(self, dl_manager):
        return {"train": self._generate_examples(10), "validation": self._generate_examples(3)}

    def _generate_examples(self, count):
        for i in range(count):
            file = io.BytesIO()
            Image.new("RGB", (8 + i, 6), (i, i, i)).save(file, "PNG")
            file.seek(0)
            yield i, {"image": file}


def test_tfds(config, tmp_path):
    Tiny(data_dir=tmp_path, file_format="array_record").download_and_prepare()
    config.data.source = "tfds"
    config.data.path = str(tmp_path / "tiny" / "1.0.0")
    config.data.train_split = "train[:70%]"
    config.data.test_split = "train[70%:]"
    splits = sources.open_splits(config.data, SPLITS, 32)
    assert [len(splits[split]) for split in SPLITS] == [7, 3, 3]
    pictures = [splits[s][i] for s in ("train", "test") for i in range(len(splits[s]))]
    assert {(picture.shape[1] - 8, int(picture.max())) for picture in pictures} == {
        (i, i) for i in range(10)
    }
    assert "tensorflow" not in sys.modules
    config.data.train_split = "practice"
    with pytest.raises(InputError, match="practice"):
        sources.open_splits(config.data, ["train"], 32)


@pytest.fixture
def pack(run_main):
    """Runs the script in this process."""
    return lambda *args: run_main(pack_array_record, *args)


def test_packed_folder_equals_the_folder(config, photos, tmp_path, pack):
    (photos / "bad.jpg").write_bytes(b"nothing")
    refused = pack(photos, tmp_path / "packed", *SHARES)
    assert refused.returncode == 1
    assert "bad.jpg" in refused.stderr
    assert not (tmp_path / "packed").exists()
    (photos / "bad.jpg").unlink()
    shutil.copy(photos / "b" / "0.png", photos / "cut.png")
    cut(photos / "cut.png")
    refused = pack(photos, tmp_path / "packed", *SHARES)
    assert refused.returncode == 1
    assert "cut.png" in refused.stderr
    assert not (tmp_path / "packed").exists()
    done = pack(photos, tmp_path / "packed", *SHARES, "--skip_unreadable")
    assert done.returncode == 0, done.stderr

    config.data.validation_fraction = config.data.test_fraction = 0.3
    config.data.skip_unreadable = True
    config.data.source, config.data.path = "folder", str(photos)
    (photos / "cut.png").unlink()
    folder = sources.open_splits(config.data, SPLITS, 32)
    config.data.skip_unreadable = False
    config.data.source, config.data.path = "array_record", str(tmp_path / "packed")
    packed = sources.open_splits(config.data, SPLITS, 32)
    for split in SPLITS:
        assert len(packed[split]) == len(folder[split]) > 0
        for i in range(len(folder[split])):
            np.testing.assert_array_equal(packed[split][i], folder[split][i])


def test_a_damaged_record_is_named(config, tmp_path):
    writer = ArrayRecordWriter(str(tmp_path / "train.array_record"), "group_size:1")
    writer.write(b"nothing")
    writer.close()
    config.data.source, config.data.path = "array_record", str(tmp_path)
    source = sources.open_splits(config.data, ["train"], 32)["train"]
    with pytest.raises(
        InputError,
        match=r"train\.array_record, record 0: .*; pack it again with scripts/pack_array",
    ):
        source[0]


def test_packing_that_fails_leaves_nothing(photos, tmp_path, pack):
    with files_limited_to(2**15):
        failed = pack(photos, tmp_path / "packed", *SHARES)
    assert failed.returncode == 1
    assert "train.array_record: cannot be written: write() failed: File too large" in failed.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


KILLED = """
import os, runpy, sys
from array_record.python import array_record_module as module

class Writer(module.ArrayRecordWriter):
    closed = 0
    def close(self):
        super().close()
        Writer.closed += 1
        if Writer.closed == 2:
            os.kill(os.getpid(), 9)

module.ArrayRecordWriter = Writer
sys.argv = sys.argv[1:]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_packing_that_is_killed_leaves_nothing_that_looks_complete(photos, tmp_path, pack):
    command = [sys.executable, "-c", KILLED, pack_array_record.__file__, photos]
    killed = subprocess.run([*command, tmp_path / "packed", *SHARES], capture_output=True)
    assert killed.returncode == -9, killed.stderr
    assert not (tmp_path / "packed").exists()
    done = pack(photos, tmp_path / "packed", *SHARES)
    assert done.returncode == 0, done.stderr
    names = [path.name for path in (tmp_path / "packed").iterdir()]
    assert sorted(names) == sorted(f"{split}.array_record" for split in SPLITS)


def test_what_is_packed_is_not_overwritten(photos, tmp_path, pack):
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "mine").write_text("dear reader")
    (tmp_path / "file").write_text("dear reader")
    for output in ("packed", "file"):
        refused = pack(photos, tmp_path / output)
        assert refused.returncode == 1
        assert f"{output}: exists already; remove it, or give another folder" in refused.stderr
    assert [path.name for path in (tmp_path / "packed").iterdir()] == ["mine"]


@pytest.fixture
def packed(config, tmp_path):
    """A whole file of 20 pictures, for the training split of the configuration."""
    path = tmp_path / "train.array_record"
    writer = ArrayRecordWriter(str(path), "group_size:1")
    rng = np.random.default_rng(0)
    for _ in range(20):
        file = io.BytesIO()
        Image.fromarray(rng.integers(0, 256, (40, 48, 3), dtype=np.uint8)).save(file, "PNG")
        writer.write(file.getvalue())
    writer.close()
    config.data.source, config.data.path = "array_record", str(tmp_path)
    return path


def flip(data, start, count=1):
    return data[:start] + bytes(byte ^ 0xFF for byte in data[start:][:count]) + data[start:][count:]


def read_all(data):
    source = sources.open_splits(data, ["train"], 32)["train"]
    return [source[index] for index in range(len(source))]


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda whole: whole[: len(whole) // 2], "cannot be opened: .*; pack it again"),
        (lambda whole: flip(whole, 70), "record 0: .*; pack it again"),
        (lambda whole: flip(whole, len(whole) // 3), r"record \d+: .*; pack it again"),
        (lambda _: b"", "cannot be opened: .*; pack it again"),
        (lambda whole: b"not an array record." * (len(whole) // 20), "cannot be opened: .*; pack"),
        (lambda whole: flip(whole, len(whole) - 2**16, 64), "cannot be opened: .*; pack it again"),
        (None, "cannot be opened: .*directory.*; pack it again"),
    ],
    ids=["truncated", "header", "data", "empty", "magic", "index", "a directory"],
)
def test_a_damaged_array_record_is_named(config, packed, damage, message):
    whole = packed.read_bytes()
    packed.unlink()
    if damage:
        packed.write_bytes(damage(whole))
    else:
        packed.mkdir()
    with pytest.raises(InputError, match=rf"train\.array_record.*{message}"):
        read_all(config.data)


def test_every_flipped_bit_is_refused_or_harmless(config, packed):
    whole, right = packed.read_bytes(), np.stack(read_all(config.data))
    rng, refused = np.random.default_rng(1), 0
    for place in rng.integers(len(whole), size=40):
        packed.write_bytes(flip(whole, int(place)))
        try:
            np.testing.assert_array_equal(np.stack(read_all(config.data)), right)
        except InputError:
            refused += 1
    assert 10 < refused < 40


def test_all_damaged_files_of_a_split_are_named_and_records_counted_in_each(config, packed):
    (packed.parent / "train-2.array_record").write_bytes(flip(packed.read_bytes(), 70))
    source = sources.open_splits(config.data, ["train"], 32)["train"]
    assert len(source) == 40
    np.testing.assert_array_equal(source[1], source[21])
    with pytest.raises(InputError, match=r"train-2\.array_record, record 0: "):
        source[0]
    for name in ("train-3.array_record", "train-4.array_record"):
        (packed.parent / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"train-3\.array_record: .*\n.*train-4\.array_record: "):
        sources.open_splits(config.data, ["train"], 32)


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    """A whole TFDS data set."""
    folder = tmp_path_factory.mktemp("tfds")
    Tiny(data_dir=folder, file_format="array_record").download_and_prepare()
    return folder / "tiny" / "1.0.0"


def shard_lengths(text, lengths):
    description = json.loads(text)
    description["splits"][0]["shardLengths"] = lengths
    return json.dumps(description)


@pytest.mark.parametrize(
    ("name", "damage"),
    [
        ("dataset_info.json", lambda text: ""),
        ("dataset_info.json", lambda text: text[:100]),
        ("dataset_info.json", lambda text: "[]"),
        ("dataset_info.json", lambda text: "\0"),
        ("dataset_info.json", lambda text: text.replace("1.0.0", "first")),
        ("dataset_info.json", lambda text: text.replace('"array_record"', '"parchment"')),
        ("dataset_info.json", lambda text: text.replace('"splits"', '"cracks"')),
        ("dataset_info.json", lambda text: shard_lengths(text, ["ten"])),
        ("dataset_info.json", lambda text: shard_lengths(text, ["99"])),
        ("dataset_info.json", None),
        ("features.json", lambda text: text[:100]),
        ("features.json", lambda text: "[]"),
        ("features.json", lambda text: text.replace("image_feature.Image", "image_feature.Film")),
        ("features.json", lambda text: text.replace('"image"', '"film"', 1)),
        ("features.json", None),
        ("tiny-train.array_record-00000-of-00001", lambda text: text[:1000]),
        ("tiny-train.array_record-00000-of-00001", None),
    ],
)
def test_a_damaged_tfds_data_set_is_named(config, tiny, tmp_path, name, damage):
    shutil.copytree(tiny, tmp_path / "tiny")
    path = tmp_path / "tiny" / name
    text = path.read_text("latin-1")
    path.unlink()
    if damage:
        assert damage(text) != text
        path.write_text(damage(text), "latin-1")
    config.data.source, config.data.path = "tfds", str(tmp_path / "tiny")
    config.data.train_split = "train"
    with pytest.raises(InputError, match=r"tiny'.*; prepare it as ArrayRecord once, and again if"):
        read_all(config.data)
