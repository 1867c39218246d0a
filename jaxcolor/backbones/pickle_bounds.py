"""What a pickle would build, found out without building it."""

import pickletools
from typing import Any, BinaryIO

from jaxcolor.config import InputError

_PUT = ("PUT", "BINPUT", "LONG_BINPUT")
_GET = ("GET", "BINGET", "LONG_BINGET")
_INTO_CONTAINER = ("APPEND", "APPENDS", "SETITEM", "SETITEMS", "ADDITEMS")


def check(file: BinaryIO, max_depth: int) -> None:
    """Goes through a pickle, from the file's place, and back to its start.

    Hashing tuples that hold each other many thousand times overflows the stack of the process, and
    a number that a value is given for later reference sizes a table. A pickle that adds to a list
    after other lists refer to it can nest its lists deeper than is found here, but not its tuples.

    Args:
        file: at the start of a pickle.
        max_depth: of objects that hold each other.

    Raises:
        InputError: it nests deeper, or numbers a value higher than it has any.
        Exception: whatever a damaged pickle provokes.
    """
    start = file.tell()
    depths: list[int] = []  # Of the objects on the stack of the unpickler.
    marks: list[int] = []
    memo: dict[int, int] = {}
    number: Any
    for count, (opcode, number, _) in enumerate(pickletools.genops(file)):
        if opcode.name == "MARK":
            marks.append(len(depths))
        elif opcode.name in _PUT:
            if number > count:
                raise InputError(f"a value is given the number {number}, of far fewer; refused")
            memo[number] = depths[-1]
        elif opcode.name in _GET:
            depths.append(memo[number])
        elif opcode.name == "MEMOIZE":
            memo[len(memo)] = depths[-1]
        elif opcode.name == "DUP":
            depths.append(depths[-1])
        else:
            taken = len(opcode.stack_before)
            if pickletools.markobject in opcode.stack_before:
                below = opcode.stack_before.index(pickletools.markobject)
                taken = len(depths) - marks.pop() + below
            parts = depths[len(depths) - taken :]
            del depths[len(depths) - taken :]
            if not opcode.stack_after:
                continue
            if opcode.name in _INTO_CONTAINER:
                depth = max(parts[0], 1 + max(parts[1:], default=-1))
            else:
                depth = 1 + max(parts, default=-1)
            if depth > max_depth:
                raise InputError(f"holds containers more than {max_depth} deep; refused")
            depths.append(depth)
    file.seek(start)
