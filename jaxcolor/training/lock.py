"""The lock on a workdir: one run trains in it at a time."""

import contextlib
import datetime
import errno
import fcntl
import os
import pathlib
import socket
from collections.abc import Iterator
from typing import TextIO

from jaxcolor.config import InputError

# Of file systems that know no locks.
_UNSUPPORTED = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextlib.contextmanager
def locked(workdir: pathlib.Path) -> Iterator[None]:
    """Keeps other runs out of a workdir.

    The system frees the lock when the process ends, however it ends. The file `WORKDIR/lock` stays
    and names its last holder: host, process and start. On a file system without locks a line says
    that there is none.

    Args:
        workdir: of the run; it exists.

    Raises:
        InputError: another run trains in the workdir, which the message names, or the workdir
            cannot be written to.
    """
    path = workdir / "lock"
    try:
        file = path.open("a+")
    except OSError as error:
        raise InputError(f"{path}: cannot be written: {error.strerror}") from error
    with file:
        _take(file, workdir)
        yield


def _take(file: TextIO, workdir: pathlib.Path) -> None:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        file.seek(0)
        raise InputError(
            f"{workdir}: another training runs in it, {file.read().strip()}; wait for its end, "
            "stop it, or take another --workdir"
        ) from error
    except OSError as error:
        if error.errno not in _UNSUPPORTED:
            raise
        print(
            f"{workdir}: its file system has no locks ({error.strerror}); start no second training "
            "in it",
            flush=True,
        )
    file.truncate(0)
    start = datetime.datetime.now(datetime.UTC).isoformat(" ", "seconds")
    file.write(f"process {os.getpid()} on {socket.gethostname()}, started {start}\n")
    file.flush()
