#!/usr/bin/env bash
# Install mothball, in the version of this action, into a virtual environment in the temporary directory of the runner.
#
# The checkout must not choose what is installed: pip runs outside of it and in isolated mode (no current directory, no
# PYTHONPATH), reads no file of it, and accepts only files with the hashes in ci/requirements.txt, from whatever index
# the runner is configured for.
set -euo pipefail

action=$(cd "$GITHUB_ACTION_PATH" && pwd)
target=$RUNNER_TEMP/mothball
cd "$RUNNER_TEMP"

for python in python3 python3.14 python3.13 python3.12 python3.11 python; do
    if command -v "$python" >/dev/null && "$python" -I -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
        break
    fi
    python=
done
if [ -z "$python" ]; then
    echo "::error title=mothball::Python 3.11 or newer was not found: add a step with actions/setup-python before this one"
    exit 2
fi

"$python" -I -m venv --clear "$target"
for installed in "$target"/bin/python "$target"/Scripts/python.exe; do
    if [ -x "$installed" ]; then
        pip=("$installed" -I -m pip --disable-pip-version-check --quiet)
        "${pip[@]}" install --only-binary :all: --require-hashes --requirement "$action/ci/requirements.txt"
        "${pip[@]}" install --no-deps --no-build-isolation "$action"
        "$installed" -I -m mothball --version
    fi
done
