import pathlib

import pytest

from jaxcolor.training.summary import Summary, read_scalars


def report(workdir, first, values):
    summary = Summary(workdir, first - 1, 10_000, enabled=True)
    for step, value in enumerate(values, first):
        summary.scalars(step, {"G_L1": value})
    summary.close()
    (path,) = (workdir / "events").glob(f"*.{first - 1}")
    return path


def test_scalars_are_read_and_the_later_ones_count(tmp_path):
    report(tmp_path, 1, [0.5, 0.25, 0.125])
    report(tmp_path, 3, [2.0, 4.0])
    assert read_scalars(tmp_path) == {"G_L1": [(1, 0.5), (2, 0.25), (3, 2.0), (4, 4.0)]}


@pytest.mark.parametrize("lost", [1, 5, 20])
def test_a_record_that_was_cut_off_ends_its_file(tmp_path, lost):
    path = report(tmp_path, 1, [0.5, 0.25, 0.125])
    path.write_bytes(path.read_bytes()[:-lost])
    assert read_scalars(tmp_path) == {"G_L1": [(1, 0.5), (2, 0.25)]}


class CountedBytes(bytes):
    """Counts the bytes that are copied out of it, and out of what is copied out of it."""

    copied = 0

    def __getitem__(self, place):
        part = super().__getitem__(place)
        CountedBytes.copied += len(part)
        return CountedBytes(part)


def test_reading_copies_each_byte_once_at_most(tmp_path, monkeypatch):
    size = report(tmp_path, 1, [0.5] * 500).stat().st_size
    read_bytes = pathlib.Path.read_bytes
    monkeypatch.setattr(pathlib.Path, "read_bytes", lambda self: CountedBytes(read_bytes(self)))
    monkeypatch.setattr(CountedBytes, "copied", 0)
    assert len(read_scalars(tmp_path)["G_L1"]) == 500
    assert CountedBytes.copied <= size
