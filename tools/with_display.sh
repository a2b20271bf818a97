#!/usr/bin/env bash
# Runs a command that opens a window: on the screen there is, or on a virtual one where there is none.
# usage: with_display.sh COMMAND [ARGUMENT]...
set -euo pipefail
if [ "$(uname -s)" != Linux ] || [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    exec "$@"
fi
exec xvfb-run --auto-servernum --server-args="-screen 0 1600x1000x24" "$@"
