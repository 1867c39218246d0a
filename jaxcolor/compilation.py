"""How networks are written and compiled for each platform."""

import contextlib
import contextvars
import functools
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import jax
from jax import lax

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


def by_platform(on_cpu: Callable, elsewhere: Callable, *args: Any) -> Any:
    """Calls one of two functions that compute the same, by the platform that is compiled for.

    Both are traced, and one is left when the program is lowered, whose platform need not be that
    of this process.

    Args:
        on_cpu: written in operations that XLA for CPUs is fast in.
        elsewhere: written in plain convolutions.
        *args: of either function, arrays.
    """
    if _plain.get():
        return elsewhere(*args)
    return lax.platform_dependent(*args, cpu=on_cpu, default=elsewhere)


def at_highest_precision(function: Callable) -> Callable:
    """Computes a function of arrays, and its derivatives, in full float32 on every platform.

    GPUs round the factors of products and convolutions to TF32 otherwise, TPUs to bfloat16. A block
    of `jax.default_matmul_precision` alone does not include derivatives that are taken outside.
    """

    def exact(*args: Any) -> Any:
        with jax.default_matmul_precision("highest"):
            return function(*args)

    def forward(*args: Any) -> Any:
        with jax.default_matmul_precision("highest"):
            return jax.vjp(function, *args)

    def backward(vjp: Callable, grad: Any) -> Any:
        with jax.default_matmul_precision("highest"):
            return vjp(grad)

    result = jax.custom_vjp(exact)
    result.defvjp(forward, backward)
    return result


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
        return self.trace(*args, **kwargs).lower()

    def trace(self, *args: Any, **kwargs: Any) -> jax.stages.Traced:
        """Traces for them, or for the platforms that are given when the result is lowered."""
        shardings = (getattr(leaf, "sharding", None) for leaf in jax.tree.leaves((args, kwargs)))
        devices = (device for sharding in shardings if sharding for device in sharding.device_set)
        platforms = jax.default_backend(), *(device.platform for device in devices)
        return self._jitted(*platforms).trace(*args, **kwargs)

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
        The function, with methods `trace` and `lower` as those of `jax.jit`.
    """
    return _Compiled(function, **jit_options)
