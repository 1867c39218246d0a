"""Generators of other programs against PyTorch's outputs, on weights drawn by name."""

import json

import jax
import numpy as np
import pytest
import safetensors.numpy
import seeded
from conftest import ROOT
from full_disk import files_limited_to
from test_dynamic_unet import GOLDEN as DYNAMIC_UNET
from test_dynamic_unet import fastai_layer
from test_dynamic_unet import shapes as dynamic_unet_shapes

from jaxcolor import import_model, inference, model_folder, models
from jaxcolor.config import InputError
from jaxcolor.models.pytorch_generators import ARCHITECTURES, convert

with np.load(ROOT / "tests" / "goldens" / "pytorch_generators.npz") as _golden:
    GOLDEN = dict(_golden)
CASES = [name.removesuffix(" output") for name in GOLDEN if name.endswith(" output")]


def state_dict(case):
    """The tensors that the golden script has drawn, and the statistics' counters."""
    shapes = {
        name: tuple(shape) for name, shape in json.loads(str(GOLDEN[f"{case} shapes"])).items()
    }
    steps = {name: np.int64(3) for name in shapes if name.endswith("num_batches_tracked")}
    rest = {name: shape for name, shape in shapes.items() if name not in steps}
    return seeded.feature_weights(rest, float(GOLDEN[f"{case} gain"])) | steps


def check_output(tensors, arch, size, expected):
    config, variables = convert(tensors, ARCHITECTURES[arch])
    network = models.build_generator(config).network
    gray = np.moveaxis(np.tanh(seeded.normal("gray", (1, 1, size, size))), 1, -1)
    output = jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, gray)
    np.testing.assert_allclose(seeded.pick(np.asarray(output)), expected, atol=1e-4)
    return config


@pytest.mark.parametrize("case", CASES)
def test_outputs_equal_those_of_pytorch(case):
    arch, space = case.split()[:2]
    size = 32 if arch.startswith("resnet") else ARCHITECTURES[arch].image_size
    config = check_output(state_dict(case), arch, size, GOLDEN[f"{case} output"])
    assert config.data.color_space == space
    assert config.generator.num_filters == 4


def fastai_shapes():
    """Names and shapes of the tensors of the tutorial's Dynamic U-Net."""
    theirs = {"kernel": "weight", "scale": "weight", "mean": "running_mean", "var": "running_var"}
    shapes = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(dynamic_unet_shapes()):
        *keys, kind = (part.key for part in path[1:])
        shape = leaf.shape
        if kind == "kernel":
            shape = shape[3], shape[2], *shape[:2]
        shapes[f"{fastai_layer(keys)}.{theirs.get(kind, kind)}"] = shape
    return shapes


def test_the_tutorials_resnet18_equals_fastais():
    tensors = seeded.feature_weights(fastai_shapes())
    config, variables = convert(tensors, ARCHITECTURES["tutorial_resnet18"])
    network = models.build_generator(config).network
    gray = seeded.normal("gray", (2, 64, 64, 1))
    output = jax.jit(lambda v, x: network.apply(v, x, train=False))(variables, gray)
    with np.load(DYNAMIC_UNET) as golden:
        expected = golden["eval_64"]
    error = np.abs(seeded.pick(np.asarray(output)) - expected).max()
    assert error <= 1e-4 * np.abs(expected).max()


def test_the_generator_is_found_beside_a_discriminator():
    tensors = state_dict("tutorial_unet lab")
    whole = {f"net_G.{name}": tensor for name, tensor in tensors.items()}
    whole |= {"net_D.model.0.0.weight": np.zeros((64, 3, 4, 4)), "GANcriterion.real": np.ones(())}
    check_output(whole, "tutorial_unet", 256, GOLDEN["tutorial_unet lab output"])


def test_statistics_that_old_instance_norms_kept_are_ignored():
    tensors = state_dict("resnet_9blocks rgb")
    tensors |= {f"model.2.{kind}": np.ones(4) for kind in ("running_mean", "running_var")}
    check_output(tensors, "resnet_9blocks", 32, GOLDEN["resnet_9blocks rgb output"])


def test_tensors_that_do_not_fit_are_listed():
    tensors = state_dict("unet_128 rgb")
    del tensors["model.model.1.model.2.running_mean"]
    tensors["classifier.weight"] = np.zeros(3)
    tensors["model.model.3.bias"] = np.zeros(7)
    with pytest.raises(InputError) as error:
        convert(tensors, ARCHITECTURES["unet_128"])
    assert str(error.value).splitlines() == [
        "1 missing: model.model.1.model.2.running_mean",
        "1 unexpected: classifier.weight",
        "1 of another shape: model.model.3.bias (7,) instead of (3,)",
        "they fit no architecture",
    ]


@pytest.mark.parametrize(
    ("case", "arch", "fitting"),
    [
        ("unet_128 rgb", "unet_256", "unet_128"),
        ("unet_256 lab", "unet_128", "unet_256 and tutorial_unet"),
        ("resnet_9blocks lab", "resnet_6blocks", "resnet_9blocks"),
        ("resnet_6blocks lab", "resnet_9blocks", "resnet_6blocks"),
        ("resnet_6blocks rgb", "tutorial_resnet18", "resnet_6blocks"),
    ],
)
def test_the_architecture_that_fits_is_named(case, arch, fitting):
    with pytest.raises(
        InputError, match=rf" missing: .*\nthey fit {fitting}$|\nthey fit {fitting}$"
    ):
        convert(state_dict(case), ARCHITECTURES[arch])


def test_the_tutorials_resnet18_is_recognized():
    tensors = seeded.unfilled(fastai_shapes())
    with pytest.raises(InputError, match=r"they fit tutorial_resnet18$"):
        convert(tensors, ARCHITECTURES["tutorial_unet"])


def test_a_generator_of_other_channels_is_refused():
    tensors = state_dict("unet_128 rgb")
    tensors["model.model.0.weight"] = np.zeros((4, 6, 4, 4), np.float32)
    with pytest.raises(InputError, match="makes 3 channels of 6; only L to a and b"):
        convert(tensors, ARCHITECTURES["unet_128"])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "latest_net_G.safetensors"
    safetensors.numpy.save_file(
        {name: np.asarray(tensor) for name, tensor in state_dict("unet_128 rgb").items()}, path
    )
    return path


def test_an_imported_file_colors(file, run_main, tmp_path, monkeypatch):
    output = tmp_path / "model"
    output.mkdir()
    monkeypatch.chdir(output)
    done = run_main(import_model, file, "--arch", "unet_128", "--output", ".")
    assert done.returncode == 0, done.stderr
    config, _, variables = model_folder.load(output)
    _, expected = convert(state_dict("unet_128 rgb"), ARCHITECTURES["unet_128"])
    jax.tree.map(np.testing.assert_array_equal, variables, expected)
    card = (output / model_folder.CARD_FILE).read_text()
    assert (
        "| imported from | `latest_net_G.safetensors`, unet_128, trained in PyTorch; SHA-" in card
    )
    gray = np.tile(np.arange(120, dtype=np.uint8), (90, 1))
    color = inference.Colorizer.from_checkpoint(output)(gray)
    assert color.shape == (90, 120, 3)
    assert (config.data.color_space, np.ptp(color, axis=-1).max() > 9) == ("rgb", True)


def test_a_file_that_does_not_fit_is_refused_and_nothing_written(file, run_main, tmp_path):
    output = tmp_path / "model"
    refused = run_main(import_model, file, "--arch", "resnet_9blocks", "--output", output)
    assert refused.returncode == 1
    assert refused.stderr.startswith(
        f"error: {file}: its tensors do not fit --arch resnet_9blocks:\n"
    )
    assert refused.stderr.endswith("\nthey fit unet_128")
    assert not output.exists()


@pytest.mark.usefixtures("capsys")  # What is printed must not go to a limited file.
def test_a_full_disk_leaves_no_part_of_a_model(file, tmp_path):
    with files_limited_to(2**14), pytest.raises(OSError, match="File too large"):
        import_model.import_file(file, "unet_128", tmp_path / "model")
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_folder_that_holds_something_is_left_alone(file, run_main, tmp_path):
    refused = run_main(import_model, file, "--arch", "unet_128", "--output", tmp_path)
    assert refused.returncode == 1
    assert "holds files already; give a new folder" in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == [file.name]
