"""Weights of the frozen networks, drawn by their tensors' official names."""

import jax
import numpy as np
import seeded


def tensors(network, size):
    """The PyTorch state dict of a frozen network, drawn by its tensors' names."""
    shapes = {}
    theirs = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}
    template = jax.eval_shape(network.init, jax.random.key(0), np.zeros((1, size, size, 3)))
    for path, leaf in jax.tree_util.tree_leaves_with_path(template):
        layer, ours = path[-2].key, path[-1].key
        shape = leaf.shape
        if ours == "kernel":
            shape = (shape[3], shape[2], *shape[:2]) if len(shape) == 4 else shape[::-1]
        shapes[f"{layer}.{theirs.get(ours, ours)}"] = shape
    return seeded.feature_weights(shapes)
