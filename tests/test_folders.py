import os

import jax
import numpy as np
import pytest
from conftest import run_module
from PIL import Image

from jaxcolor import evaluate, images, listing, model_folder
from jaxcolor.config import InputError
from jaxcolor.metrics import folders
from jaxcolor.metrics.evaluation import Evaluation


@pytest.fixture
def predictions(photos, tmp_path):
    """The photos, a little off, some in another format."""
    folder = tmp_path / "predictions"
    for i, path in enumerate(listing.find(photos)):
        target = (folder / path.relative_to(photos)).with_suffix(".bmp" if i % 2 else ".png")
        off = np.clip(images.read(path).astype(int) + 10, 0, 255).astype(np.uint8)
        images.write(target, off)
    return folder


def score(predictions, truth):
    evaluation = Evaluation()
    folders.add(predictions, truth, evaluation)
    return evaluation.summary()


def test_equally_named_images_are_compared(predictions, photos):
    rows = score(predictions, photos)
    assert rows.keys() == {"predictions", "gray"}
    assert rows["predictions"]["num_images"] == 12
    assert 9.0 < rows["predictions"]["MAE_255"]["mean"] < 10.0
    assert rows["predictions"]["epsilon_accuracy"]["min"] == 1
    assert rows["gray"]["MAE_255"]["mean"] > 20


def test_images_of_different_sizes_may_stand_side_by_side(tmp_path):
    for folder in ("one", "two"):
        for i, size in enumerate([(20, 30), (40, 16)]):
            images.write(tmp_path / folder / f"{i}.png", np.full((*size, 3), 50 * i, np.uint8))
    rows = score(tmp_path / "one", tmp_path / "two")
    assert rows["predictions"]["PSNR"]["num_infinite"] == 2


def test_everything_that_does_not_match_is_listed(predictions, photos):
    next(iter(predictions.rglob("*.bmp"))).unlink()
    Image.new("RGB", (8, 8)).save(predictions / "extra.png")
    with pytest.raises(InputError) as error:
        folders.add(predictions, photos, Evaluation())
    assert str(error.value).count("has no partner") == 2


def test_sizes_must_agree_and_files_be_readable(predictions, photos):
    first, second, *_ = listing.find(predictions)
    images.write(first, np.zeros((20, 20, 3), np.uint8))
    second.write_bytes(b"nothing")
    with pytest.raises(InputError) as error:
        folders.add(predictions, photos, Evaluation())
    assert "is 20 × 20, but" in str(error.value)
    assert str(second) in str(error.value)


def test_what_is_no_image_has_no_partner_and_needs_none(predictions, photos, capsys):
    for name in (".1.4711.partial.png", "._1.png", "plot.svg"):
        (predictions / name).write_bytes(b"")
    os.mkfifo(predictions / "pipe")
    (photos / "phone.heic").write_bytes(b"")
    rows = score(predictions, photos)
    assert rows["predictions"]["num_images"] == 12
    said = capsys.readouterr().out
    for part in ("left by interrupted writing", "named ._*", "none 1", "phone.heic: HEIF is not"):
        assert part in said


def test_a_pipe_named_like_an_image_is_refused_unopened(predictions, photos):
    for folder in (predictions, photos):
        os.mkfifo(folder / "pipe.png")
    with pytest.raises(InputError, match=r"pipe\.png: a pipe, a socket or a device, not a file"):
        folders.add(predictions, photos, Evaluation())


def test_images_too_small_to_score_are_named(tmp_path):
    for side in ("predictions", "truth"):
        images.write(tmp_path / side / "small.png", np.zeros((8, 30, 3), np.uint8))
    with pytest.raises(InputError, match=r"small\.png: is 30 × 8, too small for the scores"):
        folders.add(tmp_path / "predictions", tmp_path / "truth", Evaluation())


def test_two_files_of_one_name(predictions, photos):
    path = listing.find(predictions)[0]
    images.write(path.with_suffix(".tif"), images.read(path))
    with pytest.raises(InputError, match="differ only in the extension"):
        folders.add(predictions, photos, Evaluation())


def test_command(predictions, photos, run_main, tmp_path):
    (photos / "notes.txt").write_text("none")
    done = run_main(
        evaluate,
        *("--predictions", predictions, "--truth", photos, "--json", tmp_path / "out" / "s.json"),
    )
    assert done.returncode == 0, done.stderr
    table, left_out = done.stdout.split("left out:\n")
    assert "| predictions" in table
    assert left_out == f"  {photos}: files of other suffixes (.txt 1): 1\n"
    assert (tmp_path / "out" / "s.md").exists()


def test_a_name_that_is_no_text_costs_no_score(predictions, photos, tmp_path):
    folder = photos.rename(tmp_path / os.fsdecode(b"\xe9"))
    done = run_module(
        "jaxcolor.evaluate",
        *("--predictions", predictions, "--truth", folder, "--json", tmp_path / "s.json"),
        PYTHONIOENCODING="utf-8:strict",
    )
    assert done.returncode == 0, done.stderr
    for text in (done.stdout, (tmp_path / "s.md").read_text()):
        assert r"\udce9" in text


@pytest.fixture
def score_part(predictions, photos, run_main, tmp_path):
    """Scores a part of three, and returns its file."""

    def run(index, name="scores", *options):
        table = tmp_path / f"{name}.json"
        options = "--json", table, f"--shard={index}/3", *options
        done = run_main(evaluate, "--predictions", predictions, "--truth", photos, *options)
        assert done.returncode == 0, done.stderr
        return table.with_suffix(f".{index}-of-3.safetensors")

    return run


def test_merged_parts_are_the_scores_of_one_job(
    predictions, photos, score_part, run_main, tmp_path
):
    parts = [score_part(index) for index in (2, 0, 1)]
    tables = []
    for name, *options in (
        ("whole.json", "--predictions", predictions, "--truth", photos),
        ("merged.json", "--merge", *parts),
    ):
        assert run_main(evaluate, *options, "--json", tmp_path / name).returncode == 0
        tables.append((tmp_path / name).read_text())
    assert tables[0] == tables[1]
    assert parts[0].stat().st_mode == (tmp_path / "merged.json").stat().st_mode

    def refusal(*files):
        done = run_main(evaluate, "--merge", *files)
        assert done.returncode == 1
        return done.stderr

    assert "error: --merge: part 0/3, 1/3 is missing" in refusal(parts[0])
    assert f"{parts[1]}: is part 0/3, and so is {parts[1]}" in refusal(parts[1], parts[1])
    another = score_part(1, "another", "--fid_dims=64")
    assert "parts of different scores: FID: 'pytorch_fid, 2048" in refusal(*parts[:2], another)
    whole = parts[1].read_bytes()
    for damaged in (b"damaged", whole[:-1] + bytes([whole[-1] ^ 1])):
        parts[1].write_bytes(damaged)
        assert f"{parts[1]}: cannot be read as scores of `evaluate --shard`" in refusal(*parts)


def test_parts_of_two_sets_that_are_no_files_are_refused(colorizer, run_main, tmp_path):
    config = colorizer.config.copy_and_resolve_references()
    model, table = tmp_path / "model", tmp_path / "scores.json"
    parts = []
    for index, config.data.num_scenes in enumerate((40, 80)):
        model_folder.save(model, config, jax.device_get(colorizer._variables), np.float32)
        done = run_main(evaluate, "--model", model, "--json", table, f"--shard={index}/2")
        assert done.returncode == 0, done.stderr
        parts.append(table.with_suffix(f".{index}-of-2.safetensors"))
    done = run_main(evaluate, "--merge", *parts)
    assert done.returncode == 1
    assert "parts of different scores: images: '4 images' and '8 images'" in done.stderr


def test_a_part_without_images_is_refused(predictions, photos, run_main, tmp_path):
    options = "--json", tmp_path / "scores.json", "--shard=12/13"
    done = run_main(evaluate, "--predictions", predictions, "--truth", photos, *options)
    assert "error: --shard 12/13: none of the 12 images is in it; take fewer" in done.stderr


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "give --model for a run, --data alone for the model in the package, or --pred"),
        (["--colorfulness", "0.5"], "give --model for a run"),
        (["--predictions", "a"], "--predictions and --truth need each other"),
        (["--truth", "a", "--workdir", "b"], "--predictions and --truth need each other"),
        (["--data", "a", "--shard", "0/2"], "--shard needs --json"),
        (["--data", "a", "--shard", ""], "--shard needs --json"),
        (
            ["--merge", "a", "--data", "b", "--fid_dims", "64"],
            "--data, --fid_dims: for the jobs; --merge joins what they scored",
        ),
        (["--data", "a", "--last"], "--last needs --model"),
        (
            ["--predictions", "a", "--truth", "b", "--data", "c", "--colorfulness", "0"],
            "--data, --colorfulness: for a model; --predictions are colorized already",
        ),
        (
            ["--predictions", "a", "--truth", "b", "--json", "scores.txt"],
            "--json scores.txt: must end in .json",
        ),
    ],
)
def test_options_that_do_not_go_together(options, message, run_main):
    refused = run_main(evaluate, *options)
    assert refused.returncode == 2
    assert f"error: {message}" in refused.stderr
