"""The real weights, where they lie on the machine.

JAXCOLOR_TEST_WEIGHTS names a folder of weight files, with `golden.safetensors` beside them: outputs
of the two MobileNets, `mobilenet_v2.logits` and `deeplabv3.logits`, for the images 00000, 00100,
00200 and 00300 (.jpg) of the folder that JAXCOLOR_TEST_IMAGES names, stretched to 224² and 257².
"""

import os
import pathlib

import jax
import numpy as np
import pytest
import seeded
from conftest import ROOT
from PIL import Image
from safetensors.numpy import load_file

from jaxcolor.backbones import networks, weights
from jaxcolor.metrics import inception

WEIGHTS = os.environ.get("JAXCOLOR_TEST_WEIGHTS")
IMAGES = os.environ.get("JAXCOLOR_TEST_IMAGES")


@pytest.fixture(autouse=True)
def folder(monkeypatch):
    if not WEIGHTS:
        pytest.skip("JAXCOLOR_TEST_WEIGHTS is not set")
    monkeypatch.setenv("JAXCOLOR_WEIGHTS", WEIGHTS)
    return pathlib.Path(WEIGHTS)


@pytest.mark.parametrize(
    ("name", "golden", "size"),
    [
        ("mobilenet_v2", "mobilenet_v2.logits", 224),
        ("deeplab_v3_mobilenet_v2", "deeplabv3.logits", 257),
    ],
)
def test_mobilenets_equal_an_independent_forward_pass(name, golden, size, folder):
    if not IMAGES:
        pytest.skip("JAXCOLOR_TEST_IMAGES is not set")
    rgb = []
    for place in (0, 100, 200, 300):
        with Image.open(pathlib.Path(IMAGES, f"{place:05d}.jpg")) as image:
            rgb.append(np.asarray(image.resize((size, size), Image.BICUBIC), np.float32) / 255)
    network = networks.load(name, ("logits",), size)
    ours = jax.jit(network.features)(network.variables, np.stack(rgb))["logits"]
    theirs = load_file(folder / "golden.safetensors")[golden]
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


def test_features_equal_pytorch_fids():
    if weights.find("inception_v3_fid") is None:
        pytest.skip("no weights of Inception")
    extractor = inception.Extractor(("768",))
    ours = extractor(extractor.resize(seeded.pictures("one")))["768"]
    with np.load(ROOT / "tests" / "goldens" / "backbone_inception_v3_real.npz") as goldens:
        theirs = goldens["768"]
    assert np.abs(ours - theirs).max() <= 1e-4 * np.abs(theirs).max()


@pytest.mark.parametrize("name", sorted(weights.WEIGHTS))
def test_files_have_the_right_hash_and_fit_their_networks(name):
    if weights.find(name) is None:
        pytest.skip(f"no weights of {name}")
    loaded = weights.load(name)
    if name in networks.BACKBONES and name != "inception_v3_fid":
        networks.load(name, networks.BACKBONES[name].taps, 299)
    assert loaded.tensors
