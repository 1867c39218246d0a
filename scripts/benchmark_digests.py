"""Times the digests of a checkpoint, beside its writing and reading.

    python scripts/benchmark_digests.py

Of the default configuration, the 54 M-parameter U-Net of pix2pix with Adam, with random values.
"""

import pathlib
import tempfile

import jax
import numpy as np
from benchmarking import timing

from jaxcolor import config as config_lib
from jaxcolor import objectives
from jaxcolor.objectives.state import TrainState
from jaxcolor.training import checkpoint_record
from jaxcolor.training.checkpoint import Checkpoints


def make_state(*, small: bool) -> TrainState:
    """Makes a state of random values, NumPy arrays."""
    config = config_lib.get_config()
    if small:
        config.generator.num_filters = config.discriminator.num_filters = 4
    objective = objectives.prepare(config).build(1, 0)
    rng = np.random.default_rng(0)
    return jax.tree.map(
        lambda leaf: rng.random(leaf.shape, np.float32).astype(leaf.dtype),
        jax.eval_shape(objective.init, jax.random.key(0)),
    )


def main() -> None:
    """Prints the seconds that each part takes."""
    args = timing.parser(__doc__, runs=5).parse_args()
    state = make_state(small=args.quick)
    record = checkpoint_record.make(state, {}, {})["content"]
    with tempfile.TemporaryDirectory() as folder:

        def write() -> None:
            with tempfile.TemporaryDirectory(dir=folder) as workdir:
                checkpoints = Checkpoints(pathlib.Path(workdir), create=True)
                checkpoints.save(1, state, {}, None)
                checkpoints.close()

        written = Checkpoints(pathlib.Path(folder), create=True)
        written.save(1, state, {}, None)
        written.close()
        reader = Checkpoints(pathlib.Path(folder))
        results = timing.alternate(
            {
                "a checkpoint written": write,
                "its digests alone": lambda: checkpoint_record.make(state, {}, {}),
                "a checkpoint read": lambda: reader.restore(state),
                "its digests and finiteness alone": lambda: checkpoint_record.check(record, state),
            },
            args.runs,
        )
        reader.close()
    megabytes = sum(leaf.nbytes for leaf in jax.tree.leaves(state)) / 1e6
    rows = [[f"of a state of {megabytes:.0f} MB", "s"]]
    rows += [[name, f"{result['seconds']:.2f}"] for name, result in results.items()]
    timing.report(args, rows, {"megabytes": megabytes} | results)


if __name__ == "__main__":
    main()
