"""Exported models against the model itself."""

import sys

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest
import seeded_networks

from jaxcolor import color, export, model_folder, models


@pytest.fixture
def make_model(config, tmp_path):
    """Writes the model folder of a small generator and returns it with what it predicts."""

    def make(name):
        config.generator.name = name
        generator = models.build_generator(config)
        variables = seeded_networks.variables(generator, config.data.image_size)
        model_folder.save(tmp_path / "model", config, variables, np.float32)
        space = models.build_space(config)

        def predict(rgb):
            gray = space.to_gray(rgb)
            colors = space.decode(gray, generator.apply(variables, generator.frozen, gray))
            return color.AB_SCALE * space.join_ab(gray, colors)

        return tmp_path / "model", jax.jit(predict)

    return make


def pictures(count, size=32):
    return np.random.default_rng(count).integers(0, 256, (count, size, size, 3), dtype=np.uint8)


@pytest.mark.parametrize("name", ["unet", "resnet", "mobile_unet", "bilinear_residual_unet"])
def test_stablehlo_equals_the_model_for_any_number_of_images(make_model, run_main, name, tmp_path):
    model, predict = make_model(name)
    path = tmp_path / "model.stablehlo"
    done = run_main(export, "--model", model, "--output", path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: ")
    loaded = jax.export.deserialize(path.read_bytes())
    assert {"cpu", "cuda", "tpu"} <= set(loaded.platforms)
    for count in (1, 3):
        ab = loaded.call(pictures(count))
        assert (ab.shape, ab.dtype) == ((count, 32, 32, 2), jnp.float32)
        np.testing.assert_allclose(ab, predict(pictures(count)), atol=1e-3)


def test_onnx_equals_the_model_for_any_number_of_images(make_model, run_main, tmp_path):
    pytest.importorskip("jax2onnx")
    import onnxruntime

    model, predict = make_model("mobile_unet")
    path = tmp_path / "model.onnx"
    done = run_main(export, "--model", model, "--output", path, "--format", "onnx")
    assert done.returncode == 0, done.stderr
    session = onnxruntime.InferenceSession(path)
    for count in (1, 3):
        (ab,) = session.run(["ab"], {"rgb": pictures(count)})
        np.testing.assert_allclose(ab, predict(pictures(count)), atol=1e-3)


def test_onnx_without_its_converter(make_model, run_main, monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "jax2onnx", None)
    model, _ = make_model("unet")
    path = tmp_path / "model.onnx"
    refused = run_main(export, "--model", model, "--output", path, "--format", "onnx")
    assert refused.returncode == 1
    assert 'needs jax2onnx; run pip install "jaxcolor[onnx]"' in refused.stderr
    assert not path.exists()


def test_a_setting_that_the_model_lacks(make_model, run_main, tmp_path):
    assert "for any other model: cannot be set" in " ".join(
        run_main(export, "--help").stdout.split()
    )
    model, _ = make_model("unet")
    refused = run_main(
        *(export, "--model", model, "--output", tmp_path / "m", "--colorfulness", "1")
    )
    assert refused.returncode == 1
    assert "colorfulness=1.0: needs a model of config.data.color_space='lab_bins'" in refused.stderr
