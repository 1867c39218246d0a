"""Imports run downwards: no two files or folders of the package need each other."""

import ast
import graphlib
import pathlib

import jaxcolor

PACKAGE = pathlib.Path(jaxcolor.__file__).parent


def imported(path):
    """Yields the files and folders of the package that a file imports from."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("jaxcolor."))


def test_imports_run_downwards():
    graph = {}
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).parts[0].removesuffix(".py")
        graph.setdefault(place, set()).update(set(imported(path)) - {place})
    order = list(graphlib.TopologicalSorter(graph).static_order())
    assert order.index("color") < order.index("data") < order.index("models")
    assert order.index("objectives") < order.index("training") < order.index("inference")


def test_relative_imports_are_not_used():
    """`imported` would not see them."""
    for path in PACKAGE.rglob("*.py"):
        nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        assert not any(isinstance(node, ast.ImportFrom) and node.level for node in nodes), path
