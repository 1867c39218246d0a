"""Colors files, and folders with all that is below them."""

import pathlib
from collections.abc import Sequence

from tqdm import tqdm

from jaxcolor import images, photographs
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer


def colorize_files(
    colorizer: Colorizer, inputs: Sequence[pathlib.Path], output: pathlib.Path
) -> list[str]:
    """Colors files, and folders with all that is below them, into an output folder.

    Files keep their names, formats, sizes, depths, transparency and metadata, and what is converted
    or left out is printed; a folder keeps its tree, and files in the output folder are no input.

    Args:
        colorizer: colors the images.
        inputs: image files and folders.
        output: folder, created if it does not exist.

    Returns:
        An error message for each file that could not be read or written; all others are done.

    Raises:
        InputError: an output would overwrite an input or another output, or an input does not
            exist; nothing is done then.
    """
    jobs: dict[pathlib.Path, pathlib.Path] = {}
    for given in inputs:
        if not given.exists():
            raise InputError(f"{given}: no such file or folder")
        found = images.find(given) if given.is_dir() else [given]
        if given.resolve() in output.resolve().parents:  # It holds earlier outputs.
            found = [p for p in found if not p.resolve().is_relative_to(output.resolve())]
        for path in found:
            target = output / (path.relative_to(given) if given.is_dir() else path.name)
            if target in jobs:
                raise InputError(f"{target}: both {jobs[target]} and {path} would be written there")
            jobs[target] = path
    originals = {path.resolve() for path in jobs.values()}
    for target in jobs:
        if target.resolve() in originals:
            raise InputError(f"--output {output}: would overwrite {target}; take another folder")

    problems = []
    for target, path in tqdm(jobs.items(), desc="colorize", unit="img", disable=None):
        try:
            photograph = photographs.read(path)
            photograph.pixels = colorizer(photograph.pixels)
            photographs.write(target, photograph)
            for note in photograph.notes:
                tqdm.write(f"{path}: {note}")
        except InputError as error:
            problems.append(str(error))
        except (OSError, ValueError) as error:
            problems.append(f"{target}: cannot be written: {error}")
    return problems
