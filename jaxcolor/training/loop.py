"""The train loop, the same for every objective."""

import contextlib
import math
import pathlib
from typing import Any

import jax
import numpy as np
from clu import parameter_overview
from ml_collections import ConfigDict

from jaxcolor import config_checks, models, objectives
from jaxcolor.config import InputError
from jaxcolor.data import pipeline, sources
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import publication, start
from jaxcolor.training.history import NOT_FINITE_HINT, History
from jaxcolor.training.interruption import Interruption
from jaxcolor.training.lock import locked
from jaxcolor.training.parallel import Devices
from jaxcolor.training.processes import Processes
from jaxcolor.training.summary import Summary
from jaxcolor.training.validation import Validation, ValidationScores, check_best_metric


def train_and_evaluate(config: ConfigDict, workdir: pathlib.Path) -> TrainState:
    """Trains, scores on the validation images and saves; resumes where an earlier call stopped.

    Args:
        config: as from `jaxcolor.config.get_config`, with a person's changes.
        workdir: receives `config.json`, `checkpoints/`, `samples/`, `events/` and, in the end,
            `model/`, the best checkpoint's generator as a model folder.

    Returns:
        The last state. After SIGTERM, SIGINT or SIGHUP it comes early, saved.

    Raises:
        InputError: something about the configuration, the data, the devices or the workdir needs
            fixing; the message says what.
        FloatingPointError: a loss or a parameter is not finite; the message names it and the step.

    Whatever is raised while the run trains, the steps until then are saved if they are finite, and
    a line says so, or why not. Of several processes the others end as well.
    """
    # What is cheap to check comes before what is not: data, then the first compilation.
    config_checks.validate(config)
    check_best_metric(config.train.best_metric)
    devices = Devices()
    devices.check_batch_size(config.data.batch_size)
    with contextlib.ExitStack() as stack:
        processes = stack.enter_context(Processes())
        interruption = stack.enter_context(Interruption())
        stack.enter_context(devices.explaining_errors(config.data.batch_size))
        plan = objectives.prepare(config)
        start.make_workdir(workdir)
        if devices.is_first_process:
            stack.enter_context(locked(workdir))
        checkpoints = start.open_checkpoints(config, workdir)
        stack.callback(checkpoints.close)
        step = checkpoints.latest_step() or 0
        trained = None if step else start.load_trained(config, plan.generator)
        splits: tuple[str, ...] = ("train",)
        if config.train.eval_every:
            validation_scores = ValidationScores(config.train.best_metric, devices)
            splits = ("train", "validation")

        size = models.output_size(config)
        opened = sources.open_splits(config.data, splits, size)
        images = opened["train"]
        examples = objectives.examples_per_step(config)

        def steps(epochs: int, counted: int) -> int:
            return math.ceil(epochs * len(images) / counted)

        train = config.train
        main_steps = train.num_steps or steps(train.num_epochs, objectives.counted_per_step(config))
        pretrain_steps = train.pretrain_steps or steps(train.pretrain_epochs, examples)
        num_steps = pretrain_steps + main_steps
        if step > num_steps:
            raise InputError(
                f"config.train.num_steps={main_steps}: the run in {workdir} is at step {step} of "
                f"{num_steps} already; raise it, or take another --workdir"
            )
        objective = plan.build(main_steps, pretrain_steps)
        space = models.build_space(config)

        @jax.jit
        def to_network(**arrays: Any) -> dict[str, jax.Array]:
            batch = space.to_network(**arrays)
            if not objective.frozen["terms"]:  # No term compares whole images.
                del batch["rgb"]
            return batch

        batches = iter(
            pipeline.train_batches(
                images,
                config.data,
                size,
                seed=config.seed,
                examples_per_step=examples,
                process_index=devices.process_index,
                process_count=devices.process_count,
                to_device=lambda batch: to_network(**devices.spread(batch)),
            )
        )
        stack.callback(batches.close)
        init_key, step_key = jax.random.split(jax.random.key(config.seed))
        given = {
            "training images": len(images),
            "sha256 of the training images' paths": sources.sha256_of_paths(images),
            "sha256 of weights": objective.sha256,
        }
        if step:
            state, data = checkpoints.restore(jax.eval_shape(objective.init, init_key))
            start.check_unchanged(workdir, data["given"], given)
            batches.set_state(data["iterator"])
            step = int(state.step)
        else:
            state = start.initialize(objective, init_key, trained)
        state, frozen = devices.replicate((state, objective.frozen))

        summary = Summary(workdir, step, num_steps, devices.is_first_process)
        stack.callback(summary.close)
        sizes = ", ".join(
            f"{name} {int(parameter_overview.count_parameters(network.params)):,}"
            for name, network in state.networks.items()
        )
        summary.message(
            f"{config.objective.name} on {devices.describe()}; parameters: {sizes}; "
            f"{len(images):,} training images; step {step} of {num_steps}"
            + (f", {pretrain_steps} of them to pretrain" if pretrain_steps else "")
        )
        validate = None
        if config.train.eval_every:
            validate = Validation(
                config,
                validation_scores,
                objective.generator,
                frozen["generator"],
                opened["validation"],
                devices,
                summary,
            )
        train_step = devices.compile_step(objective.step)
        pretrain_step = devices.compile_step(objective.pretrain_step or objective.step)
        history = History(examples)

        def report() -> None:
            if means := history.drain():
                if replaced := sum(len(sources.replaced(source)) for source in opened.values()):
                    means["data/unreadable"] = float(replaced)
                summary.scalars(step, means)

        saved = step

        def save(*, with_scores: bool = False) -> None:
            nonlocal saved
            host_state = jax.device_get(state)
            _check_finite(step, host_state)
            scores = None
            if with_scores and validate:
                scores = validate(step, state.eval_variables())
            if devices.is_first_process or processes.is_failing:
                start.save_config(config, workdir)
            data = {"iterator": batches.get_state(), "given": given, "config": config.to_dict()}
            # A score of the pretraining must not win against those of the objective itself.
            rated = scores if step > pretrain_steps else None
            checkpoints.save(step, host_state, data, rated)
            saved = step
            history.restart_clock()

        interruption.defer()
        stopped = False
        try:
            while step < num_steps and not stopped:
                # If this fails, the iterator's state is still that of the step before.
                batch = history.take(batches)
                run = pretrain_step if step < pretrain_steps else train_step
                state, metrics = run(state, frozen, batch, step_key)
                step += 1
                summary.advance()
                history.append(step, metrics)

                last = step in (pretrain_steps, num_steps)
                at_log = step % config.train.log_every == 0
                at_eval = validate is not None and (last or step % config.train.eval_every == 0)
                stopped = (at_log or devices.process_count == 1) and devices.any_process(
                    bool(interruption.name)
                )
                at_save = at_eval or last or stopped or step % config.train.checkpoint_every == 0
                if at_log or at_save:
                    report()
                if at_save:
                    save(with_scores=at_eval)
        except FloatingPointError:
            raise
        except Exception:
            if step > saved and processes.claim():
                lost = f"steps {saved + 1} to {step} are not saved"
                try:
                    report()
                    checkpoints.wait()
                    checkpoints = stack.enter_context(contextlib.closing(checkpoints.alone()))
                    save()
                    checkpoints.wait()
                    processes.report(f"step {step} is saved, start again to resume")
                except Exception as error:
                    processes.report(f"{lost}: {error}")
            raise
    if stopped and step < num_steps:
        cause = interruption.name or "a signal to another process"
        summary.message(f"stopped by {cause}; step {step} is saved, start again to resume")
    else:
        publication.save_model(
            config,
            workdir,
            objective.generator,
            num_images=len(images),
            num_steps=num_steps,
            write=devices.is_first_process,
        )
    return state


def _check_finite(step: int, state: TrainState) -> None:
    """Keeps a state that no training can go on from out of the checkpoints."""
    for path, leaf in jax.tree_util.tree_leaves_with_path(state):
        if not np.isfinite(leaf).all():
            name = jax.tree_util.keystr(path, simple=True, separator="/")
            raise FloatingPointError(f"step {step}: {name} is not finite; {NOT_FINITE_HINT}")
