# Sourced by the other scripts: uses the active virtual environment or creates .venv, and installs
# the project with the given extras.
if [ -z "${VIRTUAL_ENV:-}" ]; then
    [ -d .venv ] || "${PYTHON:-python3}" -m venv .venv
    . .venv/bin/activate
fi
python -m pip install --quiet --disable-pip-version-check --editable ".$1"
