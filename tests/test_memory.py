"""Memory that is freed stays in the process."""

import platform
import subprocess
import sys

import pytest

_ALLOCATE = """
import resource, sys, threading
from jaxcolor import memory

if sys.argv[1] == "keep":
    memory.keep_freed()

def allocate():
    for _ in range(2):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        data = b"x" * 2**27
        pages = resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
        del data
    print(pages)

thread = threading.Thread(target=allocate)
thread.start()
thread.join()
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs glibc")
@pytest.mark.parametrize(("mode", "is_kept"), [("keep", True), ("default", False)])
def test_memory_of_a_thread_is_cleared_once(mode, is_kept):
    """128 MiB are 32,768 pages of 4 KiB, or 64 huge pages."""
    pages = subprocess.check_output(
        [sys.executable, "-c", _ALLOCATE, mode], text=True, env={"JAX_PLATFORMS": "cpu"}
    )
    assert (int(pages) < 8) == is_kept
