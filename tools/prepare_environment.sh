#!/usr/bin/env bash
# Makes the virtual environment and installs the project, its extra and the developers' tools into it.
# usage: prepare_environment.sh FOLDER
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
folder=${1:?usage: prepare_environment.sh FOLDER}

is_new_enough() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null
}

find_python() {
    local candidate
    for candidate in "${PYTHON:-python3}" python3.13 python3.12 python3.11; do
        if is_new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    echo "Expected Python 3.11 or newer, found none on the PATH. Install one, or name it: make PYTHON=/path/to/python" >&2
    return 1
}

make_environment() {
    local python=$1
    if "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        "$python" -m venv "$folder"
    else
        # Debian packs ensurepip apart (python3-venv); the system's pip can fill an empty environment instead.
        "$python" -m venv --without-pip "$folder"
        "$python" -m pip --quiet --python "$folder/bin/python" install pip
    fi
}

if ! is_new_enough "$folder/bin/python"; then
    python=$(find_python)
    echo "Making the environment $folder with $("$python" --version)"
    make_environment "$python"
fi

echo "Installing napari-hipspine and its tools into $folder (a few minutes the first time)"
pip=("$folder/bin/python" -m pip --disable-pip-version-check --quiet)
# dependency groups are known to pip from 25.1 on
"${pip[@]}" install --upgrade 'pip>=25.1'
"${pip[@]}" install --prefer-binary --editable '.[all]' --group dev
