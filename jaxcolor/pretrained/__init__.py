"""Where the model in the package lies, a folder as of `jaxcolor.model_folder`."""

import pathlib

FOLDER = pathlib.Path(__file__).parent
