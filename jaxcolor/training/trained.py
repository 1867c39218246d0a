"""Loads a trained generator, from a run's workdir or from a model folder."""

import pathlib

from ml_collections import ConfigDict

from jaxcolor import model_folder
from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator, Variables


def load_generator(
    path: pathlib.Path, *, last: bool = False
) -> tuple[ConfigDict, Generator, Variables]:
    """Loads the generator of a model folder, or of a run's best checkpoint.

    Args:
        path: a model folder, or the workdir of a run.
        last: load the run's last checkpoint instead.

    Returns:
        The configuration that it was trained with, the generator and its variables, NumPy arrays.

    Raises:
        InputError: as `jaxcolor.model_folder.load`, or as `workdirs.load_generator`; or `last` is
            given for a model folder.
    """
    if model_folder.is_model(path):
        if last:
            raise InputError(
                f"{path}: is a model folder, which holds one model; leave out --last, or give the "
                "workdir of a run"
            )
        return model_folder.load(path)
    # Orbax is slow to import, and a model folder does without it.
    from jaxcolor.training import workdirs

    return workdirs.load_generator(path, last=last)
