"""The frozen networks against the packages that define them, on weights drawn by name."""

import jax
import numpy as np
import pytest
import seeded
import seeded_networks
from conftest import ROOT

from jaxcolor.backbones import (
    conversion,
    deeplab_v3,
    inception_resnet_v2,
    inception_v3,
    resnet,
    vgg16,
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


def run(network, variables, size):
    return jax.jit(network.apply)(variables, seeded.normal("image", (2, size, size, 3)))


@pytest.mark.parametrize("name", NETWORKS)
def test_every_tap_equals_the_official_networks(name):
    network, size = NETWORKS[name]
    variables = conversion.to_variables(network, seeded_networks.tensors(network, size), size)
    outputs = run(network, variables, size)
    with np.load(ROOT / "tests" / "goldens" / f"backbone_{name}.npz") as goldens:
        assert outputs.keys() == set(goldens)
        for tap, output in outputs.items():
            ours, theirs = seeded.pick(np.asarray(output)), goldens[tap]
            assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max(), tap
