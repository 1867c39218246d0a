"""Devices and processes: the only file that knows which there are.

A per-device step reduces over the axis `jaxcolor.models.layers.AXIS`, which is always bound:
several devices, on one or more processes, run the step under `pmap`, one device runs it under
`jit` over a mesh of one. The state is replicated and has no device axis outside, so that
checkpoints and everything else are the same in both cases. Layers ask the axis for its size.
"""

import contextlib
import functools
import logging
import os
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from jaxcolor import files
from jaxcolor.compilation import compile_network
from jaxcolor.config import InputError
from jaxcolor.metrics.inception import Placement
from jaxcolor.models.layers import AXIS

# Seconds without a sign of life after which a process counts as dead, and the others end.
_HEARTBEAT_TIMEOUT = 30
# Seconds for which a process that ends waits for the others to end.
_SHUTDOWN_TIMEOUT = 10


def set_up(coordinator: str = "", num_processes: int = 1, process_id: int = 0) -> None:
    """Joins the processes of a run, and keeps compiled programs for the next one.

    Call before anything asks JAX for its devices. Compiled programs go to the folder that
    `JAXCOLOR_CACHE` or, without it, `JAX_COMPILATION_CACHE_DIR` names, by default
    `~/.cache/jaxcolor`, if compiling them took `JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS` or
    longer, by default 0.1 s.

    Args:
        coordinator: "HOST:PORT" of process 0, "auto" where a cluster's environment tells it
            (Slurm, Open MPI, Kubernetes, Cloud TPU), or "" for a single process.
        num_processes: of the run, if the coordinator is given.
        process_id: of this process, if the coordinator is given.

    Raises:
        InputError: several processes without a coordinator, or the other way round, or there is no
            such coordinator.
    """
    if coordinator in ("", "auto") and (num_processes, process_id) != (1, 0):
        raise InputError(
            f"--num_processes={num_processes} --process_id={process_id}: need "
            "--coordinator=HOST:PORT, of process 0"
        )
    if coordinator not in ("", "auto") and not coordinator.rpartition(":")[2].isdecimal():
        raise InputError(f"--coordinator={coordinator}: must be HOST:PORT of process 0, or auto")
    if coordinator not in ("", "auto") and not 0 <= process_id < num_processes > 1:
        raise InputError(
            f"--coordinator={coordinator} --num_processes={num_processes} "
            f"--process_id={process_id}: needs two processes or more, numbered from 0"
        )
    if os.environ.get(files.CACHE) or "JAX_COMPILATION_CACHE_DIR" not in os.environ:
        jax.config.update("jax_compilation_cache_dir", str(files.cache()))
    if "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS" not in os.environ:
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0.1)
    join = functools.partial(
        jax.distributed.initialize,
        heartbeat_timeout_seconds=_HEARTBEAT_TIMEOUT,
        shutdown_timeout_seconds=_SHUTDOWN_TIMEOUT,
    )
    try:
        if coordinator == "auto":
            join()
        elif coordinator:
            join(coordinator, num_processes, process_id)
    except ValueError as error:  # No cluster's environment tells a coordinator.
        raise InputError(
            f"--coordinator={coordinator}: {error} Must be HOST:PORT of process 0, or auto under "
            "Slurm, Open MPI, Kubernetes or on a Cloud TPU"
        ) from error
    except RuntimeError as error:
        raise InputError(f"--coordinator={coordinator}: cannot be joined: {error}") from error


def device_kind() -> str:
    """Names the kind of the first local device, as its maker calls it."""
    return jax.local_devices()[0].device_kind


def bind_axis(function: Callable, mesh: Mesh | None = None) -> Callable:
    """Binds `AXIS` over a mesh of one device, by default the first, around a function of arrays."""
    mesh, whole = mesh or Mesh(jax.local_devices()[:1], (AXIS,)), PartitionSpec()
    return jax.shard_map(function, mesh=mesh, in_specs=whole, out_specs=whole, check_vma=False)


@contextlib.contextmanager
def _warnings_of_jax() -> Iterator[list[str]]:
    """Collects what JAX warns of, in one line each, instead of logging it."""
    found: list[str] = []
    logger, handler = logging.getLogger("jax"), logging.Handler(logging.WARNING)
    level, propagate = logger.level, logger.propagate

    def note(record: logging.LogRecord) -> None:
        cause = record.exc_info[1] if record.exc_info else ""
        found.append(" ".join(f"{record.getMessage()} {cause}".split()))

    handler.emit = note  # type: ignore[method-assign]
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        yield found
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate


def _find_devices() -> list[jax.Device]:
    """Finds the local devices, and says if there are others that cannot be used.

    Raises:
        InputError: there is none of the kind that `JAX_PLATFORMS` names.
    """
    with _warnings_of_jax() as warnings:
        try:
            devices = jax.local_devices()
        # Where a GPU is asked for and none is there, JAX runs into an assertion.
        except (RuntimeError, AssertionError) as error:
            cause = str(error).partition("\n")[0] or "there is none on this machine"
            raise InputError(
                f"JAX_PLATFORMS={os.environ.get('JAX_PLATFORMS', '')}: no such device can be used: "
                f"{cause}; set JAX_PLATFORMS=cpu to train on the CPU"
            ) from error
    if warnings and devices[0].platform == "cpu":
        print(f"training runs on the CPU: {' '.join(warnings)}", flush=True)
    return devices


class Devices:
    """All devices of a run: where its state and batches lie, and how its step is compiled."""

    def __init__(self, topology: Sequence[jax.Device] | None = None) -> None:
        """Takes every device there is; a line says why if that leaves out a GPU.

        Args:
            topology: devices to take instead, which need not exist: steps are compiled for them,
                but cannot run.

        Raises:
            InputError: there is no device of the kind that `JAX_PLATFORMS` names.
        """
        self._topology = topology
        self.local = np.array(topology or _find_devices())
        self.process_index = jax.process_index()
        self.process_count = jax.process_count()
        self.count = len(topology) if topology else jax.device_count()
        self._mesh = Mesh(self.local, (AXIS,))

    def check_batch_size(self, batch_size: int) -> None:
        """Checks a batch over all devices and processes.

        Raises:
            InputError: the devices do not divide it.
        """
        count = self.count
        if batch_size % count:
            raise InputError(
                f"config.data.batch_size={batch_size}: {count} devices do not divide it; take a "
                f"multiple of {count}, such as {-(-batch_size // count) * count}"
            )

    @contextlib.contextmanager
    def explaining_errors(self, batch_size: int) -> Iterator[None]:
        """Says what helps if devices fail in the block.

        Raises:
            InputError: their memory does not suffice for the batch, or another process is gone.
        """
        try:
            yield
        except jax.errors.JaxRuntimeError as error:
            reason = str(error).partition("\n")[0]
            if "RESOURCE_EXHAUSTED" in reason:
                raise InputError(
                    f"config.data.batch_size={batch_size}: the memory of {self.describe()} does "
                    f"not hold the training ({reason}); take a smaller batch or image, "
                    "config.train.dtype=bfloat16, or more devices"
                ) from error
            if self.process_count > 1:
                raise InputError(
                    f"another process of the run ended or cannot be reached ({reason}); start all "
                    "of them again to resume"
                ) from error
            raise

    @property
    def is_first_process(self) -> bool:
        """Whether this process reports for all."""
        return self.process_index == 0

    def describe(self) -> str:
        """Names the devices, for people."""
        return f"{self.count} × {device_kind()}" + (
            f", {self.process_count} processes" if self.process_count > 1 else ""
        )

    def replicate(self, tree: Any) -> Any:
        """Copies arrays to every local device."""
        return jax.device_put(tree, NamedSharding(self._mesh, PartitionSpec()))

    def spread(self, batch: Any) -> Any:
        """Spreads arrays `[n, …]` over the local devices, which divide n."""
        return jax.device_put(batch, NamedSharding(self._mesh, PartitionSpec(AXIS)))

    def lower_step(
        self, step: Callable, state: Any, frozen: Any, batch: Any, key: Any
    ) -> jax.stages.Lowered:
        """Lowers what `compile_step` makes of a step for arguments with a shape and a dtype."""

        def place(tree: Any, *axes: str) -> Any:
            sharding = NamedSharding(self._mesh, PartitionSpec(*axes))
            return jax.tree.map(
                lambda x: jax.ShapeDtypeStruct(x.shape, x.dtype, sharding=sharding), tree
            )

        compiled: Any = self.compile_step(step)
        return compiled.lower(place(state), place(frozen), place(batch, AXIS), place(key))

    @property
    def placement(self) -> Placement:
        """Of a frozen network and its images, on all local devices."""
        return Placement(len(self.local), self.replicate, self.spread)

    def compile_step(self, step: Callable) -> Callable:
        """Compiles a per-device step `(state, frozen, batch, key) -> (state, metrics)`.

        The result takes a replicated state, whose memory it reuses, replicated frozen variables
        and a spread batch.
        """
        if self.count == 1:
            return compile_network(bind_axis(step, self._mesh), donate_argnums=0)
        mapped = jax.pmap(
            step,
            AXIS,
            in_axes=(None, None, 0, None),
            out_axes=(None, None),
            devices=self._topology,
            donate_argnums=0,
        )
        devices = len(self.local)

        def run(state: Any, frozen: Any, batch: Any, key: jax.Array) -> Any:
            shares = jax.tree.map(lambda x: x.reshape(devices, -1, *x.shape[1:]), batch)
            return mapped(state, frozen, shares, key)

        # Several processes have parts of its arrays, of which only `pmap` itself makes whole ones.
        return run if self.process_count > 1 else compile_network(run, donate_argnums=0)

    def gather(self, share: np.ndarray) -> np.ndarray:
        """Joins what the processes have of a set, in its order; all have to call together.

        Args:
            share: `[n, …]`, for the elements whose index leaves `process_index` as the remainder by
                `process_count`; float32 or of fewer bits.

        Returns:
            `[N, …]`, the same on every process.
        """
        if self.process_count == 1:
            return share
        counts = multihost_utils.process_allgather(np.array(len(share)))
        missing = int(counts.max()) - len(share)
        padded = np.pad(share, [(0, missing), *[(0, 0)] * (share.ndim - 1)])
        shares = np.asarray(multihost_utils.process_allgather(padded))
        return shares.swapaxes(0, 1).reshape(-1, *share.shape[1:])[: counts.sum()]

    def any_process(self, flag: bool) -> bool:
        """Tells every process whether one of them raised a flag; all have to ask together."""
        if self.process_count == 1:
            return flag
        return bool(multihost_utils.process_allgather(np.array(flag)).any())
