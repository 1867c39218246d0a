"""Checkpoints of a run: the state and the data iterator, the best and the last one kept.

They lie in `WORKDIR/checkpoints/STEP`. A checkpoint is written beside its place and renamed when
it is whole, and only then is an older one deleted, so that a full disk or a killed process costs
the newest at most.
"""

import functools
import math
import pathlib
import sys
from typing import Any

import jax
import orbax.checkpoint as ocp
from ml_collections import ConfigDict
from orbax.checkpoint import checkpoint_managers

from jaxcolor import config as config_lib
from jaxcolor import models
from jaxcolor.config import InputError
from jaxcolor.metrics.metric_registry import METRICS
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.objectives.state import TrainState

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


class Checkpoints:
    """The checkpoints of one run."""

    def __init__(self, workdir: pathlib.Path, best_metric: str = "", *, create: bool = False):
        """Opens a run's checkpoints.

        Args:
            workdir: of the run.
            best_metric: `config.train.best_metric`: the validation score, by its name in
                `jaxcolor.metrics.metric_registry`, that chooses the best checkpoint. Without one
                the last checkpoint is the best.
            create: make the folder if there is none, and clear away what a killed save left.

        Raises:
            InputError: there is no such folder and none shall be made.
        """
        _quieten_late_arrays()
        self.folder = workdir.absolute() / "checkpoints"
        if not create and not self.folder.is_dir():
            raise InputError(
                f"{workdir}: holds no checkpoints; give the workdir of a training run, or a model "
                "folder"
            )
        policies: list[checkpoint_managers.PreservationPolicy] = [checkpoint_managers.LatestN(1)]
        rate = None
        if best_metric:
            sign = 1 if METRICS[best_metric].higher_is_better else -1

            def rate(scores: dict[str, float]) -> float:
                return sign * scores[best_metric] if best_metric in scores else -math.inf

            policies.append(checkpoint_managers.BestN(get_metric_fn=rate, n=1))
        self._manager = ocp.CheckpointManager(
            self.folder,
            item_handlers={
                "state": ocp.PyTreeCheckpointHandler(),
                "data": ocp.JsonCheckpointHandler(),
            },
            options=ocp.CheckpointManagerOptions(
                best_fn=rate,
                preservation_policy=checkpoint_managers.AnyPreservationPolicy(policies),
                create=create,
                cleanup_tmp_directories=create,
            ),
        )

    def latest_step(self) -> int | None:
        """Returns the last checkpoint's step, or None if there is no checkpoint."""
        return self._manager.latest_step()

    def best_step(self) -> int | None:
        """Returns the best checkpoint's step by validation, or None if there is no checkpoint."""
        return self._manager.best_step()

    def best_scores(self) -> dict[str, float]:
        """Returns the validation scores of the best checkpoint, which has some or none."""
        return dict(self._manager.metrics(self.best_step()) or {})

    def save(
        self, step: int, state: TrainState, data: dict[str, Any], scores: dict[str, float] | None
    ) -> None:
        """Writes while training goes on.

        Args:
            step: steps done.
            state: after that step, in NumPy arrays.
            data: what JSON can hold about the training data, at that step.
            scores: on the validation images at that step, if they were taken.

        Raises:
            InputError: this or an earlier checkpoint could not be written.
        """
        args = ocp.args.Composite(state=ocp.args.PyTreeSave(state), data=ocp.args.JsonSave(data))
        try:
            self._manager.save(step, args=args, metrics=scores or {}, force=True)
        except Exception as error:  # Orbax passes on whatever its threads met.
            raise self._not_written(error) from error

    def restore(self, template: TrainState) -> tuple[TrainState, dict[str, Any]]:
        """Reads the last checkpoint.

        Args:
            template: of the state's structure, shapes and dtypes.

        Returns:
            The state, in NumPy arrays, and what was saved about the training data.

        Raises:
            InputError: the checkpoint is damaged, or of another model.
        """
        step = self.latest_step()
        items = self._read(step, template, partial=False, data=ocp.args.JsonRestore())
        return items.state, items.data

    def restore_variables(self, template: Variables, *, ema: bool, last: bool) -> Variables:
        """Reads the generator of a checkpoint.

        Args:
            template: of the variables' structure, shapes and dtypes.
            ema: whether the run keeps a moving average, which is then what is read.
            last: read the last checkpoint instead of the best.

        Returns:
            The generator's variables, in NumPy arrays.

        Raises:
            InputError: there is no checkpoint, it is damaged, or of another model.
        """
        step = self.latest_step() if last else self.best_step()
        if step is None:
            raise InputError(f"{self.folder}: holds no checkpoint yet; train longer")
        tree = {"ema": template} if ema else {"networks": {"generator": {"variables": template}}}
        state = self._read(step, tree, partial=True).state
        return state["ema"] if ema else state["networks"]["generator"]["variables"]

    def close(self) -> None:
        """Waits until all is written and frees what writing takes.

        Raises:
            InputError: a checkpoint could not be written.
        """
        try:
            self._manager.close()
        except Exception as error:
            raise self._not_written(error) from error

    def _read(self, step: int | None, template: Any, *, partial: bool, **items: Any) -> Any:
        template = jax.tree.map(ocp.utils.to_shape_dtype_struct, template)
        path = self.folder / str(step)
        try:
            saved = self._manager.item_metadata(step)["state"].tree
            if problem := models.mismatch(saved, template, partial=partial):
                raise InputError(f"{path}: the checkpoint is of another model: {problem}")
            state = ocp.args.PyTreeRestore(
                template,
                ocp.checkpoint_utils.construct_restore_args(template),
                partial_restore=partial,
            )
            return self._manager.restore(step, args=ocp.args.Composite(state=state, **items))
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"{path}: the checkpoint is damaged or half-written ({_reason(error)}); remove "
                "this folder to go on from an earlier one"
            ) from error

    def _not_written(self, error: Exception) -> InputError:
        steps = [path.name for path in self.folder.iterdir() if path.name.isdigit()]
        intact = f"the checkpoint of step {max(steps, key=int)} is intact" if steps else "none is"
        return InputError(
            f"{self.folder}: a checkpoint could not be written ({_reason(error)}); {intact}. "
            "Make room or fix the permissions, and start again to resume"
        )


def load_generator(
    workdir: pathlib.Path, *, last: bool = False
) -> tuple[ConfigDict, Generator, Variables]:
    """Loads the generator of a run's best checkpoint.

    Args:
        workdir: of the run.
        last: load its last checkpoint instead.

    Returns:
        The run's configuration, the generator and its variables, NumPy arrays.

    Raises:
        InputError: there is no checkpoint, it is damaged, or of another model; or weights of the
            generator's frozen parts are not on this machine.
    """
    config = config_lib.load(workdir / CONFIG_FILE)
    generator = models.build_generator(config)
    shapes = models.variable_shapes(generator, config.data.image_size)
    checkpoints = Checkpoints(workdir, config.train.best_metric)
    try:
        variables = checkpoints.restore_variables(shapes, ema=config.train.ema_decay > 0, last=last)
    finally:
        checkpoints.close()
    return config, generator, variables


def _reason(error: Exception) -> str:
    """Takes what a person can use out of TensorStore's long messages."""
    line = str(error).split(" [tensorstore_spec")[0].partition("\n")[0]
    return line.rpartition('": ')[2][:200]
