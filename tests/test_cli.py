"""The options of all commands, spelled with underscores and with dashes."""

import argparse
import io
import os
import subprocess
import sys

import benchmark_convolution
import benchmark_startup
import pack_array_record
import pytest
import reproduce
from conftest import ROOT
from PIL import Image

from jaxcolor import __main__ as command_line
from jaxcolor import cli, colorize, config, evaluate, train
from jaxcolor.backbones import weights
from jaxcolor.config import InputError
from jaxcolor.training import parallel


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (evaluate, "--fid_mode"),
        (evaluate, "--fid_dims"),
        (colorize, "--no_keep_lightness"),
        (reproduce, "--budget_images"),
        (reproduce, "--image_size"),
        (pack_array_record, "--test_fraction"),
        (pack_array_record, "--skip_unreadable"),
        (benchmark_convolution, "--batch_size"),
        (benchmark_startup, "--image_size"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
@pytest.mark.parametrize("spell", [str, lambda option: f"--{option[2:].replace('_', '-')}"])
def test_every_command_knows_both_spellings(command, option, spell, monkeypatch, capsys):
    """A value that no option takes: the message names the option that was given it."""
    monkeypatch.setattr(sys, "argv", ["command", f"{spell(option)}=a-b"])
    with pytest.raises(SystemExit) as stop:
        command.main()
    assert stop.value.code == 2
    assert f"argument {option}: " in capsys.readouterr().err


def test_only_names_of_options_are_spelled_anew():
    arguments = ["a-b", "--c-d", "e-f", "--config.g-h=i-j", "-k-l", "--m_n=o", "--", "--p-q"]
    assert cli.underscored(arguments) == [
        *("a-b", "--c_d", "e-f", "--config.g_h=i-j", "-k-l", "--m_n=o", "--", "--p-q")
    ]


def test_a_parser_reads_what_it_is_given():
    parser = cli.Parser("Does it.")
    parser.add_argument("--image_size", type=int)
    for spelled in ("--image_size", "--image-size"):
        assert parser.parse_args([spelled, "8"]) == argparse.Namespace(image_size=8)


def test_one_command_runs_all(monkeypatch, capsys):
    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["jaxcolor", *arguments])
        with pytest.raises(SystemExit) as stop:
            command_line.main()
        return stop.value.code

    assert run("colorize", "--help") == 0
    assert "usage: jaxcolor colorize" in capsys.readouterr().out
    assert run("evaluate", "--fid_dims=x") == 2
    assert run("colorise") == "error: colorise: there is no such command; is it colorize?"
    assert "jaxcolor colorize photo.jpg" in run()


def test_the_help_of_training_is_its_own(run_main):
    done = run_main(train, "--config", "pix2pix", "--help")
    assert done.returncode == 0
    assert done.stdout.startswith("usage: jaxcolor train ")
    for part in ("--workdir", "--coordinator", "wgan_gp", "--config.FIELD=VALUE"):
        assert part in done.stdout


def test_a_configuration_has_a_path_or_a_name():
    assert config.find_file("anywhere/mine.py") == "anywhere/mine.py"
    named = config.from_file(config.find_file("reports/s4"))
    assert named.objective.name == "wgan"
    with pytest.raises(InputError, match=r"--config pix3pix: must be a \.py file or one of"):
        config.find_file("pix3pix")


def test_a_photograph_through_a_pipe(tmp_path):
    photo = ROOT / "docs" / "examples" / "cat.jpg"
    done = subprocess.run(
        [sys.executable, "-m", "jaxcolor", "colorize", "-", "--format=png"],
        input=photo.read_bytes(),
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    with Image.open(io.BytesIO(done.stdout)) as colored, Image.open(photo) as truth:
        assert (colored.format, colored.size) == ("PNG", truth.size)
    assert list(tmp_path.iterdir()) == []


def test_the_cache_can_be_another_folder(run_main, monkeypatch, tmp_path):
    changed = {}
    monkeypatch.setattr(parallel.jax.config, "update", changed.__setitem__)
    monkeypatch.setenv("JAXCOLOR_CACHE", "")
    folder = tmp_path / "cache"
    done = run_main(colorize, "photo.jpg", "--cache", folder, "--hint", "none")
    assert "none" in done.stderr
    assert changed["jax_compilation_cache_dir"] == str(folder)
    assert weights.folders()[-1] == folder / "weights"
    refused = run_main(colorize, "photo.jpg", "--cache", ROOT / "README.md")
    assert (refused.returncode, "README.md: is a file" in refused.stderr) == (2, True)
