"""Which files of a folder are images, and what becomes of the others."""

import contextlib
import contextvars
import os
import pathlib
import stat
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from typing import NamedTuple

from jaxcolor import files
from jaxcolor.config import InputError

# Of the formats that photographs are kept in, what Pillow reads, and the others.
_SUPPORTED = {
    "AVIF": ".avif",
    "BMP": ".bmp .dib",
    "GIF": ".gif",
    "JPEG": ".jfif .jpe .jpeg .jpg",
    "JPEG 2000": ".j2k .jp2 .jpf .jpx",
    "Netpbm": ".pbm .pgm .pnm .ppm",
    "PNG": ".png",
    "TIFF": ".tif .tiff",
    "Targa": ".tga",
    "WebP": ".webp",
}
_UNSUPPORTED = {
    "HEIF": ".heic .heics .heif .hif",
    "JPEG XL": ".jxl",
    "JPEG XR": ".jxr .wdp",
    "OpenEXR": ".exr",
    "Photoshop's format": ".psb .psd",
    "Radiance HDR": ".hdr",
    "the raw format of a camera": (
        ".3fr .arw .cr2 .cr3 .crw .dcr .dng .erf .kdc .mef .mos .mrw .nef .nrw .orf .pef .raf .raw "
        ".rw2 .rwl .sr2 .srf .srw .x3f"
    ),
}
SUFFIXES = frozenset(" ".join(_SUPPORTED.values()).split())
_REASONS = {
    suffix: f"{format} is not supported; convert it to JPEG, PNG or TIFF"
    for format, suffixes in _UNSUPPORTED.items()
    for suffix in suffixes.split()
}
_COMMONEST = 5  # Suffixes of other files that are named.
_held_back: contextvars.ContextVar[list[str] | None] = contextvars.ContextVar(
    "held_back", default=None
)


class Listing(NamedTuple):
    """What a folder holds, with all that is below it.

    Attributes:
        paths: the images, and other files that were asked for, sorted by folder and name. None has
            been opened: what is damaged, a link to nothing, a pipe or a device is refused when it
            is read.
        unreadable: the reason for each folder and link without permission.
        unsupported: the reason for each image of a format that is not read.
        passed_over: a line for each folder met again, each other link that leads nowhere, and each
            kind of other files.
    """

    paths: list[pathlib.Path]
    unreadable: dict[pathlib.Path, str]
    unsupported: dict[pathlib.Path, str]
    passed_over: list[str]

    @property
    def left_out(self) -> list[str]:
        """A line for each unsupported image, and the lines on what was passed over."""
        return [*(f"{path}: {why}" for path, why in self.unsupported.items()), *self.passed_over]


def scan(
    folder: pathlib.Path,
    *,
    without: pathlib.Path | None = None,
    also: Collection[str] = (),
) -> Listing:
    """Lists a folder with all that is below it, without opening a file.

    Links are followed. Each folder is listed once, whatever links lead to it: first those that are
    reached without a link, then those behind links, in the order of their paths.

    Args:
        folder: to list.
        without: another folder, which is not listed if it is met.
        also: suffixes of other files to list, in lower case with a dot.

    Raises:
        InputError: the folder does not exist.
    """
    if not folder.is_dir():
        raise InputError(f"{folder}: no such folder")
    return _Scan(folder, without, SUFFIXES | set(also)).listing()


def find(folder: pathlib.Path) -> list[pathlib.Path]:
    """Lists the images of a folder as `scan` does, and prints what is left out.

    Raises:
        InputError: the folder does not exist, holds no image, or some part of it cannot be read.
    """
    listing = scan(folder)
    if listing.unreadable:
        parts = "\n".join(f"{path}: {reason}" for path, reason in listing.unreadable.items())
        raise InputError(f"{parts}\ngive read permission, or move it away")
    if not listing.paths:
        raise InputError("\n".join([no_image(folder), *listing.left_out]))
    report(listing.left_out)
    return listing.paths


def report(left_out: Sequence[str]) -> None:
    """Prints lines on what is left out, if there are any."""
    held_back = _held_back.get()
    if held_back is not None:
        held_back += left_out
    elif left_out:
        text = "\n".join(["left out:", *(f"  {line}" for line in left_out)])
        # Names of files may hold bytes that no text does.
        print(os.fsencode(text).decode(errors="backslashreplace"), flush=True)


@contextlib.contextmanager
def reported_last() -> Iterator[None]:
    """Prints at its end what is reported within it, whether it fails or not."""
    lines: list[str] = []
    token = _held_back.set(lines)
    try:
        yield
    finally:
        _held_back.reset(token)
        report(lines)


def no_image(folder: pathlib.Path) -> str:
    """Says that a folder holds no image, and what would be one."""
    return f"{folder}: holds no image ({', '.join(_SUPPORTED)})"


def unsupported(path: str | pathlib.Path) -> str:
    """Returns why images of a file's suffix are not read, or ""."""
    return _REASONS.get(os.path.splitext(path)[1].lower(), "")


class _Scan:
    """Lists a folder, then the folders that links in it lead to, and so on."""

    def __init__(
        self, folder: pathlib.Path, without: pathlib.Path | None, suffixes: Collection[str]
    ):
        self._top, self._wanted = folder, suffixes
        self._folders, self._links = [str(folder)], list[str]()
        self._seen: dict[tuple[int, int], str | None] = {}
        self._images: list[str] = []
        self._unreadable: dict[str, str] = {}
        self._unsupported: dict[str, str] = {}
        self._passed_over: list[str] = []
        self._counts: Counter[str] = Counter()
        self._suffixes: Counter[str] = Counter()
        if without and without.exists() and not without.samefile(folder):
            self._seen[_identity(without)] = None
        while self._folders:
            while self._folders:
                self._list(self._folders.pop())
            self._folders, self._links = sorted(self._links, reverse=True), []

    def _list(self, folder: str) -> None:
        try:
            first = self._seen.setdefault(_identity(folder), folder)
            if first is not folder:
                if first is not None:
                    self._passed_over.append(f"{folder}: the same folder as {first}")
                return
            with os.scandir(folder) as entries:
                for entry in entries:
                    self._sort(entry)
        except OSError as error:
            self._unreadable[folder] = str(error.strerror)

    def _sort(self, entry: os.DirEntry[str]) -> None:
        """Sorts an entry in, without asking the system about any but links."""
        name, path = entry.name, entry.path
        suffix = os.path.splitext(name)[1].lower()
        is_folder, broken = False, None
        try:
            is_folder = stat.S_ISDIR(entry.stat().st_mode) if entry.is_symlink() else entry.is_dir()
        except OSError as error:
            broken = error
        if is_folder:
            (self._links if entry.is_symlink() else self._folders).append(path)
        elif name.startswith("._"):
            self._counts["files named ._*, which macOS writes beside images"] += 1
        elif files.is_partial(name):
            self._counts["files named .*.partial.*, left by interrupted writing"] += 1
        elif suffix in self._wanted:
            self._images.append(path)
        elif isinstance(broken, PermissionError):
            self._unreadable[path] = str(broken.strerror)
        elif broken:
            self._passed_over.append(f"{path}: a link that leads nowhere ({broken.strerror})")
        elif reason := unsupported(name):
            self._unsupported[path] = reason
        else:
            self._suffixes[suffix or "none"] += 1

    def listing(self) -> Listing:
        counts = dict(self._counts)
        if suffixes := sorted(self._suffixes, key=lambda s: (-self._suffixes[s], s)):
            named = [f"{suffix} {self._suffixes[suffix]:,}" for suffix in suffixes[:_COMMONEST]]
            more = ["…"] if len(suffixes) > _COMMONEST else []
            counts[f"files of other suffixes ({', '.join(named + more)})"] = self._suffixes.total()
        return Listing(
            paths=[pathlib.Path(p) for p in sorted(self._images, key=lambda p: p.split(os.sep))],
            unreadable=_sorted(self._unreadable),
            unsupported=_sorted(self._unsupported),
            passed_over=[
                *sorted(self._passed_over),
                *(f"{self._top}: {kind}: {count:,}" for kind, count in sorted(counts.items())),
            ],
        )


def _sorted(reasons: dict[str, str]) -> dict[pathlib.Path, str]:
    return {pathlib.Path(path): reason for path, reason in sorted(reasons.items())}


def _identity(folder: str | pathlib.Path) -> tuple[int, int]:
    status = os.stat(folder)
    return status.st_dev, status.st_ino
