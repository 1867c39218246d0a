"""Colors films: their luma, sound and times stay as they are."""

import functools
import hashlib
import importlib.metadata
import importlib.util
import itertools
import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

import jax.numpy as jnp
import numpy as np
from tqdm import tqdm

from jaxcolor import color, files, images, temporal, ycbcr
from jaxcolor.config import InputError
from jaxcolor.inference import Colorizer

_SUFFIXES = """
.3gp .avi .flv .m2ts .m4v .mkv .mov .mp4 .mpeg .mpg .mts .ogv .ts .vob .webm .wmv
"""
SUFFIXES = frozenset(_SUFFIXES.split())
# Frames that are encoded and kept together: at most so many are colored again after a kill.
SEGMENT = 250


def colorize(colorizer: Colorizer, source: pathlib.Path, target: pathlib.Path) -> list[str]:
    """Colors a film, frame by frame, into a file of the same container.

    The luma of each frame goes to the encoder as it was decoded, and the chroma is new: that of a
    and b predicted from the luma, and averaged over time. Times, rotation and tags are kept, and
    the sound is copied. The codec is the film's own, or as of `video_encoder.Encoder`.

    What is done is kept in a hidden folder beside `target` until the film is whole. The same call
    goes on from there after a kill, with an equal result.

    Args:
        colorizer: that keeps the lightness.
        source: the film.
        target: file to write, whose suffix is that of `source`.

    Returns:
        An error message if some part of the film could not be decoded; the rest is done.

    Raises:
        InputError: PyAV is not installed, or the film cannot be read, or not be written again.
        OSError: the target cannot be written.
    """
    if not colorizer.keep_lightness:
        raise InputError(f"{source}: a film's luma is kept; leave out --no_keep_lightness")
    if not importlib.util.find_spec("av"):
        raise InputError(f"{source}: films need PyAV; install it by pip install 'jaxcolor[video]'")
    from jaxcolor import video_encoder, video_input, video_join

    with video_input.Film(source) as film:
        encoder = video_encoder.Encoder(film.video)
        folder = target.with_name(f".{target.name}.parts")
        segments = _resume(folder, _settings(colorizer, source))
        done = len(segments) * SEGMENT
        frames = _color(colorizer, film, encoder, done)
        total = film.video.num_frames or None
        with tqdm(desc=source.name, unit="frame", total=total, disable=None) as progress:
            progress.update(done)
            for first in frames:
                path = folder / f"{len(segments):06}.segment"
                rest = itertools.islice(frames, SEGMENT - 1)
                encoder.write(path, _count(itertools.chain([first], rest), progress))
                if len(segments) * SEGMENT == done:
                    video_join.check(film, path, target)
                segments.append(path)
        video_join.join(film, segments, target)
        shutil.rmtree(folder)
        return film.problems


def _color(colorizer: Colorizer, film: Any, encoder: Any, start: int) -> Iterator[Any]:
    """Makes the new frames, without those before the `start`-th."""
    turns = film.video.rotation // 90

    def predict(frame: Any) -> tuple[np.ndarray, temporal.Prediction]:
        luma = encoder.luma(frame)
        upright = np.rot90(ycbcr.to_gray(luma, encoder.encoding), turns)
        ab = colorizer.predict_ab(upright)
        small = images.resize(upright, *ab.shape[:2])
        return luma, temporal.Prediction(_lightness_of_grays()[small], ab)

    needed = max(0, start - temporal.RADIUS)
    predicted = map(predict, itertools.islice(film.frames(), needed, None))
    for luma, ab in itertools.islice(temporal.smooth(predicted), start - needed, None):
        yield encoder.frame(luma, np.rot90(ab, -turns))


def _count(frames: Iterator[Any], progress: tqdm) -> Iterator[Any]:
    for frame in frames:
        yield frame
        progress.update()


def _resume(folder: pathlib.Path, settings: str) -> list[pathlib.Path]:
    """Lists the segments that a killed process left, if they were made by the same settings."""
    path = folder / "settings.json"
    if not path.exists() or path.read_text() != settings:
        shutil.rmtree(folder, ignore_errors=True)
        with files.written_whole(path) as partial:
            partial.write_text(settings)
    return sorted(folder.glob("[0-9]*.segment"))


def _settings(colorizer: Colorizer, source: pathlib.Path) -> str:
    """Describes all that the colors depend on; the model by its answer to a picture."""
    status = source.stat()
    answer = colorizer.predict_ab(np.arange(256, dtype=np.uint8).reshape(16, 16))
    return json.dumps(
        {
            "size": status.st_size,
            "modified": status.st_mtime_ns,
            "model": hashlib.sha256(answer.tobytes()).hexdigest(),
            "versions": [importlib.metadata.version(name) for name in ("jaxcolor", "av")],
        }
    )


@functools.cache
def _lightness_of_grays() -> np.ndarray:
    """L of all 256 grays, `[256]` float32."""
    grays = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 3, axis=-1)
    return np.asarray(color.rgb_to_lab(jnp.asarray(grays)))[:, 0]
