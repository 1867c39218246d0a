# Sourced by the other scripts: enters the active virtual environment or makes .venv, and installs
# the project with the extras that are given.
if [ -z "${VIRTUAL_ENV:-}" ]; then
    [ -d .venv ] || "${PYTHON:-python3}" -m venv .venv
    . .venv/bin/activate
fi
python -m pip install --quiet --disable-pip-version-check --editable ".$1"
