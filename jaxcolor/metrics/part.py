"""What was computed of the images of a set, or of the part of it that one of several jobs took."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from jaxcolor.backbones.weights import WeightsError
from jaxcolor.config import InputError
from jaxcolor.metrics import array_file, scores, set_scores
from jaxcolor.shard import WHOLE, Shard

# Numbers for each image, by row and by metric or tap: `[n]` scores, or `[n, D]` features.
Columns = Mapping[str, Mapping[str, np.ndarray]]


@dataclasses.dataclass(frozen=True)
class Part:
    """Scores and features of single images, from which those of the whole set are computed.

    Attributes:
        scores: for each row the columns of `Scores`.
        features: for each row those of `FeatureScores`.
        taps: as of `FeatureScores`.
        mode: as of `FeatureScores`.
        sha256: as of `FeatureScores`.
        networks: descriptions of the networks of `NetworkMetric`s.
        missing: the scores whose networks are not on this machine.
        facts: other conditions of the scores, such as the data.
        images: a hash of the whole set's paths, or their number if they are no files.
        replaced: paths of unreadable images, in whose place the next one was scored.
        shard: which part it is.
    """

    scores: Columns
    features: Columns
    taps: Sequence[str]
    mode: str
    sha256: str
    networks: Mapping[str, str]
    missing: Mapping[str, InputError]
    facts: Mapping[str, str] = dataclasses.field(default_factory=dict)
    images: str = ""
    replaced: Sequence[str] = ()
    shard: Shard = WHOLE

    @property
    def num_images(self) -> int:
        """Images of the part."""
        gray = self.scores.get(set_scores.GRAY)
        return len(gray["PSNR"]) if gray else 0

    def rows(self) -> tuple[dict[str, dict[str, Any]], dict[str, InputError]]:
        """Computes the rows for `report.table`, and why some scores are missing."""
        rows = {row: scores.summarize(columns) for row, columns in self.scores.items()}
        sets, too_few = set_scores.rows(self.features, self.taps)
        for row, more in sets.items():
            rows.setdefault(row, {}).update(more)
        return rows, {**self.missing, **too_few}

    def conditions(self) -> dict[str, str]:
        """Returns the conditions of the scores, for people."""
        count = self.num_images
        sets = set_scores.facts(self.taps, self.mode, self.sha256, count)
        found = {**self.facts, "images": str(count), **sets, **self.networks}
        if self.replaced:
            found["unreadable"] = f"{len(self.replaced)} files, each replaced by the next one"
        return found


def path_of(table: pathlib.Path, shard: Shard) -> pathlib.Path:
    """Returns where a part is written, as `scores.0-of-8.safetensors` beside `scores.json`."""
    return table.with_suffix(f".{shard.index}-of-{shard.count}.safetensors")


def write(path: pathlib.Path, part: Part) -> None:
    """Writes a part as a file of safetensors, whose text holds all but the numbers.

    Raises:
        OSError: the file cannot be written, as on a full disk.
    """
    tables = {"scores": part.scores, "features": part.features}
    arrays = {
        f"{kind}/{row}/{name}": column
        for kind, table in tables.items()
        for row, columns in table.items()
        for name, column in columns.items()
    }
    about = dataclasses.asdict(dataclasses.replace(part, scores={}, features={}, missing={}))
    for kind, table in tables.items():
        about[kind] = {row: list(columns) for row, columns in table.items()}
    about["missing"] = {
        name: [str(error), getattr(error, "hint", None)] for name, error in part.missing.items()
    }
    array_file.write(path, arrays, json.dumps(about))


def read(path: pathlib.Path) -> Part:
    """Reads what `write` wrote.

    Raises:
        InputError: the file is no part, it is damaged, or another version wrote it.
    """
    try:
        arrays, text = array_file.read(path)
        about = json.loads(text)
        for kind in ("scores", "features"):
            about[kind] = {
                row: {name: arrays[f"{kind}/{row}/{name}"] for name in names}
                for row, names in about[kind].items()
            }
        about["shard"] = Shard(**about["shard"])
        about["missing"] = {
            name: InputError(message) if hint is None else WeightsError(message, hint)
            for name, (message, hint) in about["missing"].items()
        }
        return Part(**about)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"{path}: cannot be read as scores of `evaluate --shard` ({error}); score it again"
        ) from error


def merge(paths: Sequence[pathlib.Path]) -> Part:
    """Joins all parts of a set into what one job would have computed.

    Args:
        paths: of the parts' files, in any order.

    Raises:
        InputError: a file cannot be read, a part is missing or there twice, or they were not
            computed of one set under the same conditions.
    """
    parts: dict[Shard, Part] = {}
    found: dict[Shard, pathlib.Path] = {}
    for path in paths:
        part = read(path)
        if part.shard in parts:
            raise InputError(f"{path}: is part {part.shard}, and so is {found[part.shard]}")
        parts[part.shard], found[part.shard] = part, path
    first, *others = parts
    for other in others:
        _check_alike(found[first], parts[first], found[other], parts[other])
    wanted = [Shard(i, first.count) for i in range(first.count)]
    if missing := [str(shard) for shard in wanted if shard not in parts]:
        raise InputError(f"--merge: part {', '.join(missing)} is missing; give the files of all")
    ordered = [parts[shard] for shard in wanted]
    devices = dict.fromkeys(part.facts["device"] for part in ordered)
    return dataclasses.replace(
        parts[first],
        scores=_interleaved([part.scores for part in ordered]),
        features=_interleaved([part.features for part in ordered]),
        facts={**parts[first].facts, "device": ", ".join(devices)},
        replaced=list(dict.fromkeys(path for part in ordered for path in part.replaced)),
        shard=WHOLE,
    )


def _check_alike(path: pathlib.Path, part: Part, other_path: pathlib.Path, other: Part) -> None:
    """Checks that two parts differ in nothing but their images and devices."""

    def described(part: Part) -> dict[str, str]:
        return {
            "number of parts": str(part.shard.count),
            "images": part.images,
            "FID": f"{part.mode}, {', '.join(part.taps)}, weights {part.sha256[:8]}",
            "networks": ", ".join(part.networks.values()),
            "missing scores": ", ".join(part.missing),
            **{name: value for name, value in part.facts.items() if name != "device"},
        }

    one, two = described(part), described(other)
    for name in {**one, **two}:
        if one.get(name) != two.get(name):
            raise InputError(
                f"{path} and {other_path}: are parts of different scores: {name}: "
                f"{one.get(name)!r} and {two.get(name)!r}"
            )


def _interleaved(tables: Sequence[Columns]) -> dict[str, dict[str, np.ndarray]]:
    """Joins the columns of parts in the order of the whole set."""
    joined: dict[str, dict[str, np.ndarray]] = {}
    for row, columns in tables[0].items():
        joined[row] = {}
        for name, column in columns.items():
            shares = [table[row][name] for table in tables]
            whole = np.empty((sum(map(len, shares)), *column.shape[1:]), column.dtype)
            for i, share in enumerate(shares):
                whole[i :: len(shares)] = share
            joined[row][name] = whole
    return joined
