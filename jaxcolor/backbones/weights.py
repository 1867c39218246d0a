"""Where the weights of the frozen networks come from, and how they are checked.

    jaxcolor weights list
    jaxcolor weights fetch inception_v3_fid vgg16
    jaxcolor weights verify

Files are looked for in the folder that the environment variable JAXCOLOR_WEIGHTS names, then in
`weights/` in the cache, `~/.cache/jaxcolor` or the folder that JAXCOLOR_CACHE names, where `fetch`
saves them. The SHA-256 of a file is checked before anything in it is parsed.
"""

import argparse
import hashlib
import os
import pathlib
import sys
from typing import NamedTuple

import numpy as np

from jaxcolor import files
from jaxcolor.backbones import download, tensor_files
from jaxcolor.backbones.registry import WEIGHTS, File, Weights
from jaxcolor.config import InputError


class WeightsError(InputError):
    """Weights that are missing, damaged or incomplete.

    Attributes:
        hint: why and what helps, in one line, where the message has hashes and addresses as well.
    """

    def __init__(self, message: str, hint: str):
        """Keeps both."""
        super().__init__(message)
        self.hint = hint


class Loaded(NamedTuple):
    """Tensors of a weight file.

    Attributes:
        tensors: names to arrays.
        sha256: of the file, in hex.
        path: of the file.
    """

    tensors: dict[str, np.ndarray]
    sha256: str
    path: pathlib.Path


def folders() -> list[pathlib.Path]:
    """Lists the folders that are searched, in order; downloads are saved to the last."""
    given = os.environ.get("JAXCOLOR_WEIGHTS")
    return [*([pathlib.Path(given)] if given else []), files.cache() / "weights"]


def places() -> str:
    """Names the folders that are searched, and how to choose another one."""
    searched = " or ".join(map(str, folders()))
    other = "" if len(folders()) > 1 else "; JAXCOLOR_WEIGHTS can name another folder"
    return f"{searched}{other}"


def fetch_command(*names: str) -> str:
    """Returns what fetches weights, as typed on a command line."""
    return f"jaxcolor weights fetch {' '.join(names)}"


def find(name: str) -> tuple[File, pathlib.Path] | None:
    """Looks for a file of the network's weights; the official one comes first."""
    for file in _weights(name).files:
        for folder in folders():
            if (folder / file.name).is_file():
                return file, folder / file.name
    return None


def require(*names: str) -> list[tuple[File, pathlib.Path]]:
    """Looks for a file of the weights of each network, as `find` does.

    Raises:
        WeightsError: some have none; the message says where to get them.
        InputError: there is no such name.
    """
    found = {name: find(name) for name in names}
    if missing := [name for name, file in found.items() if file is None]:
        raise WeightsError(
            ". ".join(
                f"the weights {name!r} are not on this machine. {_how_to_get(name)}"
                for name in missing
            ),
            f"no weights; run {fetch_command(*missing)}",
        )
    return [file for file in found.values() if file]


def load(name: str) -> Loaded:
    """Reads the weights of a network.

    Args:
        name: one of `WEIGHTS`.

    Raises:
        WeightsError: there is no file, or one with another hash; the message says where to get
            one, its hash, and where to save it.
        InputError: there is no such name.
    """
    [(file, path)] = require(name)
    check(path, file.sha256)
    return Loaded(tensor_files.read(path), file.sha256, path)


def check(path: pathlib.Path, sha256: str) -> None:
    """Compares a file's hash.

    Raises:
        WeightsError: it differs.
    """
    with path.open("rb") as stream:
        actual = hashlib.file_digest(stream, "sha256").hexdigest()
    if actual != sha256:
        raise WeightsError(
            f"{path}: its SHA-256 is {actual}, not {sha256}; remove the file and fetch it again",
            f"{path} is damaged; remove it",
        )


def fetch(name: str) -> pathlib.Path:
    """Downloads the official file, unless it is there, and checks it; resumes a partial download.

    Args:
        name: one of `WEIGHTS`.

    Returns:
        The file's path.

    Raises:
        InputError: the download failed, or has another hash.
    """
    found = find(name)
    file = _weights(name).files[0]
    if found and found[0] == file:
        check(found[1], file.sha256)
        return found[1]
    if not file.url:
        raise InputError(f"{name}: there is no public address of this file. {_how_to_get(name)}")
    path = folders()[-1] / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{path.name}.partial")
    try:
        download.download(file.url, partial)
    except OSError as error:
        raise InputError(f"{file.url}: cannot be fetched: {error}. {_how_to_get(name)}") from error
    try:
        check(partial, file.sha256)
    except InputError:
        partial.unlink()
        raise
    os.replace(partial, path)
    return path


def _weights(name: str) -> Weights:
    if name not in WEIGHTS:
        raise InputError(f"no weights are called {name!r}; there are {', '.join(WEIGHTS)}")
    return WEIGHTS[name]


def _how_to_get(name: str) -> str:
    lines = [
        f"{file.name} (SHA-256 {file.sha256}{', from ' + file.url if file.url else ''})"
        for file in _weights(name).files
    ]
    return f"Put {', or '.join(lines)} into {places()}"


def main() -> None:
    """Lists, fetches or verifies weights."""
    parser = argparse.ArgumentParser(
        prog="jaxcolor weights",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("list", help="names, licenses, files and their paths")
    commands.add_parser("verify", help="check the hash of every file found")
    fetching = commands.add_parser("fetch", help="download")
    fetching.add_argument("names", nargs="+", choices=WEIGHTS)
    args = parser.parse_args()
    try:
        if args.command == "fetch":
            for name in args.names:
                print(fetch(name))
        elif args.command == "list":
            _list()
        else:
            _verify()
    except InputError as error:
        sys.exit(f"error: {error}")


def _list() -> None:
    for name, weights in WEIGHTS.items():
        found = find(name)
        print(f"{name}  ({weights.license}): {found[1] if found else 'not found'}")
        for file in weights.files:
            print(f"    {file.sha256[:8]}…  {file.name}  {file.url}".rstrip())


def _verify() -> None:
    problems = []
    for name in WEIGHTS:
        found = find(name)
        if not found:
            print(f"{name}: not found")
            continue
        try:
            check(found[1], found[0].sha256)
            print(f"{name}: {found[1]} is intact")
        except InputError as error:
            problems.append(str(error))
    if problems:
        raise InputError("\n".join(problems))


if __name__ == "__main__":
    main()
