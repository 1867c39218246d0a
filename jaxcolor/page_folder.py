"""The files of the page's users: what they sent, and what was made of it."""

import contextlib
import os
import pathlib
import re
import secrets
import shutil
import sys
import threading
import time
from collections.abc import Iterator

from jaxcolor.config import InputError

# Name of a folder that is kept as long as the page runs.
KEPT = "examples"
_LONGEST_NAME = 120  # Bytes; a file system takes 255, and results are named after it.
_MAX_RESULTS = 4  # Of a photograph: other settings replace the oldest one.


class UserFiles:
    """A folder of files under paths that nobody can guess, which are deleted when unused.

    Each photograph lies in a folder of its own, `PATH/TOKEN/NAME`, so that two users who send the
    same one share nothing; each of its results in a folder below that.

    Attributes:
        path: of the folder, absolute and without links.
    """

    def __init__(self, path: pathlib.Path, *, max_bytes: int, keep_seconds: float):
        """Wraps an existing folder.

        Args:
            path: of the folder; all that lies in it may be deleted.
            max_bytes: that all files together may have.
            keep_seconds: for which a file is kept after it was used last.
        """
        self.path = path.resolve()
        self._max_bytes = max_bytes
        self._keep_seconds = keep_seconds
        self._reserved = 0
        self._lock = threading.Lock()

    def new(self, name: str) -> pathlib.Path:
        """Returns the path for a new photograph, in a new folder.

        Args:
            name: that a user gave it; what no file name should hold is replaced.
        """
        folder = self.path / secrets.token_hex(16)
        folder.mkdir()
        return folder / safe_name(name)

    def new_result(self, source: pathlib.Path, name: str) -> pathlib.Path:
        """Returns the path for what is made of a file, which is deleted with it.

        Of each file, the last results are kept, so that many settings do not fill the folder.

        Args:
            source: the file.
            name: of the result.
        """
        made = sorted(filter(pathlib.Path.is_dir, source.parent.iterdir()), key=os.path.getmtime)
        for folder in made[: 1 - _MAX_RESULTS]:
            shutil.rmtree(folder)
        folder = source.parent / secrets.token_hex(16)
        folder.mkdir()
        return folder / safe_name(name)

    def holds(self, text: str) -> bool:
        """Tells whether a path leads into the folder, whether or not there is such a file."""
        try:
            return pathlib.Path(os.path.realpath(text)).is_relative_to(self.path)
        except ValueError:  # A path with a null byte.
            return False

    def find(self, text: str) -> pathlib.Path:
        """Returns the path of a file, which counts as used now.

        Raises:
            InputError: there is no such file in the folder.
        """
        path = pathlib.Path(os.path.realpath(text)) if self.holds(text) else self.path
        with contextlib.suppress(FileNotFoundError):  # Deleted in between.
            if path.is_file():
                os.utime(path.parent)
                return path
        raise InputError("the photograph is no longer on the server; drop it again")

    @contextlib.contextmanager
    def reserved(self, num_bytes: int) -> Iterator[None]:
        """Keeps space for new files while they are written, by any thread.

        Args:
            num_bytes: that they will have together.

        Raises:
            InputError: there is too little.
        """
        with self._lock:
            held = self._reserved + _size(self.path)
            if held + num_bytes > self._max_bytes:
                raise InputError("the server holds as many photographs as it may; try again later")
            self._reserved += num_bytes
        try:
            yield
        finally:
            with self._lock:
                self._reserved -= num_bytes

    def sweep(self) -> None:
        """Deletes what was not used for `keep_seconds`; prints what cannot be deleted."""
        oldest = time.time() - self._keep_seconds
        for entry in self.path.iterdir():
            try:
                if entry.name == KEPT or entry.stat().st_mtime > oldest:
                    continue
                if entry.is_dir():
                    shutil.rmtree(entry)
                else:
                    entry.unlink()
            except OSError as error:  # The others are deleted all the same, and this one later.
                print(f"{entry}: cannot be deleted: {error.strerror}", file=sys.stderr)


def _size(folder: pathlib.Path) -> int:
    """Returns the bytes of all files below a folder, of which some may be deleted meanwhile."""
    num_bytes = 0
    for parent, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(FileNotFoundError):
                num_bytes += os.path.getsize(os.path.join(parent, name))
    return num_bytes


def safe_name(name: str) -> str:
    """Returns a file name with only letters, digits, spaces and -._() of one without a folder."""
    last = re.split(r"[/\\]", name)[-1]
    kept = re.sub(r"[^\w .()-]", "_", last).lstrip(". ").rstrip(". ")
    short = kept.encode()[-_LONGEST_NAME:].decode(errors="ignore")
    return short.lstrip(". ") or "photograph"
