"""The options of all commands, spelled with underscores and with dashes."""

import argparse
import sys

import benchmark_convolution
import benchmark_startup
import pack_array_record
import pytest
import reproduce

from jaxcolor import cli, colorize, evaluate


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
