import io
import os

import numpy as np
import pytest
from array_record.python.array_record_module import ArrayRecordWriter
from PIL import Image

from jaxcolor import listing
from jaxcolor.config import InputError
from jaxcolor.data import sources
from jaxcolor.data.splits import SPLITS, split_of


def names(source):
    return {path.name for path in source.paths}


def test_the_hash_splits_alike_everywhere():
    # `printf a.jpg | sha256sum` begins with 509b0d46…, which is 0.3149 of the way; b.jpg 0.4768.
    assert split_of("a.jpg", 0.0, 0.4) == "test"
    assert split_of("b.jpg", 0.0, 0.4) == "train"
    assert split_of("b.jpg", 0.1, 0.4) == "validation"
    splits = [split_of(f"{i}.jpg", 0.1, 0.2) for i in range(5000)]
    for split, share in (("train", 0.7), ("validation", 0.1), ("test", 0.2)):
        assert splits.count(split) / 5000 == pytest.approx(share, abs=0.02)


def test_folder_splits_are_disjoint_and_whole(config, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.test_fraction = config.data.validation_fraction = 0.3
    splits = sources.open_splits(config.data, SPLITS, 32)
    found = [path for source in splits.values() for path in source.paths]
    assert len(found) == len(set(found)) == 12
    assert splits["train"][0].shape == (40, 48, 3)


def test_a_name_that_is_no_text_has_its_split(config, photos):
    (photos / "a" / "1.png").rename(photos / "a" / os.fsdecode(b"\xff.png"))
    assert len(open_all(config, photos)) == 12


def test_a_number_of_images_chooses_among_those_of_a_split(config, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.test_fraction = config.data.validation_fraction = 0.3
    everything = sources.open_splits(config.data, SPLITS, 32)
    chosen = []
    for count in (1, 3):
        config.data.num_train_images = count
        splits = sources.open_splits(config.data, SPLITS, 32)
        assert splits["test"].paths == everything["test"].paths
        chosen.append(splits["train"].paths)
        assert len(chosen[-1]) == count
    assert set(chosen[0]) < set(chosen[1]) < set(everything["train"].paths)
    config.data.num_train_images, config.data.num_test_images = 0, 12
    with pytest.raises(InputError, match=r"num_test_images=12: .* only \d images; lower it"):
        sources.open_splits(config.data, SPLITS, 32)


def test_a_field_of_folders_is_refused_elsewhere(config):
    config.data.num_train_images = 10
    with pytest.raises(InputError, match=r"num_train_images=10: has no effect with .*'scenes'"):
        sources.open_splits(config.data, SPLITS, 32)


def test_split_file_decides(config, photos, tmp_path):
    listing = tmp_path / "splits.tsv"
    listing.write_text("train\tb/0.png\ntest\ta/1.png\n\nvalidation\tb/2.png\ntrain\ta/3.png\n")
    config.data.source, config.data.path = "folder", str(photos)
    config.data.split_file = str(listing)
    splits = sources.open_splits(config.data, SPLITS, 32)
    assert names(splits["train"]) == {"0.png", "3.png"}
    assert names(splits["validation"]) == {"2.png"}
    assert names(splits["test"]) == {"1.png"}


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("train\tb/99.png", "line 1: .*99.png does not exist"),
        ("practice\tb/0.png", "line 1: 'practice.*must be one of train, validation, test"),
        ("train b/0.png", "line 1: .*a tab"),
        ("train\tb/0.png\ntest\tb/0.png", "lines 1 and 2: both name b/0.png"),
        ("train\tb/0.png\ntest\t./b//0.png", "lines 1 and 2: both name b/0.png"),
        ("train\tb/0.png\ntest\ta/../b/0.png", "lines 1 and 2: both name b/0.png"),
        ("train\t/dev/zero", "line 1: .*/dev/zero' must be .* a path relative to"),
        ("train\tpipe.png", "line 1: .*pipe.png does not exist, or is no regular file"),
    ],
)
def test_split_file_with_a_mistake(config, photos, tmp_path, line, message):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.split_file = str(tmp_path / "splits.tsv")
    (tmp_path / "splits.tsv").write_text(line)
    os.mkfifo(photos / "pipe.png")
    with pytest.raises(InputError, match=message):
        sources.open_splits(config.data, ["train"], 32)


def test_unreadable_files_are_all_listed_or_left_out(config, photos, capsys):
    (photos / "bad1.jpg").write_bytes(b"nothing")
    (photos / "a" / "bad2.png").write_bytes((photos / "a" / "1.png").read_bytes()[:20])
    config.data.source, config.data.path = "folder", str(photos)
    config.data.validation_fraction = config.data.test_fraction = 0.0
    with pytest.raises(InputError, match="2 of 14 image files") as error:
        sources.open_splits(config.data, ["train"], 32)
    assert "bad1.jpg" in str(error.value)
    assert "bad2.png" in str(error.value)
    assert "skip_unreadable" in str(error.value)
    config.data.skip_unreadable = True
    assert len(sources.open_splits(config.data, ["train"], 32)["train"]) == 12
    assert "2 of 14" in capsys.readouterr().out


def test_what_a_training_folder_holds_besides_is_listed(config, photos, capsys):
    for name in ("phone.heic", "._1.png", ".1.4711.partial.png", "notes.txt"):
        (photos / name).write_bytes(b"")
    (photos / "loop").symlink_to(".")
    assert len(open_all(config, photos)) == 12
    said = capsys.readouterr().out
    for part in ("phone.heic: HEIF is", "._*", ".*.partial.*", ".txt 1", "loop: the same folder"):
        assert part in said
    os.mkfifo(photos / "pipe.png")
    with pytest.raises(InputError, match=r"1 of 13 .*\n.*pipe\.png: a pipe, a socket or a device"):
        open_all(config, photos)


def cut(path):
    """Leaves a file's header whole."""
    path.write_bytes(path.read_bytes()[:200])


def open_all(config, photos):
    config.data.source, config.data.path = "folder", str(photos)
    config.data.validation_fraction = config.data.test_fraction = 0.0
    return sources.open_splits(config.data, ["train"], 32)["train"]


def test_a_start_decodes_nothing_and_a_file_that_breaks_stops_the_reader(config, photos):
    cut(photos / "a" / "3.png")
    source = open_all(config, photos)
    assert len(source) == 12
    place = source.paths.index(photos / "a" / "3.png")
    with pytest.raises(InputError, match=r"a/3\.png: .*truncated"):
        source[place]
    (photos / "a" / "1.png").unlink()
    with pytest.raises(InputError, match=r"a/1\.png: No such file"):
        source[source.paths.index(photos / "a" / "1.png")]


def test_a_file_that_breaks_is_replaced_by_the_next_one(config, photos, capsys):
    config.data.skip_unreadable = True
    source = open_all(config, photos)
    first, second, last = source.paths[0], source.paths[1], source.paths[-1]
    expected = source[2]
    cut(first)
    second.unlink()
    for _ in range(2):
        np.testing.assert_array_equal(source[0], expected)
    assert source.unreadable.keys() == {first, second}
    assert capsys.readouterr().out.count(f"{first}: ") == 1
    cut(last)
    # What is read depends on the files alone, not on what was read before.
    np.testing.assert_array_equal(open_all(config, photos)[-1], expected)
    for path in source.paths[2:-1]:
        path.unlink()
    with pytest.raises(InputError, match=r"nor can any other of 12 files be read"):
        source[3]


def test_a_second_start_opens_new_and_changed_files_only(config, photos, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    path = photos / "a" / "1.png"
    status = path.stat()
    open_all(config, photos)
    path.write_bytes(b"x" * status.st_size)
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert len(open_all(config, photos)) == 12
    (photos / "new.png").write_bytes(b"x")
    with pytest.raises(InputError, match="1 of 13 image files cannot be read"):
        open_all(config, photos)
    (photos / "new.png").unlink()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 10**9))
    for _ in range(2):  # What is not in order is looked at every time.
        with pytest.raises(InputError, match=r"1 of 12 image files .*\n.*a/1\.png"):
            open_all(config, photos)


@pytest.mark.parametrize("damage", [b"", b"[]", b'{"checked_by": 1}', b"\xff{"])
def test_a_damaged_manifest_is_made_anew(config, photos, tmp_path, monkeypatch, damage):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    open_all(config, photos)
    (manifest,) = (tmp_path / "home" / ".cache" / "jaxcolor" / "manifests").iterdir()
    whole = manifest.read_bytes()
    manifest.write_bytes(damage)
    assert len(open_all(config, photos)) == 12
    assert manifest.read_bytes() == whole


def test_a_manifest_forgets_files_that_are_gone_and_no_others(
    config, photos, tmp_path, monkeypatch
):
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    config.data.source, config.data.path = "folder", str(photos)
    config.data.validation_fraction, config.data.test_fraction = 0.3, 0.3
    for split in SPLITS:
        sources.open_splits(config.data, [split], 32)
    (manifest,) = (tmp_path / "home" / ".cache" / "jaxcolor" / "manifests").iterdir()
    assert manifest.read_text().count(".png") == 12
    (photos / "a" / "1.png").rename(photos / "a" / "1b.png")
    sources.open_splits(config.data, SPLITS, 32)
    assert manifest.read_text().count(".png") == 12
    assert "1b.png" in manifest.read_text()


def test_without_a_place_for_the_manifest_a_start_works(config, photos, tmp_path, monkeypatch):
    (tmp_path / "home").write_text("a file")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert len(open_all(config, photos)) == 12


def test_scenes_splits_are_disjoint(config):
    splits = sources.open_splits(config.data, SPLITS, 32)
    assert [len(splits[split]) for split in SPLITS] == [30, 6, 4]
    drawn = [splits[split][i].tobytes() for split in splits for i in range(len(splits[split]))]
    assert len(set(drawn)) == 40


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "web"}, "config.data.source='web'"),
        ({"source": "folder", "path": ""}, "config.data.path is empty"),
        ({"source": "folder", "path": "/nonexistent"}, "no such folder"),
        ({"source": "tfds", "path": "no_such_set"}, "no_such_set.*file_format=array_record"),
        ({"source": "array_record", "path": "/nonexistent"}, "pack_array_record"),
        ({"skip_unreadable": True}, "config.data.skip_unreadable=True: .*has no files"),
        ({"num_scenes": 1, "validation_fraction": 0.9, "test_fraction": 0.0}, "the train split"),
    ],
)
def test_mistakes_are_named(config, changes, message):
    config.data.update(changes)
    with pytest.raises(InputError, match=message):
        sources.open_splits(config.data, ["train"], 32)


@pytest.mark.parametrize("packed", [False, True])
def test_large_photos_are_decoded_small_to_train_and_whole_to_score(config, tmp_path, packed):
    photo = io.BytesIO()
    Image.new("RGB", (640, 480), "red").save(photo, "JPEG")
    config.data.source, config.data.path = "array_record" if packed else "folder", str(tmp_path)
    config.data.min_crop = 0.5
    lines = []
    for split in ("train", "test"):
        if packed:
            writer = ArrayRecordWriter(str(tmp_path / f"{split}.array_record"), "group_size:1")
            writer.write(photo.getvalue())
            writer.close()
        (tmp_path / f"{split}.jpg").write_bytes(photo.getvalue())
        lines.append(f"{split}\t{split}.jpg\n")
    (tmp_path / "splits.tsv").write_text("".join(lines))
    config.data.split_file = "" if packed else str(tmp_path / "splits.tsv")
    opened = sources.open_splits(config.data, ["train", "test"], 32)
    # 32 pixels, out of half of the photo, twice as large: 128.
    assert opened["train"][0].shape == (240, 320, 3)
    assert opened["test"][0].shape == (480, 640, 3)


def test_file_source_names_the_file(tmp_path):
    (tmp_path / "x.png").write_bytes(b"nothing")
    with pytest.raises(InputError, match=r"x\.png"):
        sources.FileSource(listing.find(tmp_path))[0]
