"""Checkpoints of a run: the state and the data iterator, the best and the last two kept.

They lie in `WORKDIR/checkpoints/STEP`. A checkpoint is written beside its place and renamed when
it is whole, and only then is an older one deleted, so that a full disk or a killed process costs
the newest at most. Its record, a JSON file, holds digests of the state's arrays, and one of itself:
a damaged checkpoint is known as such, and another one is read in its place.
"""

import functools
import math
import pathlib
import shutil
import sys
from collections.abc import Iterable
from typing import Any

import jax
import orbax.checkpoint as ocp
from orbax.checkpoint import checkpoint_managers, options
from orbax.checkpoint._src.multihost import multihost

from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.metrics.metric_registry import METRICS
from jaxcolor.models.generator import Variables
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import checkpoint_record
from jaxcolor.training.checkpoint_record import DamagedError, reason

# A run's configuration, beside its checkpoints.
CONFIG_FILE = "config.json"


@functools.cache
def _quieten_late_arrays() -> None:
    """Mutes the arrays that are still under way when another one has failed.

    Orbax closes its event loop at the first failure. Every other array then complains to Python's
    hook that the loop is closed: hundreds of tracebacks around the one message that matters.
    """
    previous = sys.unraisablehook

    def hook(unraisable: Any) -> None:
        if str(unraisable.exc_value) != "Event loop is closed":
            previous(unraisable)

    sys.unraisablehook = hook


class _Manager(ocp.CheckpointManager):
    """Orbax's manager, which takes the scores of a checkpoint from its record."""

    def metrics(self, step: int) -> dict[str, float] | None:
        """Returns the scores, or None if they cannot be read."""
        try:
            return checkpoint_record.read(pathlib.Path(self.directory / str(step)))["scores"]
        except InputError:
            return None


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(
        self,
        workdir: pathlib.Path,
        best_metric: str = "",
        *,
        create: bool = False,
        alone: bool = False,
    ):
        """Opens a run's checkpoints.

        Args:
            workdir: of the run.
            best_metric: `config.train.best_metric`: the validation score, by its name in
                `jaxcolor.metrics.metric_registry`, that chooses the best checkpoint. Without one
                the last checkpoint is the best.
            create: make the folder if there is none, and clear away what a killed save left.
            alone: this process reads and writes without the others of the run.

        Raises:
            InputError: there is no such folder and none shall be made, or no such metric.
        """
        _quieten_late_arrays()
        self._workdir, self._best_metric = workdir, best_metric
        self.folder = workdir.absolute() / "checkpoints"
        if not create and not self.folder.is_dir():
            raise InputError(
                f"{workdir}: holds no checkpoints; give the workdir of a training run, or a model "
                "folder"
            )
        if best_metric and best_metric not in METRICS:
            choices = ", ".join(METRICS)
            raise InputError(f"best_metric={best_metric!r}: must be empty or one of {choices}")
        sign = 1 if best_metric and METRICS[best_metric].higher_is_better else -1

        def rate(scores: dict[str, float]) -> float:
            return sign * scores[best_metric] if best_metric in scores else -math.inf

        self._rate = rate
        policies: list[checkpoint_managers.PreservationPolicy] = [checkpoint_managers.LatestN(2)]
        if best_metric:
            policies.append(checkpoint_managers.BestN(get_metric_fn=rate, n=1))
        self._manager = _Manager(
            self.folder,
            item_handlers={
                "state": ocp.PyTreeCheckpointHandler(),
                checkpoint_record.FOLDER: ocp.JsonCheckpointHandler(checkpoint_record.FILE),
            },
            options=ocp.CheckpointManagerOptions(
                preservation_policy=checkpoint_managers.AnyPreservationPolicy(policies),
                create=create,
                cleanup_tmp_directories=create,
                # Otherwise a folder that cannot be made is waited for for five minutes.
                async_options=ocp.AsyncOptions(create_directories_asynchronously=False),
                multiprocessing_options=options.MultiprocessingOptions(
                    active_processes={0} if alone else None,
                    barrier_sync_key_prefix="alone" if alone else None,
                ),
            ),
        )

    def latest_step(self) -> int | None:
        """Returns the last checkpoint's step, or None if there is no checkpoint."""
        return self._manager.latest_step()

    def best_step(self) -> int | None:
        """Returns the best checkpoint's step by validation, or None if there is no checkpoint."""
        return next(iter(self._from_best()), None)

    def scores(self, step: int) -> dict[str, float]:
        """Returns the validation scores of a checkpoint, which has some or none."""
        return dict(self._manager.metrics(step) or {})

    def save(
        self, step: int, state: TrainState, data: dict[str, Any], scores: dict[str, float] | None
    ) -> None:
        """Writes while training goes on.

        Args:
            step: steps done.
            state: after that step, in NumPy arrays.
            data: what JSON can hold about the training, at that step, with its configuration as
                "config".
            scores: on the validation images at that step, if they were taken.

        Raises:
            InputError: this or an earlier checkpoint could not be written.
        """
        scores = scores or {}
        record = ocp.args.JsonSave(checkpoint_record.make(state, data, scores))
        args = ocp.args.Composite(
            state=ocp.args.PyTreeSave(state), **{checkpoint_record.FOLDER: record}
        )
        try:
            self._manager.save(step, args=args, metrics=scores, force=True)
        except Exception as error:  # Orbax passes on whatever its threads met.
            raise self._not_written(error) from error

    def restore(self, template: TrainState) -> tuple[TrainState, dict[str, Any]]:
        """Reads the last checkpoint, or the last intact one, and says so.

        Damaged ones after it are renamed to `STEP.damaged`, so that new ones can take their place.

        Args:
            template: of the state's structure, shapes and dtypes.

        Returns:
            The state, in NumPy arrays, and what was saved about the training.

        Raises:
            InputError: no checkpoint is intact, or it is of another model.
        """
        steps = sorted(self._manager.all_steps(), reverse=True)
        intact, state, data = self._read_first(steps, template, partial=False)
        # All processes have to have chosen the same: each waits for the same name.
        ocp.multihost.sync_global_processes(f"read {intact}")
        if ocp.multihost.process_index() == 0:
            for step in steps[: steps.index(intact)]:
                aside = self.folder / f"{step}.damaged"
                shutil.rmtree(aside, ignore_errors=True)
                (self.folder / str(step)).rename(aside)
        ocp.multihost.sync_global_processes(f"renamed all after {intact}")
        self._manager.reload()
        return state, data

    def restore_variables(
        self, template: Variables, *, ema: bool, last: bool
    ) -> tuple[int, Variables]:
        """Reads the generator of a checkpoint, or of the next one that is intact, and says so.

        Args:
            template: of the variables' structure, shapes and dtypes.
            ema: whether the run keeps a moving average, which is then what is read.
            last: read the last checkpoint instead of the best.

        Returns:
            The step of the checkpoint, and the generator's variables, in NumPy arrays.

        Raises:
            InputError: there is no checkpoint, none is intact, or it is of another model.
        """
        steps = sorted(self._manager.all_steps(), reverse=True) if last else self._from_best()
        if not steps:
            raise InputError(f"{self.folder}: holds no checkpoint yet; train longer")
        tree = {"ema": template} if ema else {"networks": {"generator": {"variables": template}}}
        step, state, _ = self._read_first(steps, tree, partial=True)
        return step, state["ema"] if ema else state["networks"]["generator"]["variables"]

    def alone(self) -> "Checkpoints":
        """Returns the same checkpoints, for this process to write without the others.

        It can never write with them again.
        """
        if jax.process_count() > 1:
            # Orbax has process 0 write NumPy arrays, whatever its options say.
            multihost.process_index = lambda: 0
        return Checkpoints(self._workdir, self._best_metric, alone=True)

    def wait(self) -> None:
        """Waits until all is written.

        Raises:
            InputError: a checkpoint could not be written.
        """
        try:
            self._manager.wait_until_finished()
        except Exception as error:
            raise self._not_written(error) from error

    def close(self) -> None:
        """Waits until all is written and frees what writing takes.

        Raises:
            InputError: a checkpoint could not be written.
        """
        try:
            self._manager.close()
        except Exception as error:
            raise self._not_written(error) from error

    def _from_best(self) -> list[int]:
        """Returns all steps, those first whose scores are not known because of damage."""

        def rank(step: int) -> tuple[float, int]:
            scores = self._manager.metrics(step)
            return math.inf if scores is None else self._rate(scores), step

        return sorted(self._manager.all_steps(), key=rank, reverse=True)

    def _read_first(
        self, steps: Iterable[int], template: Any, *, partial: bool
    ) -> tuple[int, Any, dict[str, Any]]:
        """Reads the first checkpoint that is intact, and says which were not."""
        damaged: list[DamagedError] = []
        for step in steps:
            try:
                state, data = self._read(step, template, partial=partial)
            except DamagedError as error:
                damaged.append(error)
                continue
            for problem in damaged:
                print(f"warning: {problem}; using that of step {step}", file=sys.stderr)
            return step, state, data
        listing = "\n".join(map(str, damaged))
        raise InputError(
            f"{listing}\nno other checkpoint is left: put back a copy of the folder, or train in "
            "another workdir"
        ) from damaged[0]

    def _read(self, step: int, template: Any, *, partial: bool) -> tuple[Any, dict[str, Any]]:
        path = self.folder / str(step)
        checkpoint_record.require_readable(path)
        record = checkpoint_record.read(path)
        template = jax.tree.map(ocp.utils.to_shape_dtype_struct, template)
        saved = checkpoint_record.structure(record)
        if problem := models.mismatch(saved, template, partial=partial):
            raise InputError(f"{path}: the checkpoint is of another model: {problem}")
        args = ocp.args.PyTreeRestore(
            template,
            ocp.checkpoint_utils.construct_restore_args(template),
            partial_restore=partial,
        )
        try:
            state = self._manager.restore(step, args=ocp.args.Composite(state=args)).state
            checkpoint_record.check(record, state)
        except Exception as error:  # Orbax and TensorStore raise all kinds.
            raise DamagedError(path, error) from error
        return state, record["data"]

    def _not_written(self, error: Exception) -> InputError:
        steps = [path.name for path in self.folder.glob("*") if path.name.isdigit()]
        intact = f"the checkpoint of step {max(steps, key=int)} is intact" if steps else "none is"
        return InputError(
            f"{self.folder}: a checkpoint could not be written ({reason(error)}); {intact}. "
            "Make room or fix the permissions, and start again to resume"
        )
