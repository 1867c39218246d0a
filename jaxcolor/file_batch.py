"""Colors files, and folders with all that is below them."""

import pathlib
from collections.abc import Sequence

from tqdm import tqdm

from jaxcolor import images, listing, video
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer


def colorize_files(
    colorizer: Colorizer, inputs: Sequence[pathlib.Path], output: pathlib.Path
) -> list[str]:
    """Colors files, and folders with all images below them, into an output folder.

    Files keep their names, formats, sizes and orientations; a folder keeps its tree, and files in
    the output folder are no input. Transparent pixels are blended with white. Files of folders that
    are no images are counted in the end, on the screen.

    Args:
        colorizer: colors the images.
        inputs: image files, films (`video.SUFFIXES`) and folders of images.
        output: folder, created if it does not exist.

    Returns:
        An error message for each file that could not be read or written, for each image of a format
        that is not supported, and for each folder that holds no image or cannot be listed; all
        others are done.

    Raises:
        InputError: an output would overwrite an input or another output, or an input does not
            exist; nothing is done then.
    """
    jobs: dict[pathlib.Path, pathlib.Path] = {}
    problems: list[str] = []
    passed_over: list[str] = []
    for given in inputs:
        if not given.exists():
            raise InputError(f"{given}: no such file or folder")
        found = [given]
        if given.is_dir():
            content = listing.scan(given, without=output)
            found = content.paths
            left_out = content.unreadable | content.unsupported
            if not content.paths and not left_out:
                problems.append(listing.no_image(given))
            problems += [f"{path}: {reason}" for path, reason in left_out.items()]
            passed_over += content.passed_over
        elif reason := listing.unsupported(given):
            found = []
            problems.append(f"{given}: {reason}")
        for path in found:
            target = output / (path.relative_to(given) if given.is_dir() else path.name)
            if target in jobs:
                raise InputError(f"{target}: both {jobs[target]} and {path} would be written there")
            jobs[target] = path
    originals = {path.resolve() for path in jobs.values()}
    for target in jobs:
        if target.resolve() in originals:
            raise InputError(f"--output {output}: would overwrite {target}; take another folder")

    for target, path in tqdm(jobs.items(), desc="colorize", unit="img", disable=None):
        try:
            if path.suffix.lower() in video.SUFFIXES:
                problems += video.colorize(colorizer, path, target)
            else:
                images.write(target, colorizer(images.read(path)))
        except InputError as error:
            problems.append(str(error))
        except (OSError, ValueError) as error:
            problems.append(f"{target}: cannot be written: {error}")
        except Exception as error:  # Of a library: the other files are no worse for it.
            problems.append(f"{path}: {type(error).__name__}: {error}")
    listing.report(passed_over)
    return problems
