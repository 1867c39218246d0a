"""Remembers which image files are in order, so that a start opens only new and changed ones."""

import contextlib
import hashlib
import json
import os
import pathlib
from collections.abc import Sequence

import PIL

from jaxcolor import files, images

# A file that passed another check, or the check of another Pillow, is checked again.
_CHECKED_BY = f"1, Pillow {PIL.__version__}"


def unreadable(
    folder: pathlib.Path, paths: Sequence[pathlib.Path], num_threads: int
) -> dict[pathlib.Path, str]:
    """Checks the headers of image files, as `images.problem` does.

    A file that was in order, and whose path, size and time of modification are the same, is not
    opened again. `~/.cache/jaxcolor/manifests` holds a JSON file of these for each folder. What is
    damaged behind a header shows when the file is decoded.

    Args:
        folder: whose files they are.
        paths: of the files.
        num_threads: that read.

    Returns:
        The reason for each file that cannot be read.
    """
    manifest = _manifest_of(folder)
    known = _read(manifest)

    def check(path: pathlib.Path) -> tuple[list[int], str]:
        try:
            status = path.stat()
        except OSError as error:
            return [], str(error.strerror)
        identity = [status.st_size, status.st_mtime_ns]
        if known.get(str(path.absolute())) == identity:
            return identity, ""
        return identity, images.problem(path, whole=False)

    checked = dict(zip(paths, images.for_each(check, paths, num_threads), strict=True))
    problems = {path: reason for path, (_, reason) in checked.items() if reason}
    in_order = {str(p.absolute()): checked[p][0] for p in paths if p not in problems}
    if any(known.get(name) != identity for name, identity in in_order.items()):
        gone = [name for name in known if name not in in_order and not os.path.exists(name)]
        kept = {name: known[name] for name in known.keys() - gone}
        _write(manifest, kept | in_order)
    return problems


def _manifest_of(folder: pathlib.Path) -> pathlib.Path:
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()
    return pathlib.Path("~/.cache/jaxcolor/manifests").expanduser() / f"{name}.json"


def _read(manifest: pathlib.Path) -> dict[str, list[int]]:
    """Reads what `_write` wrote; a manifest that is missing or damaged knows nothing."""
    try:
        content = json.loads(manifest.read_bytes())
        return dict(content["files"]) if content["checked_by"] == _CHECKED_BY else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _write(manifest: pathlib.Path, known: dict[str, list[int]]) -> None:
    """Writes a manifest if that is possible: without one the next start only takes longer."""
    with contextlib.suppress(OSError), files.written_whole(manifest) as partial:
        partial.write_text(json.dumps({"checked_by": _CHECKED_BY, "files": known}))
