"""The command `jaxcolor`.

    jaxcolor colorize photo.jpg          color photographs
    jaxcolor serve                       color photographs on a page in the browser
    jaxcolor evaluate --data photos      score a model, or colorized images
    jaxcolor train --config pix2pix ...  train a colorizer
    jaxcolor import FILE ...             take over a generator that was trained in PyTorch
    jaxcolor export ...                  write a model for other programs
    jaxcolor weights list                find and fetch the weights of frozen networks

Each has --help. `python -m jaxcolor.colorize` and so on do the same.
"""

import difflib
import importlib
import importlib.metadata
import sys

_MODULES = {
    "colorize": "jaxcolor.colorize",
    "evaluate": "jaxcolor.evaluate",
    "export": "jaxcolor.export",
    "import": "jaxcolor.import_model",
    "serve": "jaxcolor.serve",
    "train": "jaxcolor.train",
    "weights": "jaxcolor.backbones.weights",
}


def main() -> None:
    """Runs the named command."""
    name = sys.argv[1] if len(sys.argv) > 1 else ""
    if name in ("-h", "--help"):
        print(__doc__.strip())
    elif name == "--version":
        print(importlib.metadata.version("jaxcolor"))
    elif name in _MODULES:
        sys.argv = [f"jaxcolor {name}", *sys.argv[2:]]
        importlib.import_module(_MODULES[name]).main()
    else:
        near = difflib.get_close_matches(name, _MODULES, n=1)
        hint = f"; is it {near[0]}?" if near else f"; take one of {', '.join(_MODULES)}"
        sys.exit(f"error: {name or 'no command'}: there is no such command{hint}")


if __name__ == "__main__":
    main()
