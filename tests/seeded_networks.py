"""Weights of the frozen networks, drawn by their tensors' official names."""

import functools

import jax
import numpy as np
import seeded

from jaxcolor import models
from jaxcolor.backbones import networks


def tensors(network, size, draw=seeded.feature_weights):
    """The PyTorch state dict of a frozen network; `draw` makes arrays from shapes by name."""
    shapes = {}
    theirs = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}
    template = jax.eval_shape(network.init, jax.random.key(0), np.zeros((1, size, size, 3)))
    for path, leaf in jax.tree_util.tree_leaves_with_path(template):
        layer, ours = path[-2].key, path[-1].key
        shape = leaf.shape
        if ours == "kernel":
            shape = (shape[3], shape[2], *shape[:2]) if len(shape) == 4 else shape[::-1]
        shapes[f"{layer}.{theirs.get(ours, ours)}"] = shape
    return draw(shapes)


def variables(generator, image_size):
    """Draws a generator's variables by their names; compiling its `init` takes seconds."""

    def draw(path, leaf):
        name, kind = jax.tree_util.keystr(path), path[-1].key
        if len(leaf.shape) > 1:
            return seeded.normal(name, leaf.shape, np.prod(leaf.shape[:-1]) ** -0.5)
        return np.full(leaf.shape, kind in ("scale", "var"), np.float32)

    return jax.tree_util.tree_map_with_path(draw, models.variable_shapes(generator, image_size))


@functools.cache
def registered(name, draw=seeded.feature_weights):
    """The state dict of that name in `jaxcolor.backbones.registry.WEIGHTS`, not to be changed."""
    if name == "lpips_vgg":
        return seeded.lpips_heads()
    kind = networks.BACKBONES[name]
    return tensors(kind.build(kind.taps), 96, draw)
