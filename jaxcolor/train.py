r"""Trains a model.

    jaxcolor train --config pix2pix --workdir runs/pix2pix \
        --config.data.source=folder --config.data.path=photos

The workdir receives checkpoints, sample pictures, logs for TensorBoard and, at the end, the trained
model as a folder. If the command is stopped, the same command resumes the run. Every field of the
configuration can be set by --config.FIELD=VALUE; jaxcolor/config.py lists all fields.
"""

import pathlib
import sys

from absl import app, flags, logging
from ml_collections import config_flags

from jaxcolor import cli, config_checks, memory
from jaxcolor import config as config_lib
from jaxcolor.config import InputError
from jaxcolor.training import loop, parallel, processes

_CONFIG = config_flags.DEFINE_config_file(
    "config",
    None,
    "a configuration file (.py), or the name of a configuration in the package: "
    + config_lib.names_in_package(),
    lock_config=True,
)
_WORKDIR = flags.DEFINE_string(
    "workdir", None, "folder of the run; created if it does not exist", required=True
)
_COORDINATOR = flags.DEFINE_string(
    "coordinator",
    "",
    "for training on several machines: HOST:PORT of process 0, or auto under Slurm, Open MPI and "
    "Kubernetes",
)
_NUM_PROCESSES = flags.DEFINE_integer(
    "num_processes", 1, "for training on several machines: number of processes"
)
_PROCESS_ID = flags.DEFINE_integer(
    "process_id", 0, "for training on several machines: number of this process, from 0"
)


def main() -> None:
    """Trains; errors that the user can fix end it with one message."""
    if {"-h", "--help"} & set(sys.argv):
        _print_help()
        return
    cli.print_any_name()
    flags.mark_flag_as_required("config")
    try:
        # The flags of the configuration look here as well.
        sys.argv = _with_path(cli.underscored(sys.argv))
    except InputError as error:
        sys.exit(f"error: {error}")
    app.run(_train, flags_parser=_parse_flags)


def _print_help() -> None:
    """Prints the help as the other commands do; absl's has the flags of all modules."""
    parser = cli.Parser(__doc__, "jaxcolor train")
    for flag in (_CONFIG, _WORKDIR, _COORDINATOR, _NUM_PROCESSES, _PROCESS_ID):
        parser.add_argument(
            f"--{flag.name}", required=flag.default is None, help=flags.FLAGS[flag.name].help
        )
    parser.print_help()


def _with_path(arguments: list[str]) -> list[str]:
    """Replaces the name of a configuration by the path of its file."""
    arguments = list(arguments)
    for i, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name in ("--config", "-config") and equals:
            arguments[i] = f"{name}={config_lib.find_file(value)}"
        elif name in ("--config", "-config") and i + 1 < len(arguments):
            arguments[i + 1] = config_lib.find_file(arguments[i + 1])
    return arguments


def _train(argv: list[str]) -> None:
    if len(argv) > 1:
        sys.exit(f"error: unexpected arguments {argv[1:]}; fields are set by --config.FIELD=VALUE")
    if not flags.FLAGS["verbosity"].present:
        # Orbax logs every step of its work, and every failure that the checkpoints report anyway.
        logging.set_verbosity(logging.FATAL)
    try:
        if not _WORKDIR.value:
            raise InputError("--workdir= is empty; name a folder, or . for the current one")
        memory.keep_freed()
        parallel.set_up(_COORDINATOR.value, _NUM_PROCESSES.value, _PROCESS_ID.value)
        loop.train_and_evaluate(_CONFIG.value, pathlib.Path(_WORKDIR.value))
    except (InputError, FloatingPointError, OSError) as error:
        processes.stop(str(error))


def _parse_flags(argv: list[str]) -> list[str]:
    try:
        config_checks.check_overrides(argv)
        return app.parse_flags_with_usage(argv)
    except (InputError, OSError, AttributeError, KeyError, TypeError) as error:
        sys.exit(f"error: {error}")  # All but the first come from the configuration file.


if __name__ == "__main__":
    main()
