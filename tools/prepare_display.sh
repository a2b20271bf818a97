#!/usr/bin/env bash
# Sees to it that Qt and OpenGL find what they need of the system; installs it on Debian when allowed, otherwise names it.
# usage: prepare_display.sh ENVIRONMENT [virtual]     virtual: an X server without a screen is needed in any case
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "${BASH_SOURCE[0]}")/.."
environment=${1:?usage: prepare_display.sh ENVIRONMENT [virtual]}
wish=${2:-any}

packages=(
    fonts-dejavu-core libdbus-1-3 libegl1 libfontconfig1 libgl1 libgl1-mesa-dri libglib2.0-0 libopengl0
    libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0
    libxcb-shape0 libxcb-xinerama0 libxkbcommon-x11-0
)
virtual_packages=(xauth xvfb)

[ "$(uname -s)" = Linux ] || exit 0

needs_virtual_display() {
    [ "$wish" = virtual ] || [ -z "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]
}

# Prints one missing thing a line: shared libraries that Qt's window plugin and OpenGL look for, and programs.
list_missing() {
    local platforms
    platforms=$("$environment/bin/python" -c \
        'import pathlib, PyQt6; print(pathlib.Path(PyQt6.__file__).parent / "Qt6" / "plugins" / "platforms")')
    ldd "$platforms/libqxcb.so" | awk '/not found/ {print $1}'
    "$environment/bin/python" - <<'PY'
import ctypes

for name in ("libGL.so.1", "libEGL.so.1", "libOpenGL.so.0", "libdbus-1.so.3"):
    try:
        ctypes.CDLL(name)
    except OSError:
        print(name)
PY
    if needs_virtual_display; then
        command -v Xvfb >/dev/null || echo Xvfb
        command -v xauth >/dev/null || echo xauth
    fi
}

install_packages() {
    local as_root=()
    command -v apt-get >/dev/null || return 1
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        as_root=(sudo)
    fi
    echo "Installing system libraries for the window: ${packages[*]}"
    "${as_root[@]}" apt-get update -qq &&
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null
}

if needs_virtual_display; then
    packages+=("${virtual_packages[@]}")
fi
missing=$(list_missing | sort -u)
[ -n "$missing" ] || exit 0
install_packages || true
missing=$(list_missing | sort -u)
if [ -n "$missing" ]; then
    echo "Expected the system libraries of a window, found these missing: ${missing//$'\n'/ }." >&2
    echo "On Debian or Ubuntu this installs them: sudo apt-get install ${packages[*]}" >&2
    exit 1
fi
