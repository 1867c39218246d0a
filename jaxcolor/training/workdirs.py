"""The workdir of a run: its configuration, and the generator of its checkpoints."""

import pathlib

from ml_collections import ConfigDict

from jaxcolor import config as config_lib
from jaxcolor import config_checks, models
from jaxcolor.config import InputError
from jaxcolor.models.generator import Generator, Variables
from jaxcolor.training import checkpoint_record
from jaxcolor.training.checkpoint import CONFIG_FILE, Checkpoints


def load_config(workdir: pathlib.Path) -> ConfigDict:
    """Loads the configuration of a run, as its checkpoints know it.

    Args:
        workdir: of the run.

    Raises:
        InputError: there is none, it is damaged, or it differs from what an intact checkpoint was
            saved with in a field that a resumed run may not change.
    """
    path = workdir / CONFIG_FILE
    config = config_checks.load(path)
    for checkpoint in (workdir / "checkpoints").glob("*"):
        if not checkpoint.name.isdigit():
            continue
        try:
            fields = checkpoint_record.read(checkpoint)["data"]["config"]
        except checkpoint_record.DamagedError:
            continue  # Who reads its state says so.
        saved = config_lib.from_dict(fields, str(checkpoint))
        if changed := config_lib.differences(saved, config):
            listing = "\n".join(f"  {line}" for line in changed)
            raise InputError(
                f"{path}: the checkpoint of step {checkpoint.name} was saved with another "
                f"configuration:\n{listing}\nundo the changes of the file"
            )
    return config


def load_generator(
    workdir: pathlib.Path, *, last: bool = False
) -> tuple[ConfigDict, Generator, Variables]:
    """Loads the generator of a run's best checkpoint.

    Args:
        workdir: of the run.
        last: load its last checkpoint instead.

    Returns:
        The run's configuration, the generator and its variables, NumPy arrays.

    Raises:
        InputError: as `load_config`; there is no checkpoint, none is intact, or it is of another
            model; or weights of the generator's frozen parts are not on this machine.
    """
    config = load_config(workdir)
    generator = models.build_generator(config)
    shapes = models.variable_shapes(generator, config.data.image_size)
    checkpoints = Checkpoints(workdir, config.train.best_metric)
    try:
        _, variables = checkpoints.restore_variables(
            shapes, ema=config.train.ema_decay > 0, last=last
        )
    finally:
        checkpoints.close()
    return config, generator, variables
