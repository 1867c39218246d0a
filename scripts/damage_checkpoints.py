r"""Damages checkpoints at random and counts what reading them gives.

    python scripts/damage_checkpoints.py --count 200

Each damage is one flipped bit, a truncation or a deletion of one file, of each in turn: the run's
config.json and all files of the checkpoint that is read, the last one by resuming, the best one by
scoring and coloring. Another checkpoint of the run stays intact. The exit status is 1 if anything
but the right values or an error message came of it.
"""

import collections
import contextlib
import io
import pathlib
import shutil
import sys
import tempfile
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import numpy as np
from ml_collections import ConfigDict

from jaxcolor import cli, objectives
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.training import start, trained
from jaxcolor.training.checkpoint import Checkpoints

_BEST, _LAST = 2, 4
_KINDS = ("flip", "truncate", "delete")
OUTCOMES = ("right", "right, of the other checkpoint", "refused", "WRONG")


class Run(NamedTuple):
    """A run with two checkpoints.

    Attributes:
        workdir: of the run.
        config: of the run.
        states: that were saved, by step.
    """

    workdir: pathlib.Path
    config: ConfigDict
    states: dict[int, Any]


def make_run(workdir: pathlib.Path) -> Run:
    """Writes a run of small networks, whose best checkpoint is not the last."""
    config = config_lib.get_config()
    config.data.image_size = 32
    config.generator.num_filters = config.discriminator.num_filters = 4
    config.discriminator.num_layers = 1
    config.train.num_steps = _LAST
    config.train.ema_decay = 0.5
    objective = objectives.prepare(config).build(_LAST, 0)
    drawn = start.initialize(objective, jax.random.key(0), None)
    states = {}
    checkpoints = Checkpoints(workdir, config.train.best_metric, create=True)
    start.save_config(config, workdir)
    for step, score in ((_BEST, 30.0), (_LAST, 20.0)):
        states[step] = jax.tree.map(lambda leaf, step=step: np.asarray(leaf + step), drawn)
        checkpoints.save(step, states[step], {"config": config.to_dict()}, {"PSNR": score})
    checkpoints.close()
    return Run(workdir, config, states)


def resume(run: Run, workdir: pathlib.Path) -> Any:
    """Reads what a resumed run starts with."""
    checkpoints = start.open_checkpoints(run.config, workdir)
    try:
        return checkpoints.restore(run.states[_LAST])[0]
    finally:
        checkpoints.close()


def load(run: Run, workdir: pathlib.Path) -> Any:
    """Reads what scores and colors."""
    return trained.load_generator(workdir)[2]


class Reading(NamedTuple):
    """A way to read a run.

    Attributes:
        read: reads what a workdir holds.
        pick: takes the same out of a state that was saved.
        step: of the checkpoint that is read.
        other: step of the checkpoint that is read if that one is damaged.
    """

    read: Callable[[Run, pathlib.Path], Any]
    pick: Callable[[Any], Any]
    step: int
    other: int


READINGS = {
    "resume": Reading(resume, lambda state: state, _LAST, _BEST),
    "evaluate, colorize and init_from": Reading(load, lambda state: state.ema, _BEST, _LAST),
}


def damage(path: pathlib.Path, kind: str, rng: np.random.Generator) -> None:
    """Flips one bit of a file, cuts off its end, or deletes it."""
    content = bytearray(path.read_bytes())
    place = int(rng.integers(len(content)))
    if kind == "delete":
        path.unlink()
    elif kind == "truncate":
        path.write_bytes(content[:place])
    else:
        content[place] ^= 1 << int(rng.integers(8))
        path.write_bytes(content)


def count_outcomes(run: Run, reading: Reading, count: int, seed: int) -> collections.Counter[str]:
    """Damages copies of a run and reads them.

    Args:
        run: as from `make_run`.
        reading: how to read it.
        count: number of damages.
        seed: of their places.

    Returns:
        How often each of `OUTCOMES` came of it.
    """
    rng = np.random.default_rng(seed)
    folder = run.workdir / "checkpoints" / str(reading.step)
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    paths.append(run.workdir / "config.json")
    outcomes: collections.Counter[str] = collections.Counter()
    for i in range(count):
        # Every file meets every kind of damage.
        path, kind = paths[i % len(paths)], _KINDS[i // len(paths) % len(_KINDS)]
        with tempfile.TemporaryDirectory() as copy:
            workdir = shutil.copytree(run.workdir, pathlib.Path(copy) / "run")
            damage(workdir / path.relative_to(run.workdir), kind, rng)
            outcome = _classify(run, reading, workdir)
        outcomes[outcome] += 1
        if outcome == OUTCOMES[-1]:
            print(f"WRONG after {kind} of {path}", file=sys.stderr)
    return outcomes


def _classify(run: Run, reading: Reading, workdir: pathlib.Path) -> str:
    printed = io.StringIO()
    try:
        with contextlib.redirect_stderr(printed):
            found = reading.read(run, workdir)
    except InputError:
        return OUTCOMES[2]
    warned = f"checkpoints/{reading.step}: the checkpoint is damaged" in printed.getvalue()
    if not warned and _equal(found, reading.pick(run.states[reading.step])):
        return OUTCOMES[0]
    if warned and _equal(found, reading.pick(run.states[reading.other])):
        return OUTCOMES[1]
    return OUTCOMES[3]


def _equal(found: Any, expected: Any) -> bool:
    pairs = zip(jax.tree.leaves(found), jax.tree.leaves(expected), strict=True)
    return all(np.array_equal(*pair) for pair in pairs)


def main() -> None:
    """Prints a table of outcomes."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--count", type=int, default=200, help="damages for each way to read (200)")
    parser.add_argument("--seed", type=int, default=0, help="of the damages' places (0)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        run = make_run(pathlib.Path(folder) / "run")
        wrong = 0
        for name, reading in READINGS.items():
            outcomes = count_outcomes(run, reading, args.count, args.seed)
            print(f"{name}: " + ", ".join(f"{outcomes[outcome]} {outcome}" for outcome in OUTCOMES))
            wrong += outcomes[OUTCOMES[-1]]
    sys.exit(wrong > 0)


if __name__ == "__main__":
    main()
