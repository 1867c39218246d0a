"""Files as PyTorch writes them, made without PyTorch."""

import io
import pickle
import struct
import zipfile

import numpy as np

NUMBERS = np.arange(24, dtype=np.float32)


class Global:
    """Pickles as a bare reference to a name."""

    def __init__(self, module, name):
        self.module, self.name = module, name


class Call:
    """Pickles as the call of a name."""

    def __init__(self, function, *args):
        self.function, self.args = function, args


class Stored:
    """Pickles as a persistent reference, as PyTorch's storages do."""

    def __init__(self, *pid):
        self.pid = pid


class TorchPickler(pickle._Pickler):
    """Writes what PyTorch writes, without PyTorch.

    It starts from the pickler that the standard library has in Python, whose name is private: the
    public one, in C, writes no opcodes but its own.
    """

    def save(self, obj, save_persistent_id=True):
        if isinstance(obj, Global):
            self.write(pickle.GLOBAL + f"{obj.module}\n{obj.name}\n".encode())
        elif isinstance(obj, Call):
            self.save(obj.function)
            self.save(obj.args)
            self.write(pickle.REDUCE)
        elif isinstance(obj, Stored):
            self.save(obj.pid)
            self.write(pickle.BINPERSID)
        else:
            super().save(obj, save_persistent_id)


def dump(obj):
    file = io.BytesIO()
    TorchPickler(file, 2).dump(obj)
    return file.getvalue()


def tensor(storage, offset, shape, strides):
    rebuild = Global("torch._utils", "_rebuild_tensor_v2")
    hooks = Call(Global("collections", "OrderedDict"))
    return Call(rebuild, storage, offset, shape, strides, False, hooks)


def storage(*rest, kind="FloatStorage", count=24):
    return Stored("storage", Global("torch", kind), "0", "cpu", count, *rest)


def state_dict(*rest):
    """A matrix, its transpose and a vector, in one storage, one of them a parameter."""
    parameter = Global("torch._utils", "_rebuild_parameter")
    return {
        "a.weight": tensor(storage(*rest), 0, (4, 6), (6, 1)),
        "a.transposed": tensor(storage(*rest), 0, (6, 4), (1, 6)),
        "b": {"bias": Call(parameter, tensor(storage(*rest), 20, (3,), (1,)), True, None)},
        "epoch": 3,
    }


def zip_file(path, obj, numbers=NUMBERS):
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", dump(obj))
        archive.writestr("archive/byteorder", "little")
        archive.writestr("archive/data/0", numbers.tobytes())
    return path


def stream_file(path, obj, numbers=NUMBERS):
    header = [0x1950A86A20F9469CFC6C, 1001, {"little_endian": True}]
    parts = [dump(part) for part in (*header, obj, ["0"])]
    path.write_bytes(b"".join(parts) + struct.pack("<q", 24) + numbers.tobytes())
    return path
