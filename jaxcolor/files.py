"""Writing whole files and folders, refusing to open what is no file, and the cache's place."""

import contextlib
import errno
import os
import pathlib
import re
import shutil
import stat
from collections.abc import Iterator

# Of the temporary files of `written_whole`, which a killed process leaves behind.
_PARTIAL = re.compile(r"\..+\.\d+\.partial(\.\w+)?")
# Environment variable that names the cache.
CACHE = "JAXCOLOR_CACHE"


def cache() -> pathlib.Path:
    """Returns the folder of what is kept for later runs, by default `~/.cache/jaxcolor`.

    It holds compiled programs and, in folders of their own, weights, features and manifests.

    Raises:
        OSError: the user has no home folder.
    """
    try:
        return pathlib.Path(os.environ.get(CACHE) or "~/.cache/jaxcolor").expanduser()
    except RuntimeError as error:
        raise OSError(f"there is no home folder; set {CACHE} to a folder for the cache") from error


@contextlib.contextmanager
def written_whole(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a temporary file beside `path`, which is renamed to `path` if the block succeeds.

    Args:
        path: its parent folder is created if it does not exist.

    Raises:
        OSError: the file cannot be written; an earlier file at `path` is unchanged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = _partial(path)
    try:
        yield partial
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)


@contextlib.contextmanager
def folder_written_whole(path: pathlib.Path) -> Iterator[pathlib.Path]:
    """Yields a temporary folder beside `path`, which is renamed to `path` if the block succeeds.

    Args:
        path: does not exist, or is an empty folder; its parent is created if it does not exist.

    Raises:
        OSError: the folder cannot be written, or `path` is something else.
    """
    path = path.resolve()
    partial = _partial(path)
    partial.mkdir(parents=True)
    try:
        yield partial
        os.rename(partial, path)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def _partial(path: pathlib.Path) -> pathlib.Path:
    return path.with_name(f".{path.stem}.{os.getpid()}.partial{path.suffix}")


def is_partial(name: str) -> bool:
    """Tells whether a file's name is that of a temporary file of `written_whole`."""
    return _PARTIAL.fullmatch(name) is not None


def require_regular(path: pathlib.Path) -> None:
    """Refuses what is no regular file, before it is opened: a pipe would be waited for, for ever.

    Raises:
        OSError: the path is that of a pipe, a socket or a device, or does not exist.
    """
    mode = path.stat().st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
        raise OSError(errno.EINVAL, "a pipe, a socket or a device, not a file", str(path))
