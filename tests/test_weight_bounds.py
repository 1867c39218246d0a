"""Small weight files that would become large, or too deep for the stack."""

import copy
import io
import pickle
import zipfile

import numpy as np
import pytest
from torch_files import NUMBERS, dump, state_dict, storage, stream_file, tensor, zip_file

from jaxcolor.backbones import tensor_files
from jaxcolor.config import InputError

BEGIN, END = pickle.PROTO + b"\x02", pickle.STOP
DEEP = 100_000
LARGE = 2**26 + 1


def zip_of_pickle(path, data):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", data)


def stream_of_pickle(path, data):
    header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    path.write_bytes(b"".join([*map(dump, header), data]))


def shared_lists():
    """One billion paths lead to the innermost list, out of 30 lists."""
    inner = []
    for _ in range(30):
        inner = [inner, inner]
    return dump(inner)


def list_that_holds_itself():
    inner = []
    inner.append(inner)
    return dump(inner)


@pytest.mark.parametrize("write", [zip_of_pickle, stream_of_pickle])
@pytest.mark.parametrize(
    ("data", "message"),
    [
        (BEGIN + DEEP * pickle.EMPTY_LIST + (DEEP - 1) * pickle.APPEND + END, "more than 50 deep"),
        (
            BEGIN
            + pickle.EMPTY_DICT
            + (pickle.EMPTY_TUPLE + DEEP * pickle.TUPLE1 + pickle.NONE)
            + (pickle.SETITEM + END),
            "more than 50 deep",
        ),
        (
            BEGIN + DEEP * pickle.MARK + DEEP * pickle.LIST + END,
            "more than 50 deep",
        ),
        (BEGIN + pickle.NONE + b"r\xff\xff\xff\x7f" + END, "the number 2147483647, of far fewer"),
        (shared_lists(), "hold each other far more"),
        (list_that_holds_itself(), "hold each other far more"),
        (dump({"k" * 600: {"k" * 600: 0}}), "hold each other far more"),
        (BEGIN + pickle.LONG4 + b"\xff\xff\xff\x7f", "damaged"),
        (BEGIN + pickle.BINUNICODE8 + 8 * b"\x7f", "damaged"),
        (BEGIN + pickle.APPEND + END, "damaged"),
    ],
    ids=[
        *(
            "lists",
            "tuples as a key",
            "marks",
            "numbers of values",
            "shared lists",
            "a list in itself",
        ),
        *("names", "a long number", "a long text", "an empty stack"),
    ],
)
def test_pickles_that_grow_are_refused(write, data, message, tmp_path):
    write(tmp_path / "x.pth", data)
    with pytest.raises(InputError, match=rf"x\.pth: .*{message}"):
        tensor_files.read(tmp_path / "x.pth")


@pytest.mark.parametrize("write", [zip_file, stream_file])
def test_a_tensor_that_repeats_few_numbers(write, tmp_path):
    part = (None,) if write is stream_file else ()
    path = tmp_path / "x.pth"
    write(path, {"a": tensor(storage(*part), 0, (3, 24), (0, 1))})
    np.testing.assert_array_equal(tensor_files.read(path)["a"], np.tile(NUMBERS, (3, 1)))
    write(path, {"a": tensor(storage(*part), 0, (10**5, 10**5), (0, 0))})
    with pytest.raises(InputError, match=r"x\.pth: its tensors are many times larger"):
        tensor_files.read(path)
    many = {str(i): tensor(storage(*part), 0, (2**20,), (0,)) for i in range(20)}
    with pytest.raises(InputError, match=r"x\.pth: its tensors are many times larger"):
        tensor_files.read(write(path, many))


def test_a_storage_longer_than_the_file(tmp_path):
    path = stream_file(tmp_path / "x.pth", state_dict(None))
    head = path.read_bytes()[: -NUMBERS.nbytes - 8]
    path.write_bytes(head + (2**60).to_bytes(8, "little") + NUMBERS.tobytes())
    with pytest.raises(InputError, match=r"x\.pth: ends too early"):
        tensor_files.read(path)


def test_compressed_files(tmp_path):
    np.savez_compressed(tmp_path / "small.npz", a=np.zeros(10**6))
    assert not tensor_files.read(tmp_path / "small.npz")["a"].any()
    np.savez_compressed(tmp_path / "x.npz", a=np.zeros(LARGE, np.uint8))
    with pytest.raises(InputError, match=r"x\.npz: its entries are 67,.* many times more"):
        tensor_files.read(tmp_path / "x.npz")
    with zipfile.ZipFile(tmp_path / "x.pth", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data.pkl", dump(state_dict()))
    with pytest.raises(InputError, match=r"x\.pth: is compressed, which PyTorch's files are not"):
        tensor_files.read(tmp_path / "x.pth")


def test_entries_that_share_their_bytes(tmp_path):
    with zipfile.ZipFile(tmp_path / "x.pth", "w") as archive:
        archive.writestr("archive/data.pkl", dump({}))
        archive.writestr("archive/data/0", bytes(2**20))
        for i in range(1, 100):
            again = copy.copy(archive.filelist[-1])
            again.filename = again.orig_filename = f"archive/data/{i}"
            archive.filelist.append(again)
    with pytest.raises(InputError, match=r"x\.pth: its entries are 104,.* many times more"):
        tensor_files.read(tmp_path / "x.pth")


def test_an_array_that_is_larger_than_any_memory(tmp_path):
    header = io.BytesIO()
    described = {"descr": "<f8", "fortran_order": False, "shape": (10**15,)}
    np.lib.format.write_array_header_1_0(header, described)
    with zipfile.ZipFile(tmp_path / "x.npz", "w") as archive:
        archive.writestr("a.npy", header.getvalue())
    with pytest.raises(InputError, match=r"x\.npz: damaged"):
        tensor_files.read(tmp_path / "x.npz")


def test_a_damaged_compressed_stream_is_named(tmp_path):
    np.savez_compressed(tmp_path / "x.npz", a=np.random.default_rng(0).integers(0, 9, 10**4))
    data = bytearray((tmp_path / "x.npz").read_bytes())
    data[200:210] = bytes(10)
    (tmp_path / "x.npz").write_bytes(data)
    with pytest.raises(InputError, match=r"x\.npz: damaged"):
        tensor_files.read(tmp_path / "x.npz")
