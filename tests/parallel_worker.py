"""Trains five steps of an objective on several devices; run by test_parallel.py.

    python tests/parallel_worker.py OBJECTIVE OUTPUT [COORDINATOR PROCESS_ID]

Writes losses and final state of one device and of all devices to OUTPUT; or, as one of two
processes, of this process's devices.
"""

import sys

import jax
import numpy as np

from jaxcolor import config as config_lib
from jaxcolor import objectives
from jaxcolor.data import transforms
from jaxcolor.training.parallel import Devices

STEPS = 5


def make_config(name: str):
    config = config_lib.get_config()
    config.data.image_size = 32
    config.data.batch_size = 16
    config.generator.num_filters = 4
    config.generator.dropout = 0.0
    config.discriminator.num_filters = 4
    config.train.ema_decay = 0.9
    optimizers = (config.optimizer.generator, config.optimizer.discriminator)
    for optimizer in optimizers:
        # Where a gradient is almost zero, Adam's and RMSprop's first steps are its sign, and so
        # rounding decides about them; a larger ε lets the gradients themselves be compared.
        optimizer.eps = 1e-3
    if name != "pix2pix":
        config.objective.name = "wgan"
        config.objective.critic_steps = 2
    if name == "wgan_clip":
        config.objective.clip = 0.01
        for optimizer in optimizers:
            optimizer.name = "rmsprop"
    if name == "wgan_gp":
        config.objective.lambda_gp = 10.0
        config.discriminator.norm = "layer"
    if name == "dropout":
        config.objective.lambda_gp = 10.0
        config.generator.dropout = 0.5
    return config


def train(config, step, spread, state, share=slice(None)):
    rng = np.random.default_rng(0)
    losses = []
    size = config.data.image_size
    to_network = jax.jit(transforms.to_network)
    examples = config.data.batch_size * config.objective.critic_steps
    for _ in range(STEPS):
        rgb = rng.integers(0, 256, (examples, size, size, 3), dtype=np.uint8)
        state, metrics = step(state, to_network(spread(rgb[share])), jax.random.key(1))
        losses.append(jax.device_get(metrics))
    leaves = jax.tree_util.tree_flatten_with_path((losses, jax.device_get(state)))[0]
    return {jax.tree_util.keystr(path): np.asarray(leaf) for path, leaf in leaves}


def main(name, output, coordinator=None, process_id=None):
    if coordinator:
        jax.distributed.initialize(coordinator, 2, int(process_id))
    config = make_config(name)
    devices = Devices(config.data.batch_size)
    objective = objectives.build(config, devices.axis_name)
    init = jax.device_get(jax.jit(objective.init)(jax.random.key(0)))
    block = config.data.batch_size * objective.batches_per_step // devices.process_count
    share = slice(devices.process_index * block, (devices.process_index + 1) * block)
    step = devices.compile_step(objective.step)
    several = train(config, step, devices.spread, devices.replicate(init), share)
    np.savez(f"{output}_several.npz", **several)
    if not coordinator:
        assert len(devices.local) == 8
        one = train(config, jax.jit(objectives.build(config).step), lambda rgb: rgb, init)
        np.savez(f"{output}_one.npz", **one)


if __name__ == "__main__":
    main(*sys.argv[1:])
