#!/usr/bin/env bash
# Drives the demo's window with PySide6 in place of PyQt6: the whole main job, in about a minute.
# usage: try_pyside6.sh ENVIRONMENT
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
environment=${1:?usage: try_pyside6.sh ENVIRONMENT}
beside=$environment/pyside6
packages=$("$environment/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')

# A small environment beside the first, which sees all that is installed there: the two Qt bindings never share one.
if [ ! -e "$beside/.ready" ]; then
    "$environment/bin/python" -m venv --without-pip "$beside"
    "$environment/bin/python" -m pip --disable-pip-version-check --quiet --python "$beside/bin/python" \
        install PySide6-Essentials
    touch "$beside/.ready"
fi
site=$("$beside/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
echo "import site; site.addsitedir('$packages')" > "$site/environment.pth"

results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
QT_API=pyside6 tools/with_display.sh "$beside/bin/python" - "$results" <<'PY'
import sys
from pathlib import Path

from napari_hipspine.viewer.demo_window import show_demo
from qtpy import API_NAME

picture = Path(sys.argv[1]) / "window.png"
show_demo(picture, stays_open=False)
if API_NAME != "PySide6" or picture.stat().st_size < 10_000:
    sys.exit(f"Expected a picture of a window drawn with PySide6, found {picture.stat().st_size} bytes by {API_NAME}.")
print("The main job runs in a window of PySide6.")
PY
