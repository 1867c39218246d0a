"""How the C library treats memory that is freed."""

import ctypes
import importlib.metadata
import importlib.util
import os
import platform

# Parameters of mallopt(3), by glibc's malloc.h.
_TRIM_THRESHOLD, _MMAP_MAX, _ARENA_MAX = -1, -4, -8
_NEVER = -1


def keep_freed() -> None:
    """Keeps what is freed for later allocations, instead of giving it back to the kernel.

    A training step on a CPU frees its arrays when it ends. glibc unmaps those of more than 32 MiB,
    so that the kernel has to clear new pages in the next step, up to a quarter of its time
    (docs/performance.md). The process stays as large as it has been at its largest, and can become
    a third larger, since pieces do not always fit. Threads that already run may keep an arena of
    their own, whose large arrays are still unmapped, so call this before JAX starts its threads.

    Nothing changes with other C libraries, and where JAX may use an accelerator, whose arrays are
    elsewhere.
    """
    if platform.libc_ver()[0] == "glibc" and not _may_use_accelerator():
        set_parameter = ctypes.CDLL(None).mallopt
        set_parameter(_ARENA_MAX, 1)
        set_parameter(_MMAP_MAX, 0)
        set_parameter(_TRIM_THRESHOLD, _NEVER)


def _may_use_accelerator() -> bool:
    return os.environ.get("JAX_PLATFORMS") != "cpu" and bool(
        importlib.metadata.entry_points(group="jax_plugins") or importlib.util.find_spec("libtpu")
    )
