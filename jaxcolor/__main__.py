"""jaxcolor: colors photographs and films, and trains networks that do.

    jaxcolor colorize photo.jpg          color photographs and films
    jaxcolor serve                       color photographs on a page in the browser
    jaxcolor train --config pix2pix ...  train a model
    jaxcolor evaluate --data photos      score a model, or images colored by any program
    jaxcolor import FILE ...             convert a generator that was trained in PyTorch
    jaxcolor export ...                  write a model for other programs
    jaxcolor weights list                find and download the networks that scores and losses need

jaxcolor COMMAND --help explains a command; jaxcolor --version prints the version.
"""

import difflib
import gc
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
    # Importing and tracing make many small objects, nearly all of which live on.
    gc.set_threshold(100_000, 50, 50)
    if len(sys.argv) == 1:
        sys.exit(__doc__.strip())
    name = sys.argv[1]
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
        sys.exit(f"error: {name}: there is no such command{hint}")


if __name__ == "__main__":
    main()
