"""The command-line parser of all commands."""

import argparse
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
        return super().parse_args(underscored(sys.argv[1:] if args is None else args), namespace)


def add_color_options(parser: argparse.ArgumentParser) -> None:
    """Adds the options of `Colorizer` that change its colors."""
    parser.add_argument(
        "--colorfulness",
        type=float,
        help="0 (most faithful) to 1 (most colorful), by default the model's own; of a model "
        "without a distribution over colors a factor on a and b",
    )
    parser.add_argument(
        "--temperature",
        type=float,
        help="of a distribution over colors, above 0; below 1 colors are purer",
    )


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
