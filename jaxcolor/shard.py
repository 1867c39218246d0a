"""The part of a set that one of several jobs takes."""

import dataclasses
from collections.abc import Sequence
from typing import TypeVar

from jaxcolor.config import InputError

_Element = TypeVar("_Element")


@dataclasses.dataclass(frozen=True)
class Shard:
    """Every `count`-th element of a set, from number `index` on; by default all of them.

    Attributes:
        index: of the part, 0 to `count` - 1.
        count: of the parts.
    """

    index: int = 0
    count: int = 1

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Reads the value of `--shard`, "I/N".

        Raises:
            InputError: it is not of this form, or I is not 0 to N - 1.
        """
        index, _, count = text.partition("/")
        if not (index.isdecimal() and count.isdecimal() and int(index) < int(count)):
            raise InputError(
                f"--shard {text}: must be I/N, with N parts in all and I from 0 to N - 1, such as "
                "0/2 and 1/2"
            )
        return cls(int(index), int(count))

    def __str__(self) -> str:
        """Returns it in the form that `parse` reads."""
        return f"{self.index}/{self.count}"

    def take(self, elements: Sequence[_Element]) -> Sequence[_Element]:
        """Returns the elements of the part, in their order."""
        return elements[self.index :: self.count]

    def size(self, num_images: int) -> int:
        """Returns how many of a set's images are in the part.

        Raises:
            InputError: none is.
        """
        if num_images <= self.index:
            raise InputError(
                f"--shard {self}: none of the {num_images} images is in it; take fewer parts"
            )
        return len(range(self.index, num_images, self.count))


WHOLE = Shard()
