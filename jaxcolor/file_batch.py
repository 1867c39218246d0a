"""Colors files, and folders with all that is below them."""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from tqdm import tqdm

from jaxcolor import image_pixels, listing, photographs, video
from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.hints import Hint
from jaxcolor.inference import Colorizer
from jaxcolor.photographs import Photograph
from jaxcolor.reference import Palette
from jaxcolor.shard import WHOLE, Shard

# Between a file's name and its extension, of a result that is written beside it.
_MARK = ".color"


@dataclasses.dataclass(frozen=True)
class Output:
    """Where and how results are written.

    Attributes:
        path: a folder, created if it does not exist, or, for a single file and with the extension
            of an image, a file; None is beside each input, `photo.color.jpg` for `photo.jpg` and
            `album.color/` for `album/`.
        format: extension without a dot, instead of the input's.
        quality: as of `photographs.write`.
        side_by_side: write the gray input and, to its right, the result.
        skip_existing: leave inputs alone whose results are there already.

    `format`, `quality` and `side_by_side` are for photographs: films are then not colored.
    """

    path: pathlib.Path | None = None
    format: str = ""
    quality: int | None = None
    side_by_side: bool = False
    skip_existing: bool = False


class Outcome(NamedTuple):
    """What became of the inputs.

    Attributes:
        num_colored: files that were written.
        num_skipped: files whose results were there already.
        problems: an error message for each file that could not be read or written, for each image
            of a format that is not supported, and for each folder that holds no image and no film
            or cannot be listed; all others are done.
        passed_over: lines on files of folders that are neither images nor films, and on inputs that
            are named as the result of another one.
    """

    num_colored: int
    num_skipped: int
    problems: list[str]
    passed_over: list[str]


def colorize_files(
    colorizer: Colorizer,
    inputs: Sequence[pathlib.Path],
    output: Output,
    hints: Sequence[Hint] = (),
    reference: Palette | None = None,
    shard: Shard = WHOLE,
) -> Outcome:
    """Colors files, and folders with all images and films below them.

    Files keep their names, formats, sizes, depths, transparency and metadata, and what is converted
    or left out is printed; a folder keeps its tree, and files in the output folder are no input.

    Args:
        colorizer: colors the images.
        inputs: image files, films (`video.SUFFIXES`) and folders of both.
        output: where and how results are written.
        hints: as of a call of the colorizer, for a single photograph.
        reference: of `Colorizer.palette`, for photographs.
        shard: of the files, and of what is to be said about the others, in the order of their
            listing.

    Raises:
        InputError: an output would overwrite an input or another output, or an input does not
            exist, or hints or a reference are for something else; nothing is done then.
    """
    jobs, *others = _plan(inputs, output)
    _check_guides(list(jobs.values()), hints, reference)
    problems, passed_over = (list(shard.take(lines)) for lines in others)
    own = shard.take(list(jobs.items()))
    num_colored = num_skipped = 0
    for target, path in tqdm(own, desc="colorize", unit="file", disable=None):
        if output.skip_existing and target.exists():
            num_skipped += 1
            continue
        try:
            if _is_film(path):
                _check_film(path, output)
                problems += video.colorize(colorizer, path, target)
            else:
                _colorize_file(colorizer, path, target, output, hints, reference)
            num_colored += 1
        except InputError as error:
            problems.append(str(error))
        except (OSError, ValueError) as error:
            problems.append(f"{target}: cannot be written: {error}")
        except Exception as error:  # Of a library: the other files are no worse for it.
            problems.append(f"{path}: {type(error).__name__}: {error}")
    return Outcome(num_colored, num_skipped, problems, passed_over)


def _check_film(path: pathlib.Path, output: Output) -> None:
    """Refuses options that a film does not have."""
    given = [name for name in ("format", "quality", "side_by_side") if getattr(output, name)]
    if given:
        options = ", ".join(f"--{name}" for name in given)
        raise InputError(f"{path}: {options}: for photographs only; color films without it")


def _colorize_file(
    colorizer: Colorizer,
    path: pathlib.Path,
    target: pathlib.Path,
    output: Output,
    hints: Sequence[Hint],
    reference: Palette | None,
) -> None:
    photograph = photographs.read(path)
    colorize_photograph(colorizer, photograph, hints, reference, side_by_side=output.side_by_side)
    photographs.write(target, photograph, output.quality)
    for note in photograph.notes:
        tqdm.write(f"{path}: {note}")


def colorize_photograph(
    colorizer: Colorizer,
    photograph: Photograph,
    hints: Sequence[Hint] = (),
    reference: Palette | None = None,
    *,
    side_by_side: bool = False,
) -> None:
    """Colors a photograph in place.

    Args:
        colorizer: colors it.
        photograph: to color.
        hints: as of a call of the colorizer.
        reference: of `Colorizer.palette`.
        side_by_side: put its gray version, a = b = 0, of 8 bits, to the left of the result.
    """
    colored = colorizer(photograph.pixels, hints, reference)
    if side_by_side:
        if colored.dtype == np.uint16:
            photograph.notes.append("16 bits become 8 side by side")
        if colored.shape[2] == 4:
            photograph.notes.append("its transparency is left out side by side")
        rgb = image_pixels.to_8_bits(colored[..., :3])
        gray = np.asarray(transforms.without_color(rgb[None]))[0]
        colored = np.concatenate([gray, rgb], axis=1)
    photograph.pixels = colored


def _check_guides(
    paths: Sequence[pathlib.Path], hints: Sequence[Hint], reference: Palette | None
) -> None:
    if hints and len(paths) > 1:
        raise InputError(f"hint {hints[0]}: is for one photograph, not for {len(paths)} files")
    for path in filter(_is_film, paths):
        if hints:
            raise InputError(f"hint {hints[0]}: is for a photograph; {path} is a film")
        if reference is not None:
            raise InputError(f"--reference: is for photographs; {path} is a film")


def _is_film(path: pathlib.Path) -> bool:
    return path.suffix.lower() in video.SUFFIXES


def _plan(
    inputs: Sequence[pathlib.Path], output: Output
) -> tuple[dict[pathlib.Path, pathlib.Path], list[str], list[str]]:
    """Returns which file is made from which, what cannot be colored, and what is passed over."""
    jobs: dict[pathlib.Path, pathlib.Path] = {}
    problems: list[str] = []
    passed_over: list[str] = []
    file = output.path if _is_file(output.path, inputs) else None
    if file and output.format:
        raise InputError(
            f"--format {output.format}: --output {file} names the format; give one of them"
        )
    for given in inputs:
        if not given.exists():
            raise InputError(f"{given}: no such file or folder")
        found = [given]
        if given.is_dir():
            content = listing.scan(given, without=output.path, also=video.SUFFIXES)
            found = content.paths
            left_out = content.unreadable | content.unsupported
            if not content.paths and not left_out:
                problems.append(f"{listing.no_image(given)} and no film")
            problems += [f"{path}: {reason}" for path, reason in left_out.items()]
            passed_over += content.passed_over
        elif reason := listing.unsupported(given):
            found = []
            problems.append(f"{given}: {reason}")
        for path in found:
            target = file or _target(path, given, output)
            if target in jobs:
                raise InputError(f"{target}: both {jobs[target]} and {path} would be written there")
            jobs[target] = path
    if output.path is None:  # Results of an earlier run, as among `*.jpg`.
        results = {target.resolve(): path for target, path in jobs.items()}
        kept = {}
        for target, path in jobs.items():
            if original := results.get(path.resolve()):
                passed_over.append(f"{path}: named as the result of {original}")
            else:
                kept[target] = path
        return kept, problems, passed_over
    originals = {path.resolve() for path in jobs.values()}
    for target in jobs:
        if target.resolve() in originals:
            raise InputError(
                f"--output {output.path}: would overwrite {target}; take another folder"
            )
    return jobs, problems, passed_over


def _is_file(path: pathlib.Path | None, inputs: Sequence[pathlib.Path]) -> bool:
    if (
        path is None
        or path.is_dir()
        or path.suffix.lower() not in listing.SUFFIXES | video.SUFFIXES
    ):
        return False
    return len(inputs) == 1 and not inputs[0].is_dir()


def _target(path: pathlib.Path, given: pathlib.Path, output: Output) -> pathlib.Path:
    relative = path.relative_to(given) if given.is_dir() else pathlib.Path(path.name)
    if output.format and path.suffix.lower() not in video.SUFFIXES:
        relative = relative.with_suffix(f".{output.format}")
    if output.path is not None:
        return output.path / relative
    if given.is_dir():
        folder = given.resolve()
        return folder.with_name(folder.name + _MARK) / relative
    return beside(path.with_name(relative.name))


def beside(path: pathlib.Path) -> pathlib.Path:
    """Returns where the result of a file is written by default: `photo.color.jpg`."""
    return path.with_name(f"{path.stem}{_MARK}{path.suffix}")
