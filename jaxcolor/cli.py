"""The command-line parser of all commands."""

import argparse
import io
import math
import pathlib
import sys
from collections.abc import Sequence
from typing import Any


class Parser(argparse.ArgumentParser):
    """A parser of options with underscores, which may be typed with dashes as well."""

    def __init__(self, description: str | None, prog: str | None = None):
        """Describes a command.

        Args:
            description: printed as it is, such as the docstring of the command's module.
            prog: how the command is called; by default the script's name.
        """
        super().__init__(
            prog=prog,
            description=description,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )

    def parse_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parses arguments, by default those of the command line."""
        print_any_name()
        return super().parse_args(underscored(sys.argv[1:] if args is None else args), namespace)


def print_any_name() -> None:
    """Lets names of files be printed whatever bytes they hold, those that are no text escaped."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def add_model_option(parser: argparse.ArgumentParser, *also: str, **options: Any) -> None:
    """Adds `--model`, the model that a command reads.

    Args:
        parser: of the command.
        *also: other names of the option.
        **options: as of `argparse.ArgumentParser.add_argument`.
    """
    default = "" if options.get("required") else " (default: the model in the package)"
    parser.add_argument(
        "--model",
        *also,
        dest="model",
        type=pathlib.Path,
        metavar="FOLDER",
        help=f"model folder, or workdir of a training run{default}",
        **options,
    )


def add_color_options(parser: argparse.ArgumentParser, *, factor: bool = True) -> None:
    """Adds the options that change a model's colors.

    Args:
        parser: of the command.
        factor: whether `--colorfulness` is a factor for models without a distribution over colors.
    """
    others = "multiplies a and b (0 or more, 1 by default)" if factor else "cannot be set"
    parser.add_argument(
        "--colorfulness",
        type=float,
        metavar="X",
        help="for a model that predicts a distribution over colors, such as the model in the "
        "package: 0 (most faithful) to 1 (most colorful), by default the model's own value; for "
        f"any other model: {others}",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        metavar="X",
        help="for a model that predicts a distribution over colors only: above 0, by default the "
        "model's own value; lower values give purer colors",
    )


def add_shard_option(parser: argparse.ArgumentParser) -> None:
    """Adds the option by which several jobs divide a folder."""
    parser.add_argument(
        "--shard",
        metavar="I/N",
        help="do part I of N only, counted from 0; N jobs, one for each I, do all of it",
    )


def check_positive(parser: argparse.ArgumentParser, args: argparse.Namespace, *names: str) -> None:
    """Ends the program if a number among the options is not above 0, or not finite."""
    for name in names:
        if not 0 < getattr(args, name) < math.inf:
            parser.error(f"--{name} {getattr(args, name):g}: must be above 0, and finite")


def underscored(arguments: Sequence[str]) -> list[str]:
    """Spells the names of options with underscores: `--fid-mode=a-b` as `--fid_mode=a-b`.

    Values, and all that follows a lone `--`, stay as they are.
    """
    end = arguments.index("--") if "--" in arguments else len(arguments)
    return [*map(_spell, arguments[:end]), *arguments[end:]]


def _spell(argument: str) -> str:
    if not argument.startswith("--"):
        return argument
    name, equals, value = argument.partition("=")
    return "--" + name[2:].replace("-", "_") + equals + value
