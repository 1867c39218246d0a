"""The examples of README.md and docs/: Python is run, options of commands exist."""

import re
import shlex

import numpy as np
import pytest
from conftest import ROOT, first_variables, picture, tiny_config

from jaxcolor import (
    cli,
    colorize,
    config_checks,
    evaluate,
    export,
    images,
    import_model,
    inference,
    model_folder,
    models,
    serve,
    train,
)
from jaxcolor import config as config_lib

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {
    "colorize": colorize,
    "evaluate": evaluate,
    "export": export,
    "import": import_model,
    "serve": serve,
    "train": train,
}


def examples(page, language):
    """The blocks of code of one language, without their indentation."""
    blocks = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page.read_text(), re.M | re.S)
    return [re.sub(rf"^{indent}", "", text, flags=re.M) for indent, text in blocks]


def calls():
    """Each `jaxcolor COMMAND …` of the pages."""
    found = {}
    for page in PAGES:
        lines = "\n".join(examples(page, "sh")).replace("\\\n", " ").splitlines()
        inline = re.findall(r"`(jaxcolor [^`]*)`", page.read_text())
        for line in (*lines, *inline):
            call = re.search(r"\bjaxcolor (\w+) .*", line)
            if call and call[1] in COMMANDS:
                found[call[0]] = call[1], shlex.split(call[0], comments=True)[2:]
    return [pytest.param(*call, id=line) for line, call in found.items()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the examples read."""
    folder = tmp_path_factory.mktemp("docs")
    for name in ("photo.jpg", "other.png", "similar.jpg", "photos/1.png", "colored/1.png"):
        images.write(folder / name, picture(200, 120))
    config = tiny_config()
    variables = first_variables(models.build_generator(config), config.data.image_size)
    model_folder.save(folder / "model", config, variables, np.float32)
    export.export(folder / "model", folder / "model.stablehlo")
    return folder


@pytest.mark.parametrize(
    "page", [page for page in PAGES if examples(page, "python")], ids=lambda page: page.name
)
def test_python_examples_run(page, folder, colorizer, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setattr(inference.Colorizer, "from_pretrained", lambda: colorizer)
    monkeypatch.setattr(models, "GENERATORS", dict(models.GENERATORS))
    exec("\n".join(examples(page, "python")), {"__name__": page.stem})


@pytest.mark.parametrize(("command", "arguments"), calls())
def test_commands_have_the_options_that_are_shown(command, arguments, run_main):
    known = run_main(COMMANDS[command], "--help").stdout
    for argument in arguments:
        option = argument.partition("=")[0]
        if option.startswith("--config."):
            config_checks.check_overrides([argument])
        elif option.startswith("--"):
            assert re.search(rf"{cli.underscored([option])[0]}\b", known)
    if "--config" in arguments:
        config_lib.find_file(arguments[arguments.index("--config") + 1])
