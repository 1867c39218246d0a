"""What a compiled program does, read from XLA's text of it."""

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

COLLECTIVES = ("all-reduce", "all-gather", "reduce-scatter", "all-to-all", "collective-permute")
_BITS = {"pred": 8, "bf16": 16}
_SHAPE = r"(\w+)\[([\d,]*)\]"
_INSTRUCTION = re.compile(r"\s+(?:ROOT )?%?(\S+) = (\(.*?\)|\S+) ([a-z][\w-]*)\((.*)")
_COMPUTATION = re.compile(r"(ENTRY )?%?(\S+) \(.*\{$")
# They pass buffers on, or stand for what others do.
_WITHOUT_WORK = ("parameter", "constant", "tuple", "get-tuple-element", "bitcast", "after-all")


class _Instruction(NamedTuple):
    name: str
    result: str
    opcode: str
    rest: str  # operands and attributes

    @property
    def operands(self) -> list[str]:
        return re.findall(r"%([\w.\-]+)", self.rest.partition(")")[0])

    def attribute(self, pattern: str) -> str:
        found = re.search(pattern, self.rest)
        return found[1] if found else ""


class Work(NamedTuple):
    """An instruction that a program executes.

    Attributes:
        kind: opcode, or the target of a custom call; "copy" also stands for a fusion that does
            nothing but change a layout.
        times: how often a run executes it.
        flops: of its convolutions or products of matrices, each time.
        size: bytes of its operands and results.
        result_size: bytes of its results.
        arithmetic: dtype of its first result; "exact" if its factors must not be rounded to TF32.
    """

    kind: str
    times: int
    flops: float
    size: int
    result_size: int
    arithmetic: str


def read(text: str) -> list[Work]:
    """Lists what a compiled program executes, in loops of known length as often as they run it."""
    program: dict[str, list[_Instruction]] = {}
    entry = ""
    for line in text.splitlines():
        if found := _COMPUTATION.match(line):
            instructions = program[found[2]] = []
            entry = found[2] if found[1] else entry
        elif found := _INSTRUCTION.match(line):
            instructions.append(_Instruction(*found.groups()))
    shapes = {i.name: i.result for part in program.values() for i in part}

    def execute(name: str, times: int) -> Iterator[Work]:
        for instruction in program[name]:
            opcode = instruction.opcode
            if opcode == "while":
                trips = int(instruction.attribute(r'known_trip_count\D*?"n":"(\d+)"') or 1)
                yield from execute(instruction.attribute(r"body=%?([\w.\-]+)"), times * trips)
            elif opcode in ("call", "async-start"):
                called = instruction.attribute(r"(?:to_apply|calls)=%?([\w.\-]+)")
                yield from execute(called, times)
            elif opcode == "conditional":
                branches = re.findall(
                    r"%?([\w.\-]+)",
                    instruction.attribute(r"branch_computations=\{(.*?)\}")
                    or instruction.attribute(r"true_computation=%?([\w.\-]+)"),
                )
                yield from max((list(execute(b, times)) for b in branches), key=len)
            elif opcode not in _WITHOUT_WORK and not opcode.endswith("-done"):
                yield _measure(instruction, program, shapes, times)

    return list(execute(entry, 1))


def _measure(
    instruction: _Instruction,
    program: dict[str, list[_Instruction]],
    shapes: dict[str, str],
    times: int,
) -> Work:
    kind = instruction.opcode.removesuffix("-start")
    parts = [instruction]
    if kind == "custom-call":
        kind = instruction.attribute(r'custom_call_target="(.*?)"')
    elif kind == "fusion":
        parts = program[instruction.attribute(r"calls=%?([\w.\-]+)")]
        if {part.opcode for part in parts} <= {*_WITHOUT_WORK, "transpose", "copy"}:
            kind = "copy"
    result_size = _size(instruction.result)
    is_exact = any("operand_precision={highest" in part.rest for part in parts)
    return Work(
        kind,
        times,
        sum(_flops(part, shapes) for part in parts),
        result_size + sum(_size(shapes[name]) for name in instruction.operands if name in shapes),
        result_size,
        "exact" if is_exact else _shapes(instruction.result)[0][0],
    )


def _shapes(text: str) -> list[tuple[str, list[int]]]:
    return [
        (dtype, [int(side) for side in sides.split(",") if side])
        for dtype, sides in re.findall(_SHAPE, text)
    ]


def _size(text: str) -> int:
    """Counts the bytes of an array, or of a tuple of them."""
    return sum(
        math.prod(sides) * (_BITS.get(dtype) or int(re.sub(r"\D", "", dtype) or 0)) // 8
        for dtype, sides in _shapes(text)
    )


def _flops(instruction: _Instruction, shapes: dict[str, str]) -> float:
    """Counts the floating-point operations of a convolution or a product of matrices.

    The zeros of a convolution's padding count as pixels, those between pixels do not.
    """
    operands = [_shapes(shapes[name])[0][1] for name in instruction.operands if name in shapes]
    ((_, result), *_) = _shapes(instruction.result) or [("", [])]
    if instruction.opcode == "dot" or "__cublas$" in instruction.rest:
        # Of XLA's own product, and of one that cuBLAS computes.
        pattern = r'lhs_contracting_dim(?:s=\{|ensions":\[)([\d,"]*)'
        axes = re.findall(r"\d+", instruction.attribute(pattern))
        return 2 * math.prod(result) * math.prod(operands[0][int(axis)] for axis in axes)
    labels = re.search(r"dim_labels=\w+_(\w+)->(\w+)", instruction.rest)
    if not labels:
        return 0
    # Of a convolution y of x and a kernel, cuDNN computes any of the three from the two others.
    y, kernel = result, operands[1]
    if "convBackwardInput" in instruction.rest:
        y = operands[0]
    elif "convBackwardFilter" in instruction.rest:
        y, kernel = operands[1], result
    dilation = instruction.attribute(r"lhs_dilate=([\dx]+)").split("x")
    zeros = math.prod(int(factor) for factor in dilation if factor)
    return 2 * math.prod(y) * math.prod(kernel) / kernel[labels[1].index("o")] / zeros
