import collections
import io
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from conftest import first_variables, lightness, picture, run_module
from PIL import Image

from jaxcolor import colorize, evaluate, images, inference, listing, models
from jaxcolor.config import InputError
from jaxcolor.data import transforms
from jaxcolor.training import loop
from jaxcolor.training.checkpoint import Checkpoints


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """The workdir of a short run; a worse, last checkpoint paints everything gray."""
    from jaxcolor import config as config_lib

    config = config_lib.get_config()
    config.data.image_size = 32
    config.data.batch_size = 4
    config.data.num_scenes = 40
    config.data.validation_fraction = 0.15
    config.generator.num_filters = 4
    config.discriminator.num_filters = 4
    config.train.num_steps = 3
    config.train.ema_decay = 0.5
    workdir = tmp_path_factory.mktemp("inference") / "run"
    state = jax.device_get(loop.train_and_evaluate(config, workdir))
    checkpoints = Checkpoints(workdir, "PSNR")
    gray = state.replace(ema=jax.tree.map(np.zeros_like, state.ema))
    checkpoints.save(4, gray, {"config": config.to_dict()}, {"PSNR": 0.0})
    checkpoints.close()
    return workdir, state, config


@pytest.mark.parametrize("shape", [(32, 32), (1, 1), (7, 300), (301, 40), (513, 517)])
def test_any_size_keeps_its_size_and_its_lightness(colorizer, shape):
    gray = picture(*shape)[..., 0]
    out = colorizer(gray)
    assert out.shape == (*shape, 3)
    assert out.dtype == np.uint8
    assert np.ptp(out.astype(int), axis=-1).max() > 10
    np.testing.assert_allclose(lightness(out), lightness(np.stack([gray] * 3, -1)), atol=0.6)


def test_gray_as_two_and_as_three_axes_are_the_same(colorizer):
    gray = picture(20, 30)[..., 0]
    np.testing.assert_array_equal(colorizer(gray), colorizer(np.stack([gray] * 3, axis=-1)))


def test_colors_of_the_input_do_not_matter(colorizer):
    photo = picture(40, 32)
    gray = np.asarray(transforms.without_color(jnp.asarray(photo[None])))[0]
    difference = colorizer(photo).astype(int) - colorizer(gray)
    assert np.abs(difference).mean() < 1.5


def test_at_the_networks_size_it_equals_the_prediction(colorizer):
    photo = picture(32, 32)
    np.testing.assert_allclose(
        colorizer(photo).astype(int), colorizer.predict(photo[None])[0].astype(int), atol=1
    )


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 4), np.float32),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4), np.int16),
        np.zeros((1, 4, 4, 3), np.uint8),
        np.zeros(4, np.uint8),
        np.zeros((0, 4), np.uint8),
    ],
)
def test_other_arrays_are_refused(colorizer, image):
    with pytest.raises(InputError, match=r"must be \[H, W\], .* uint16, is \["):
        colorizer(image)


def test_a_generator_of_rgb_keeps_the_photos_lightness_unless_told_not_to(config):
    config.data.color_space = "rgb"
    variables = first_variables(models.build_generator(config), 32)
    # Its output is one orange, whatever its input.
    last = variables["params"]["up_0"]
    last["kernel"] = np.zeros_like(last["kernel"])
    last["bias"] = np.arctanh(np.array([0.6, 0.2, -0.4], np.float32))
    photo = np.repeat(np.arange(60, 190, dtype=np.uint8).reshape(1, -1, 1), 40, 0).repeat(3, 2)
    kept = inference.Colorizer(config, variables)(photo)
    np.testing.assert_allclose(lightness(kept), lightness(photo), atol=1)
    assert (kept[..., 0] > kept[..., 2]).all()
    free = inference.Colorizer(config, variables, keep_lightness=False)(photo)
    assert free.shape == photo.shape
    np.testing.assert_allclose(free, np.broadcast_to([204, 153, 76], free.shape), atol=1)


def test_variables_of_another_network_are_refused(config):
    generator = models.build_generator(config)
    variables = models.variable_shapes(generator, config.data.image_size)
    config.generator.num_filters = 8
    with pytest.raises(InputError, match=r"variables: .*the shape of [a-z_]+/down_"):
        inference.Colorizer(config, variables)


def test_a_checkpoint_gives_the_average_of_the_best_or_the_last_step(run):
    workdir, state, config = run
    photo = picture(32, 32)[None]
    np.testing.assert_array_equal(
        inference.Colorizer.from_checkpoint(str(workdir)).predict(photo),
        inference.Colorizer(config, state.ema).predict(photo),
    )
    last = inference.Colorizer.from_checkpoint(workdir, last=True)
    np.testing.assert_allclose(last.predict(photo), transforms.without_color(photo), atol=1)


def test_what_is_no_checkpoint_is_refused(run, tmp_path):
    workdir, _, _ = run
    with pytest.raises(InputError, match=r"config\.json: No such file"):
        inference.Colorizer.from_checkpoint(tmp_path)
    (tmp_path / "config.json").write_text((workdir / "config.json").read_text())
    with pytest.raises(InputError, match="holds no checkpoints"):
        inference.Colorizer.from_checkpoint(tmp_path)
    (tmp_path / "checkpoints").mkdir()
    with pytest.raises(InputError, match="no checkpoint yet"):
        inference.Colorizer.from_checkpoint(tmp_path)
    text = (workdir / "config.json").read_text()
    (tmp_path / "config.json").write_text(text.replace('"num_filters": 4', '"num_filters": 8'))
    (tmp_path / "checkpoints").rmdir()
    (tmp_path / "checkpoints").symlink_to(workdir / "checkpoints")
    with pytest.raises(InputError, match=r"config\.generator\.num_filters: was 4, is 8"):
        inference.Colorizer.from_checkpoint(tmp_path)


def test_commands(run, photos, run_main, tmp_path):
    workdir, _, _ = run
    for done, scores, count, checkpoint in (
        (run_module("jaxcolor.evaluate", "--workdir", workdir), "scores", 4, "best"),
        (
            run_main(evaluate, "--workdir", workdir, "--data", photos, "--last"),
            *("scores_photos", 12, "last"),
        ),
    ):
        assert done.returncode == 0, done.stderr
        assert "| gray " in done.stdout
        markdown = (workdir / f"{scores}.md").read_text()
        assert "| gray, min" in markdown
        assert f"images: {count}\n" in markdown
        fetch = "no weights; run jaxcolor weights fetch"
        for line in (
            f"no IS, FID and KID: {fetch} inception_v3_fid",
            f"no LPIPS: {fetch} lpips_vgg vgg16",
        ):
            assert f"\n{line}\n" in done.stdout
            assert f"\n- {line}\n" in markdown
            assert len(line) <= 100
        found = json.loads((workdir / f"{scores}.json").read_text())
        assert re.fullmatch(rf"{checkpoint}, sha256 [0-9a-f]{{8}}", found["checkpoint"])
        for score in ("IS", "FID and KID", "LPIPS"):
            assert re.search(r"SHA-256 [0-9a-f]{64}, from https://", found[f"no {score}"])
        rows = found["scores"]
        assert (rows["model"]["MAE"] == rows["gray"]["MAE"]) == (checkpoint == "last")

    (photos / "bad.jpg").write_bytes(b"nothing")
    colored = run_module(
        "jaxcolor.colorize", photos, "--checkpoint", workdir, "--last", "--output", tmp_path / "out"
    )
    assert colored.returncode == 1
    assert "bad.jpg" in colored.stderr
    assert f"; written to {tmp_path / 'out'}\n" in colored.stdout
    assert "Traceback" not in colored.stderr
    written = listing.find(tmp_path / "out")
    assert len(written) == 12
    assert np.ptp(images.read(written[0]).astype(int), axis=-1).max() <= 1

    for command in (
        (evaluate, "--workdir", tmp_path),
        (evaluate, "--workdir", workdir, "--fid_dims", 100),
        (colorize, photos, "--checkpoint", "README.md", "--output", tmp_path / "out"),
    ):
        refused = run_main(*command)
        assert refused.returncode == 1
        assert refused.stderr.startswith("error: ")


def evaluate_folder(workdir, folder, monkeypatch):
    """Runs `evaluate --data` and returns how often each of its files was decoded."""
    read = collections.Counter()
    read_file = images.read

    def read_and_count(path, *args):
        read[path] += 1
        return read_file(path, *args)

    arguments = ["evaluate", "--workdir", str(workdir), "--data", str(folder)]
    monkeypatch.setattr(sys, "argv", arguments)
    monkeypatch.setattr(images, "read", read_and_count)
    evaluate.main()
    return {path: times for path, times in read.items() if path.is_relative_to(folder)}


def test_evaluation_decodes_each_file_once(run, photos, monkeypatch):
    monkeypatch.delattr(images, "damaged")  # It decodes every file once more.
    assert evaluate_folder(run[0], photos, monkeypatch) == dict.fromkeys(listing.find(photos), 1)


def test_evaluation_lists_every_file_that_cannot_be_read(run, photos, monkeypatch):
    first, *_, last = listing.find(photos)
    first.write_bytes(b"nothing")
    last.write_bytes(last.read_bytes()[:200])
    with pytest.raises(SystemExit) as error:
        evaluate_folder(run[0], photos, monkeypatch)
    message = str(error.value)
    assert message.startswith("error: 2 of 12 image files cannot be read:\n")
    for path in (first, last):
        assert re.search(rf"\n  {path}: \w+", message)


def test_what_goes_in_comes_out(colorizer, photos, tmp_path):
    path = photos / "a" / "1.png"
    pixels = images.read(path)
    expected = colorizer(pixels)
    with Image.open(path) as opened:
        picture = colorizer(opened)
    np.testing.assert_array_equal(np.asarray(picture), expected)
    np.testing.assert_array_equal(np.asarray(colorizer(str(path))), expected)
    with Image.open(io.BytesIO(colorizer(path.read_bytes()))) as file:
        assert file.format == "PNG"
        np.testing.assert_array_equal(np.asarray(file), expected)
    gray, *_ = colorizer([Image.fromarray(pixels).convert("LA"), path])
    assert gray.mode == "RGBA"
    turned = Image.fromarray(np.rot90(pixels))
    turned.getexif()[0x0112] = 6  # Orientation: the viewer turns it back.
    np.testing.assert_array_equal(np.asarray(colorizer(turned)), expected)
    deep = Image.fromarray(np.tile(np.arange(0, 65536, 2048, dtype=np.uint16), (8, 1)))
    shades = lightness(np.asarray(colorizer(deep)))
    assert (np.diff(shades, axis=1) > 0).mean() > 0.9  # Not clipped to the lowest 8 bits.
    for wrong in (None, 3, np.zeros((4, 4)), Image.new("F", (4, 4))):
        with pytest.raises(InputError, match=r"image: |samples of 32 bits"):
            colorizer(wrong)


def test_no_image_gives_none_and_no_size_is_refused(colorizer):
    assert colorizer([]) == []
    with pytest.raises(InputError, match="size=0: must be above 0"):
        inference.Colorizer(colorizer.config, {}, size=0)


def test_lists_and_threads_change_no_color(colorizer):
    given = [picture(20 + i, 30) for i in range(5)]  # More than a batch, and no multiple of it.
    expected = [colorizer(one) for one in given]
    with ThreadPoolExecutor(3) as pool:
        in_threads = list(pool.map(colorizer, given))
    for ways in (colorizer(given), in_threads):
        for one, other in zip(ways, expected, strict=True):
            np.testing.assert_allclose(one.astype(int), other.astype(int), atol=1)
