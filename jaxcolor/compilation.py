"""How networks are written and compiled for each platform."""

import contextlib
import contextvars
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax

# XLA for CPUs delegates convolutions, matrix products and reductions to YNNPACK; its own
# convolutions are faster (scripts/benchmark_train.py).
CPU_OPTIONS = {
    "xla_cpu_experimental_ynn_fusion_type": (
        "LIBRARY_FUSION_TYPE_REDUCE,LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT"
    )
}

_plain: contextvars.ContextVar[bool] = contextvars.ContextVar("plain", default=False)


@contextlib.contextmanager
def plain_convolutions() -> Iterator[None]:
    """Writes what is traced in the block with plain convolutions, on CPUs too, for other programs.

    Functions that were traced before stay as they are.
    """
    token = _plain.set(True)
    try:
        yield
    finally:
        _plain.reset(token)


def is_for_cpu() -> bool:
    """Tells whether networks are written for XLA on CPUs, in operations that are fast there."""
    return jax.default_backend() == "cpu" and not _plain.get()


@functools.cache
def _is_accepted(options: tuple[tuple[str, str], ...]) -> bool:
    """Checks whether XLA accepts options, and warns once if it does not."""
    try:
        jax.jit(lambda: 0, compiler_options=dict(options)).lower().compile()
    except jax.errors.JaxRuntimeError as error:
        warnings.warn(
            f"networks are compiled without {dict(options)}, which may be slower: {error}",
            RuntimeWarning,
            stacklevel=2,
        )
        return False
    return True


class _Compiled:
    """A function that is compiled at its first call, when the platform is known."""

    def __init__(self, function: Callable, **jit_options: Any):
        self._options = tuple(CPU_OPTIONS.items())
        self._on_cpu = jax.jit(function, compiler_options=dict(self._options), **jit_options)
        self._elsewhere = jax.jit(function, **jit_options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self._jitted(jax.default_backend())(*args, **kwargs)

    def lower(self, *args: Any, **kwargs: Any) -> jax.stages.Lowered:
        """Lowers for the devices of the arguments' shardings, which need not be this machine's."""
        shardings = (getattr(leaf, "sharding", None) for leaf in jax.tree.leaves((args, kwargs)))
        devices = (device for sharding in shardings if sharding for device in sharding.device_set)
        platforms = jax.default_backend(), *(device.platform for device in devices)
        return self._jitted(*platforms).lower(*args, **kwargs)

    def _jitted(self, *platforms: str) -> jax.stages.Wrapped:
        if set(platforms) == {"cpu"} and _is_accepted(self._options):
            return self._on_cpu
        return self._elsewhere


def compile_network(function: Callable, **jit_options: Any) -> _Compiled:
    """Compiles a function with convolutions as `jax.jit` does, with `CPU_OPTIONS` on CPUs.

    No device is initialized before the first call. If XLA does not accept the options, one warning
    is given, and networks are compiled without them.

    Args:
        function: to be compiled.
        **jit_options: as of `jax.jit`.

    Returns:
        The function, with a method `lower` as that of `jax.jit`.
    """
    return _Compiled(function, **jit_options)
