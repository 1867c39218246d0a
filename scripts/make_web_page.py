"""Makes a static page that colors photographs in the browser, which uploads nothing.

    python scripts/make_web_page.py --output runs/web
    python -m http.server --directory runs/web

Puts the page of docs/web, the model as ONNX and the files of onnxruntime-web that run it into one
folder, for any web server. npm downloads onnxruntime-web, whose hash is checked. Writing the model
needs pip install "jaxcolor[onnx]"; --model takes one that `jaxcolor export` has written.
"""

import base64
import hashlib
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

from jaxcolor import cli, export, files, pretrained
from jaxcolor.config import InputError

_PAGE = pathlib.Path(__file__).parent.parent / "docs/web"
_RUNTIME = "onnxruntime-web@1.30.0"
_SHA512 = "q0y+JrrtukXSzsBWEMccVfqX25LRmosXHF+CaRJmg8pZClzcV7svNc4rKY3jL02Vb7QmRMDs1SigqR4CXAfKYQ=="
_RUNTIME_FILES = ("ort.wasm.bundle.min.mjs", "ort-wasm-simd-threaded.wasm")


def add_runtime(folder: pathlib.Path) -> None:
    """Downloads onnxruntime-web and writes the files that the page loads.

    Args:
        folder: of the page.

    Raises:
        InputError: npm is missing or fails, or the package is not the one that is known.
    """
    with tempfile.TemporaryDirectory() as temporary:
        try:
            command = ["npm", "pack", "--silent", _RUNTIME]
            subprocess.run(command, cwd=temporary, check=True, stdout=subprocess.DEVNULL)
        except (OSError, subprocess.CalledProcessError) as error:
            raise InputError(f"npm, which downloads {_RUNTIME}: {error}") from error
        [package] = pathlib.Path(temporary).glob("*.tgz")
        found = base64.b64encode(hashlib.sha512(package.read_bytes()).digest()).decode()
        if found != _SHA512:
            raise InputError(f"{_RUNTIME}: its SHA-512 is {found}, must be {_SHA512}")
        with tarfile.open(package) as archive:
            for name in _RUNTIME_FILES:
                with archive.extractfile(f"package/dist/{name}") as file:
                    (folder / name).write_bytes(file.read())


def make(folder: pathlib.Path, model: pathlib.Path | None) -> None:
    """Writes the folder of a page.

    Args:
        folder: does not exist.
        model: ONNX file of `jaxcolor export`; None is the model in the package.

    Raises:
        InputError: the folder exists, jax2onnx or npm is missing, or as `add_runtime`.
        OSError: a file cannot be read, or the folder cannot be written.
    """
    if folder.exists():
        raise InputError(f"--output {folder}: exists; delete it or name another folder")
    with files.folder_written_whole(folder) as partial:
        shutil.copytree(_PAGE, partial, dirs_exist_ok=True)
        if model:
            shutil.copyfile(model, partial / "model.onnx")
        else:
            export.export(pretrained.FOLDER, partial / "model.onnx", "onnx")
        add_runtime(partial)


def main() -> None:
    """Makes the page."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--output", required=True, type=pathlib.Path, help="folder to write")
    parser.add_argument(
        "--model",
        type=pathlib.Path,
        help="ONNX file of jaxcolor export (default: the model in the package)",
    )
    args = parser.parse_args()
    try:
        make(args.output, args.model)
    except (InputError, OSError) as error:
        sys.exit(f"error: {error}")
    print(f"open the address that this prints: python -m http.server --directory {args.output}")


if __name__ == "__main__":
    main()
