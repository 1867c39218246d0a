"""The frozen networks against the packages that define them, on weights drawn by name."""

import jax
import numpy as np
import pytest
import seeded
from conftest import ROOT

from jaxcolor.backbones import (
    deeplab_v3,
    inception_resnet_v2,
    inception_v3,
    resnet,
    vgg16,
    weights,
)

# Name of the golden to the network, and the size of the image.
NETWORKS = {
    "inception_v3": (inception_v3.InceptionV3(inception_v3.TAPS), 96),
    "vgg16": (vgg16.VGG16(vgg16.TAPS), 32),
    "resnet18": (resnet.ResNet(18, resnet.TAPS), 64),
    "resnet50": (resnet.ResNet(50, resnet.TAPS), 64),
    "resnet50_dilated": (resnet.ResNet(50, resnet.TAPS, (False, True, True)), 64),
    "deeplab_v3_resnet50": (deeplab_v3.DeepLabV3ResNet50(), 65),
    "inception_resnet_v2": (inception_resnet_v2.InceptionResNetV2(), 96),
}


def seeded_tensors(network, size):
    """The PyTorch state dict of a network, drawn by its tensors' names."""
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


def run(network, variables, size):
    outputs = jax.jit(network.apply)(variables, seeded.normal("image", (2, size, size, 3)))
    return outputs if isinstance(outputs, dict) else {"logits": outputs}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tap_equals_the_official_networks(name):
    network, size = NETWORKS[name]
    variables = weights.to_variables(network, seeded_tensors(network, size), size)
    outputs = run(network, variables, size)
    with np.load(ROOT / "tests" / "goldens" / f"backbone_{name}.npz") as goldens:
        assert outputs.keys() == set(goldens)
        for tap, output in outputs.items():
            ours, theirs = seeded.pick(np.asarray(output)), goldens[tap]
            assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max(), tap
