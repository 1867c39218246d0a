"""What a row's docstring says of the points in which its report leaves a choice.

Below the command a docstring has up to three sections, with a name and a text for each point:
"Stated", as in the report; "Chosen", not stated there; "Differs", stated otherwise there.
"""

import inspect
import re
from collections.abc import Iterator, Mapping

_HEADING = re.compile(r"(Stated|Chosen|Differs):")
_POINT = re.compile(r"    (?! )([^:]+): (.+)")
_CONTINUED = re.compile(r"        (.+)")

Points = dict[str, dict[str, str]]
NOTE = (
    "An experiment that starts from another one also has that one's points, but for those that its "
    "own file in configs/reports/ states."
)


def read(docstring: str) -> Points:
    """Reads the sections of a docstring.

    Returns:
        "Stated", "Chosen" and "Differs", as far as they are there, to the texts of points by name.

    Raises:
        ValueError: a line of a section is neither a point nor continues one, or a section names a
            point twice.
    """
    found: Points = {}
    section: dict[str, str] = {}
    inside, name = False, ""
    for line in inspect.cleandoc(docstring).splitlines():
        if heading := _HEADING.fullmatch(line):
            section = found.setdefault(heading[1], {})
            inside, name = True, ""
        elif not line:
            inside = False
        elif inside and (point := _POINT.fullmatch(line)) and point[1] not in section:
            name = point[1]
            section[name] = point[2]
        elif inside and name and (more := _CONTINUED.fullmatch(line)):
            section[name] += f" {more[1]}"
        elif inside:
            raise ValueError(f"{line!r}: must be a new point, '    NAME: TEXT', or continue one")
    return found


def summary(docstring: str) -> str:
    """Returns the first line of a row's docstring, without its report and its name."""
    return inspect.cleandoc(docstring).splitlines()[0].partition(": ")[2].removesuffix(".")


def markdown(rows: Mapping[str, tuple[str, Points]]) -> str:
    """Returns a section of what rows chose, and of what differs from their reports.

    Args:
        rows: by their names, what `summary` and `read` return.
    """
    lines = ["", "", "## Chosen where a report is silent, and different from it", "", NOTE, ""]
    for name, (text, points) in rows.items():
        lines.append(f"- {name}: {text}")
        lines += [f"  - {kind}, {point}: {why}" for kind, point, why in left_open(points)]
    return "\n".join(lines)


def left_open(points: Points) -> Iterator[tuple[str, str, str]]:
    """Yields "chosen" or "differs", the name and the text of each point that is not as stated."""
    for kind in ("Chosen", "Differs"):
        for name, text in points.get(kind, {}).items():
            yield kind.lower(), name, text
