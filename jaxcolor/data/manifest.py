"""A manifest of readable image files, so that a start opens only new and changed ones."""

import contextlib
import hashlib
import json
import os
import pathlib
from collections.abc import Sequence

import PIL

from jaxcolor import files, images

# Files that another version of the check or of Pillow has passed are checked again.
_CHECKED_BY = f"1, Pillow {PIL.__version__}"


def unreadable(
    folder: pathlib.Path, paths: Sequence[pathlib.Path], num_threads: int
) -> dict[pathlib.Path, str]:
    """Checks the headers of image files, as `images.problem` does.

    A file that was readable, and whose path, size and modification time are unchanged, is not
    opened again. `manifests/` of `files.cache()` holds a JSON file of these for each folder. Damage
    after the header is found when the file is decoded.

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
    readable = {str(p.absolute()): checked[p][0] for p in paths if p not in problems}
    if any(known.get(name) != identity for name, identity in readable.items()):
        gone = [name for name in known if name not in readable and not os.path.exists(name)]
        kept = {name: known[name] for name in known.keys() - gone}
        _write(manifest, kept | readable)
    return problems


def _manifest_of(folder: pathlib.Path) -> pathlib.Path:
    name = hashlib.sha256(os.fsencode(folder.absolute())).hexdigest()
    return files.cache() / "manifests" / f"{name}.json"


def _read(manifest: pathlib.Path) -> dict[str, list[int]]:
    """Reads what `_write` wrote; a missing or damaged manifest is empty."""
    try:
        content = json.loads(manifest.read_bytes())
        return dict(content["files"]) if content["checked_by"] == _CHECKED_BY else {}
    except (OSError, ValueError, TypeError, KeyError):
        return {}


def _write(manifest: pathlib.Path, known: dict[str, list[int]]) -> None:
    """Writes a manifest if that is possible: without one the next start only takes longer."""
    with contextlib.suppress(OSError), files.written_whole(manifest) as partial:
        partial.write_text(json.dumps({"checked_by": _CHECKED_BY, "files": known}))
