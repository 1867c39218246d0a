"""The train loop, the same for every objective."""

import contextlib
import itertools
import math
import pathlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any

import jax
import numpy as np
from clu import parameter_overview
from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import models, objectives
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, sources, transforms
from jaxcolor.metrics.scores import Scores
from jaxcolor.models.prediction import Predictor
from jaxcolor.objectives.objective import Objective
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import start
from jaxcolor.training.parallel import Devices
from jaxcolor.training.summary import Summary

# Steps that may wait for the devices: enough to keep them busy, and few enough to stop soon.
_STEPS_AHEAD = 2

_NOT_FINITE_HINT = (
    "checkpoints of earlier steps are intact. Start again in another --workdir with lower learning "
    "rates, or in float32"
)


def train_and_evaluate(config: ConfigDict, workdir: pathlib.Path) -> TrainState:
    """Trains, scores on the validation images and saves; resumes where an earlier call stopped.

    Args:
        config: as from `jaxcolor.config.get_config`, with a person's changes.
        workdir: receives `config.json`, `checkpoints/`, `samples/` and `events/`.

    Returns:
        The last state. After SIGTERM it comes early, saved.

    Raises:
        InputError: something about the configuration, the data, the devices or the workdir needs
            fixing; the message says what.
        FloatingPointError: a loss or a parameter is not finite; the message names it and the step.
    """
    config_lib.validate(config)
    devices = Devices()
    devices.check_batch_size(config.data.batch_size)
    splits = ("train", "validation") if config.train.eval_every else ("train",)
    size = models.output_size(config)
    opened = sources.open_splits(config.data, splits, size)
    num_images = len(opened["train"])
    examples = objectives.examples_per_step(config)

    def steps(number: int, epochs: int) -> int:
        return number or math.ceil(epochs * num_images / examples)

    main_steps = steps(config.train.num_steps, config.train.num_epochs)
    pretrain_steps = steps(config.train.pretrain_steps, config.train.pretrain_epochs)
    num_steps = pretrain_steps + main_steps
    objective = objectives.build(config, main_steps, pretrain_steps)
    to_network = jax.jit(models.build_space(config).to_network)
    batches = iter(
        pipeline.train_batches(
            opened["train"],
            config.data,
            size,
            seed=config.seed,
            examples_per_step=examples,
            process_index=devices.process_index,
            process_count=devices.process_count,
            put=lambda batch: to_network(**devices.spread(batch)),
        )
    )
    with contextlib.ExitStack() as stack:
        termination = stack.enter_context(_Termination())
        stack.callback(batches.close)
        checkpoints = start.open_checkpoints(config, workdir)
        stack.callback(checkpoints.close)
        step = checkpoints.latest_step() or 0
        if step > num_steps:
            raise InputError(
                f"config.train.num_steps={main_steps}: the run in {workdir} is at step {step} of "
                f"{num_steps} already; raise it, or take another --workdir"
            )
        init_key, step_key = jax.random.split(jax.random.key(config.seed))
        given = {"training images": num_images, "sha256 of weights": objective.sha256}
        if step:
            state, data = checkpoints.restore(jax.eval_shape(objective.init, init_key))
            start.check_unchanged(workdir, data["given"], given)
            batches.set_state(data["iterator"])
        else:
            state = start.initialize(config, objective, init_key)
        state, frozen = devices.replicate((state, objective.frozen))

        summary = Summary(workdir, step, num_steps, devices.is_first_process)
        stack.callback(summary.close)
        sizes = ", ".join(
            f"{name} {int(parameter_overview.count_parameters(network.variables['params'])):,}"
            for name, network in state.networks.items()
        )
        summary.message(
            f"{config.objective.name} on {devices.describe()}; parameters: {sizes}; "
            f"{num_images:,} training images; step {step} of {num_steps}"
            + (f", {pretrain_steps} of them to pretrain" if pretrain_steps else "")
        )
        validate = None
        if config.train.eval_every:
            validate = _make_validation(
                config, objective, frozen, opened["validation"], devices, summary
            )
        train_step = devices.compile_step(objective.step)
        pretrain_step = devices.compile_step(objective.pretrain_step or objective.step)
        history = _History(devices, examples)
        stopped = False
        while step < num_steps and not stopped:
            run = pretrain_step if step < pretrain_steps else train_step
            state, metrics = run(state, frozen, history.take(batches), step_key)
            step += 1
            summary.advance()
            history.append(step, metrics)

            last = step in (pretrain_steps, num_steps)
            at_log = step % config.train.log_every == 0
            at_eval = validate is not None and (last or step % config.train.eval_every == 0)
            stopped = (at_log or devices.process_count == 1) and devices.any_process(
                termination.requested
            )
            at_save = at_eval or last or stopped or step % config.train.checkpoint_every == 0
            if at_log or at_save:
                means = history.drain()
                summary.scalars(step, means)
            if at_save:
                host_state = jax.device_get(state)
                _check_finite(step, host_state)
                scores = validate(step, state) if at_eval and validate else None
                if devices.is_first_process:
                    start.claim(config, workdir)
                data = {"iterator": batches.get_state(), "given": given}
                # What L1 alone has reached is no rival for what the objective makes of it.
                rated = scores if step > pretrain_steps else None
                checkpoints.save(step, host_state, data, rated)
                history.restart_clock()
    if stopped and step < num_steps:
        summary.message(f"stopped by SIGTERM; step {step} is saved, start again to resume")
    return state


def _check_finite(step: int, state: TrainState) -> None:
    """Keeps a state that no training can go on from out of the checkpoints."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        if not np.isfinite(leaf).all():
            name = jax.tree_util.keystr(path, simple=True, separator="/")
            raise FloatingPointError(f"step {step}: {name} is not finite; {_NOT_FINITE_HINT}")


def _make_validation(
    config: ConfigDict,
    objective: Objective,
    frozen: Any,
    source: sources.Source,
    devices: Devices,
    summary: Summary,
) -> Callable[[int, TrainState], dict[str, float]]:
    """Makes the function that scores the generator, and writes a sample sheet, at a step."""
    space, batch_size = models.build_space(config), config.data.batch_size
    predictor = Predictor(objective.generator, space, batch_size, devices.spread)

    def predict(variables: Any, rgb: np.ndarray) -> np.ndarray:
        return predictor(variables, frozen["generator"], rgb)

    def batches() -> Iterator[np.ndarray]:
        return pipeline.eval_batches(source, config.data, models.output_size(config), batch_size)

    few = itertools.islice(itertools.chain.from_iterable(batches()), config.train.num_samples)
    samples = np.stack(list(few))
    gray = np.asarray(transforms.without_color(samples))

    def validate(step: int, state: TrainState) -> dict[str, float]:
        variables = state.eval_variables()
        scores = Scores()
        for rgb in batches():
            scores.add(predict(variables, rgb), rgb)
        means = scores.means()
        summary.scalars(step, means, "validation/")
        summary.sheet(step, [gray, predict(variables, samples), samples])
        return means

    return validate


class _History:
    """The metrics of the steps since the last report, fetched from the devices only then."""

    def __init__(self, devices: Devices, examples: int):
        self._devices, self._examples = devices, examples
        self._steps: list[tuple[int, dict[str, jax.Array]]] = []
        self._start: float | None = None
        self._waited = 0.0

    def restart_clock(self) -> None:
        self._start, self._timed, self._waited = time.perf_counter(), 0, 0.0

    def take(self, batches: Iterator[Any]) -> Any:
        """Returns the next batch, and notes how long it was waited for."""
        asked = time.perf_counter()
        batch = next(batches)
        self._waited += time.perf_counter() - asked
        return batch

    def append(self, step: int, metrics: dict[str, jax.Array]) -> None:
        if len(self._steps) >= _STEPS_AHEAD:
            jax.block_until_ready(self._steps[-_STEPS_AHEAD])
        self._steps.append((step, metrics))
        if self._start is None:  # The first step's time went into compiling it.
            self.restart_clock()
        else:
            self._timed += 1

    def drain(self) -> dict[str, float]:
        """Returns the average of each metric, and how fast it went.

        "speed/images_per_second", and "speed/waiting_for_data", the share of the time in which the
        next batch was not ready.

        Raises:
            FloatingPointError: a metric of some step is not finite.
        """
        fetched = jax.device_get(self._steps)
        for step, metrics in fetched:
            for name, value in metrics.items():
                if not np.isfinite(value):
                    raise FloatingPointError(f"step {step}: {name} is {value}; {_NOT_FINITE_HINT}")
        means = {name: float(np.mean([m[name] for _, m in fetched])) for name in fetched[0][1]}
        if self._start is not None and self._timed:
            seconds = time.perf_counter() - self._start
            means["speed/images_per_second"] = self._timed * self._examples / seconds
            means["speed/waiting_for_data"] = self._waited / seconds
        self._steps.clear()
        self.restart_clock()
        return means


class _Termination:
    """Notes SIGTERM instead of dying of it, so that the loop can save first."""

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> "_Termination":
        self._previous = signal.signal(signal.SIGTERM, self._note)
        return self

    def _note(self, *_: Any) -> None:
        self.requested = True

    def __exit__(self, *_: Any) -> None:
        signal.signal(signal.SIGTERM, self._previous)
