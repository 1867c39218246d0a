"""Timing of several programs in alternation, and the machine's peak performance."""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from jaxcolor import cli


def parser(description: str | None, runs: int) -> argparse.ArgumentParser:
    """Makes a parser with the options of every benchmark."""
    result = cli.Parser(description)
    result.add_argument("--runs", type=int, default=runs, help=f"of each program ({runs})")
    result.add_argument("--quick", action="store_true", help="small sizes, as a smoke test")
    result.add_argument("--json", type=pathlib.Path, help="file for the figures")
    return result


def seconds(run: Callable[[], object]) -> float:
    """Times one call, which must wait for its own result."""
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def alternate(programs: dict[str, Callable[[], object]], runs: int) -> dict[str, dict[str, float]]:
    """Times programs in alternation, so that a drift of the machine's speed affects all alike.

    Each run is two calls, of which the second one is timed: the first refills the memory and the
    caches that the other programs have evicted, which continuous work does not have to do.

    Args:
        programs: name to a function that waits for its own result; the first is compared with the
            others.
        runs: of each program, after one warm-up call.

    Returns:
        For each program its median `seconds`, and for all but the first `ratio`, how many times as
        fast the first one is: the median of the pairs, with `ratio_min` and `ratio_max`.
    """
    for run in programs.values():
        run()
    times: dict[str, list[float]] = {name: [] for name in programs}
    for _ in range(runs):
        for name, run in programs.items():
            run()
            times[name].append(seconds(run))
    return compare(times)


def compare(times: dict[str, list[float]]) -> dict[str, dict[str, float]]:
    """Compares times that were taken in alternation; returns what `alternate` does."""
    first = np.array(next(iter(times.values())))
    results = {}
    for place, (name, values) in enumerate(times.items()):
        results[name] = {"seconds": float(np.median(values))}
        if place:
            ratios = np.array(values) / first
            results[name] |= {
                "ratio": float(np.median(ratios)),
                "ratio_min": float(ratios.min()),
                "ratio_max": float(ratios.max()),
            }
    return results


def format_ratio(result: dict[str, float]) -> str:
    """Formats the ratio of one of `alternate`'s results, or a dash where there is none."""
    if "ratio" not in result:
        return "—"
    return f"{result['ratio']:.2f} ({result['ratio_min']:.2f} to {result['ratio_max']:.2f})"


def run_process(code: str, *arguments: str, **environment: str) -> list[str]:
    """Runs Python code in a new process with this one's import path.

    Args:
        code: to run.
        *arguments: for its `sys.argv`.
        **environment: variables to set for it.

    Returns:
        The words of the last line that it prints.
    """
    with _start(code, *arguments, **environment) as process:
        printed, _ = process.communicate()
    if process.returncode:
        sys.exit(f"{code!r} has failed")
    return printed.splitlines()[-1].split()


class Worker:
    """A program for `alternate` in its own process, apart from the others' threads and memory."""

    def __init__(self, code: str, *arguments: str, **environment: str):
        """Starts the process; the code, to be run as by `run_process`, has to call `serve`."""
        self._process = _start(code, *arguments, **environment)

    def __call__(self) -> None:
        """Runs the program once."""
        assert self._process.stdin
        assert self._process.stdout
        print(file=self._process.stdin, flush=True)
        if (line := self._process.stdout.readline()) != "\n":
            sys.exit(f"a program has failed: {line!r}")

    def finish(self) -> str:
        """Ends the process and returns the rest of its output."""
        output = self._process.communicate()[0].strip()
        if self._process.returncode:
            sys.exit(f"a program has failed: {output!r}")
        return output


def serve(run: Callable[[], object], conclude: Callable[[], object]) -> None:
    """Runs a program whenever `Worker` asks; `Worker.finish` returns the result of `conclude`."""
    for _ in sys.stdin:
        run()
        print(flush=True)
    print(conclude())


def _start(code: str, *arguments: str, **environment: str) -> subprocess.Popen[str]:
    search = {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | search | environment,
    )


def peak_memory() -> float:
    """Returns the most memory, in MiB, that this process has ever held."""
    status = pathlib.Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


def matmul_peak(dtype: str) -> float:
    """Measures the floating-point operations per second of a large matrix product."""
    side = 4096 if jax.default_backend() == "cpu" else 8192
    matrix = jnp.ones((side, side), dtype)
    product = jax.jit(jnp.matmul)
    times = [seconds(lambda: product(matrix, matrix).block_until_ready()) for _ in range(6)]
    return 2 * side**3 / min(times[1:])


def table(rows: list[list[str]]) -> str:
    """Formats rows as a Markdown table, the first one as headings."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    head, *body = (
        "| " + " | ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) + " |"
        for row in rows
    )
    rule = "|" + "|".join("-" * (w + 2) for w in widths) + "|"
    return "\n".join([head, rule, *body])


def report(args: argparse.Namespace, rows: list[list[str]], figures: dict[str, Any]) -> None:
    """Prints a table, and writes the figures as JSON if `--json` is given."""
    print(table(rows))
    if args.json:
        args.json.write_text(json.dumps(figures, indent=2) + "\n")
