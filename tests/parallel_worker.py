"""Trains a few steps on several devices or processes; for test_parallel.py, test_processes.py.

    python tests/parallel_worker.py compare_devices FOLDER OBJECTIVE...
    python tests/parallel_worker.py run_all WORKDIR OUTPUT COORDINATOR PROCESS_ID
    python tests/parallel_worker.py resume WORKDIR NUM_STEPS

The first writes losses and final states of one device and of all eight, Inception features by one
and by all eight, and what the steps for GPUs are made of; the second the final state of the train
loop that was stopped by a signal and resumed, as one of two processes, the scores of a generator by
both, and what `colorize` and `evaluate` make of their halves of a folder; the third goes on with a
run, on all devices that there are.
"""

import contextlib
import io
import itertools
import json
import pathlib
import re
import signal
import sys
import types
from unittest import mock

import jax
import numpy as np
import pytest
import seeded
import seeded_networks
from one_device import on_one_device

from jaxcolor import colorize, compilation, evaluate, models, objectives
from jaxcolor import config as config_lib
from jaxcolor.backbones import inception_v3, weights
from jaxcolor.data import sources
from jaxcolor.metrics import features, inception, scores
from jaxcolor.training import loop, parallel
from jaxcolor.training.parallel import Devices
from jaxcolor.training.summary import Summary
from jaxcolor.training.validation import Validation, ValidationScores

STEPS = 3
# Objectives whose steps' operations are counted.
COUNTED = ("pix2pix", "wgan_clip", "wgan_gp")


def make_config(name: str):
    config = config_lib.get_config()
    config.data.image_size = 8
    config.data.batch_size = 16
    config.generator.num_filters = 4
    config.generator.dropout = 0.0
    if name != "pretrained_bins":
        config.discriminator.num_filters = 4
        config.discriminator.num_layers = 1
    config.train.ema_decay = 0.9
    optimizers = (config.optimizer.generator, config.optimizer.discriminator)
    if name in ("wgan_clip", "wgan_gp", "batch_norm_gp"):
        config.objective.name = "wgan"
        config.objective.critic_steps = 2
    if name == "wgan_clip":
        config.objective.clip = 0.01
        for optimizer in optimizers:
            optimizer.name = "rmsprop"
            # Where a gradient is almost zero, RMSprop's first step is ten times its sign, which
            # rounding decides about; a larger ε lets the gradients themselves be compared.
            optimizer.eps = 1e-3
    if name == "wgan_gp":
        config.objective.lambda_gp = 10.0
        config.discriminator.norm = "layer"
        config.generator.dropout = 0.5
    if name == "batch_norm_gp":  # Examples are coupled across devices, and second derivatives.
        config.objective.lambda_gp = 10.0
        config.objective.discriminator_every = 2
    if name == "pretrained_bins":
        config.objective.name = "regression"
        use_bins(config)
        config.generator.dropout = 0.5
        config.train.linear_decay = 0.5
    if name == "cyclegan":
        config.objective.name = "cyclegan"
        config.objective.cyclegan.pool_size = 20
        config.data.color_space = "lab_full"
        for optimizer in optimizers:
            optimizer.eps = 1e-3  # as in clipping
    return config


def use_bins(config):
    """Lets the generator predict a distribution over colors."""
    config.data.color_space = "lab_bins"
    side = range(-60, 70, 10)
    config.data.bins.a, config.data.bins.b = zip(*itertools.product(side, side), strict=True)
    config.data.bins.shares = (1 / len(side) ** 2,) * len(side) ** 2
    config.objective.lambda_l1 = 0.0
    config.objective.lambda_bins = 1.0


def by_name(tree):
    leaves = jax.tree_util.tree_flatten_with_path(tree)[0]
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def train(config, steps, spread, state):
    rng = np.random.default_rng(0)
    losses = []
    size = config.data.image_size
    to_network = jax.jit(models.build_space(config).to_network)
    examples = objectives.examples_per_step(config)
    for step in steps:
        rgb = rng.integers(0, 256, (examples, size, size, 3), dtype=np.uint8)
        state, metrics = step(
            state, {"generator": {}, "terms": {}}, to_network(spread(rgb)), jax.random.key(1)
        )
        losses.append(jax.device_get(metrics))
    return by_name((losses, jax.device_get(state)))


def compare_devices(folder, *names):
    devices = Devices()
    assert len(devices.local) == 8
    check_options(devices)
    for name in names:
        compare_training(devices, name, f"{folder}/{name}")
    compare_features(devices, f"{folder}/features")
    counts = {name: count_operations(devices, name) for name in COUNTED}
    pathlib.Path(folder, "operations.json").write_text(json.dumps(counts))


def check_options(devices):
    """Checks that steps on several devices are compiled with the options for CPUs."""
    unknown = {"xla_no_such_option": "1"}
    with (
        mock.patch.object(compilation, "CPU_OPTIONS", unknown),
        pytest.warns(RuntimeWarning, match="without.*xla_no_such_option"),
    ):
        devices.compile_step(lambda state, *_: (state, {}))(1.0, {}, np.ones(8), 0)


def count_operations(devices, name):
    """Lowers a step for GPUs, on one device and on all, and counts; none is needed for that."""
    config = make_config(name)
    objective = objectives.build(config, STEPS)
    size = config.data.image_size
    rgb = jax.ShapeDtypeStruct((objectives.examples_per_step(config), size, size, 3), np.uint8)
    arguments = (
        jax.eval_shape(objective.init, jax.random.key(0)),
        {"generator": {}, "terms": {}},
        jax.eval_shape(models.build_space(config).to_network, rgb),
        jax.random.key(1),
    )
    counts, reused = [], []
    for used in (Devices(devices.local[:1].tolist()), devices):
        step = used.compile_step(objective.step)
        text = step.trace(*arguments).lower(lowering_platforms=("cuda",)).as_text()
        kinds = ("convolution", "all_reduce", "custom_call", "dot_general")
        exact = len(re.findall(r"convolution\(.*<precision HIGHEST>, .*<precision HIGHEST>", text))
        counts.append([*(len(re.findall(rf"stablehlo\.{kind}\b", text)) for kind in kinds), exact])
        reused.append(len(re.findall(r"jax\.buffer_donor = true|tf\.aliasing_output", text)))
    state = jax.tree.leaves(arguments[0])
    return {"one": counts[0], "eight": counts[1], "kept": [len(state) - n for n in reused]}


def compare_training(devices, name, output):
    config = make_config(name)
    pretrain_steps = 1 if name == "pretrained_bins" else 0
    objective = objectives.build(config, STEPS - pretrain_steps, pretrain_steps)
    init = jax.device_get(jax.jit(objective.init)(jax.random.key(0)))

    def steps(compile_step):
        step = compile_step(objective.step)
        first = compile_step(objective.pretrain_step) if pretrain_steps else step
        return [first] + [step] * (STEPS - 1)

    several = train(config, steps(devices.compile_step), devices.spread, devices.replicate(init))
    np.savez(f"{output}_several.npz", **several)
    one = train(config, steps(on_one_device), lambda rgb: rgb, init)
    np.savez(f"{output}_one.npz", **one)


def loop_config():
    config = make_config("pix2pix")
    use_bins(config)
    config.generator.dropout = 0.5
    config.data.image_size = 16
    config.data.num_scenes = 70
    config.data.num_threads = 2
    config.train.eval_every = 2
    config.train.num_steps = STEPS
    return config


def run_all(workdir, output, coordinator, process_id):
    parallel.set_up(coordinator, 2, int(process_id))
    workdir, output = pathlib.Path(workdir), pathlib.Path(output)
    np.savez(output, **by_name(run_loop(workdir)))
    weights.load, features.BATCH = load_first_layers, 6
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        for command, arguments in commands(workdir.parent).items():
            sys.argv = [command.__name__, *arguments, f"--shard={process_id}/2"]
            command.main()
    found = {"validation": validate(), "said": said.getvalue()}
    output.with_suffix(".json").write_text(json.dumps(found))


def run_loop(workdir):
    """Trains until a signal to the second process, and resumes."""
    config = loop_config()
    config.train.log_every = 1
    scored = []
    add, advance = scores.Scores.add, Summary.advance

    def add_and_count(self, prediction, truth, where=None):
        scored.append(len(truth))
        add(self, prediction, truth, where)

    def advance_and_stop(self):
        advance(self)
        if jax.process_index() == 1:
            signal.raise_signal(signal.SIGTERM)

    scores.Scores.add = add_and_count
    Summary.advance = advance_and_stop
    assert loop.train_and_evaluate(config, workdir).step == 1
    Summary.advance = advance
    state = loop.train_and_evaluate(config, workdir)
    validation = round(config.data.num_scenes * config.data.validation_fraction)
    assert sum(scored) == 2 * len(range(jax.process_index(), validation, jax.process_count()))
    scores.Scores.add = add
    return jax.device_get(state)


def commands(folder):
    """The arguments of each command that is run on the photographs in a folder."""
    photos, model = str(folder / "photos"), str(folder / "model")
    return {
        colorize: [photos, f"--output={folder / 'colored'}", f"--model={model}"],
        evaluate: [f"--workdir={model}", f"--data={photos}", "--fid_dims=64"],
    }


def load_first_layers(name):
    if name != "inception_v3_fid":
        raise weights.WeightsError(f"{name}: there are none", "there are none")
    tensors = seeded_networks.tensors(inception_v3.InceptionV3(("64",)), 96)
    return weights.Loaded(tensors, "seeded", pathlib.Path("seeded.npz"))


def validate():
    """The scores of a generator that is the same on any number of processes."""
    config, devices = loop_config(), Devices()
    objective = objectives.build(config, STEPS)
    state = jax.device_get(jax.jit(objective.init)(jax.random.key(0)))
    state, frozen = devices.replicate((state, objective.frozen))
    size = models.output_size(config)
    validation = Validation(
        config,
        ValidationScores("FID_64", devices),
        objective.generator,
        frozen["generator"],
        sources.open_splits(config.data, ["validation"], size)["validation"],
        devices,
        types.SimpleNamespace(scalars=lambda *_: None, sheet=lambda *_: None),
    )
    return validation(1, state.eval_variables())


def compare_features(devices, output):
    loaded = load_first_layers("inception_v3_fid")
    several = devices.placement
    assert several.num_devices == 8
    for name, placement in (("one", None), ("several", several)):
        extractor = inception.Extractor(("64",), loaded=loaded, placement=placement)
        np.savez(f"{output}_{name}.npz", **extractor(extractor.resize(seeded.pictures("one", 16))))


def resume(workdir, num_steps):
    config = loop_config()
    config.train.eval_every = 0
    config.train.num_steps = int(num_steps)
    loop.train_and_evaluate(config, pathlib.Path(workdir))


if __name__ == "__main__":
    {f.__name__: f for f in (compare_devices, run_all, resume)}[sys.argv[1]](*sys.argv[2:])
