"""Another program, run beside this one: what it says is heard as progress, and it ends when it is cancelled."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO

from ...domain.errors import ToolFailed
from ...domain.subject import Progress

_LINES_KEPT = 5000
_LINES_TOLD = 4
_LONGEST_LINE = 90
_LOOK_EVERY_S = 0.1
_PATIENCE_S = 5.0
_KILLED = {-9, 137}
_NEW_GROUP: int = getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0)
"""Windows' word for it; nothing elsewhere."""
_PERCENT = re.compile(r"(\d{1,3})%\|")
_ESCAPES = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def run_beside(
    command: Sequence[str | Path],
    *,
    title: str,
    folder: Path,
    environment: Mapping[str, str],
    progress: Progress,
) -> str:
    """Everything a program said, once it has ended well.

    Parameters
    ----------
    command : sequence of str or path
        Program and arguments.
    title : str
        What it is called in messages.
    folder : Path
        Where it runs.
    environment : mapping of str to str
        Its environment variables, all of them.
    progress : Progress
        Told the last line the program said, with its per cent where it draws a bar; may cancel it.

    Raises
    ------
    ToolFailed
        If it cannot be started or ends badly; its last words are in the hint.
    Cancelled
        If the progress cancels it; the program and what it has started are stopped first.
    """
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # The first of a group of its own: whatever it starts can be stopped with it.
            start_new_session=sys.platform != "win32",
            creationflags=_NEW_GROUP,
        )
    except OSError as error:
        raise ToolFailed(
            f"Expected {title} to start, found {error.strerror or error}, at {command[0]}.",
            hint="Install it again, or name its program.",
        ) from error
    said = _Said(process)
    try:
        _wait(process, said, title, progress)
    except BaseException:
        _stop(process)
        raise
    finally:
        said.end()
    if process.returncode:
        raise _ended_badly(process.returncode, said, title)
    return said.text


def tool_failed(message: str, said: str) -> ToolFailed:
    """A refusal whose hint is what the program said last."""
    lines = [line.strip() for line in said.splitlines() if line.strip()][-_LINES_TOLD:]
    return ToolFailed(message, hint="It said last: " + (" / ".join(lines) or "nothing") + ".")


class _Said:
    """What a running program writes, read in a thread so that its pipe never fills."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.last = ""
        self._lines: deque[str] = deque(maxlen=_LINES_KEPT)
        stream: IO[bytes] = process.stdout  # type: ignore[assignment]
        self._stream = stream
        self._thread = threading.Thread(target=self._listen, name="said-by-a-tool", daemon=True)
        self._thread.start()

    @property
    def text(self) -> str:
        """The last lines; asked for when nothing more is heard."""
        return "\n".join(self._lines)

    def end(self) -> None:
        """Hear nothing more, also where something the program started holds the pipe open."""
        self._thread.join(_PATIENCE_S)
        if not self._thread.is_alive():
            self._stream.close()

    def _listen(self) -> None:
        unfinished = b""
        while raw := self._stream.read1(4096):  # type: ignore[attr-defined]
            # A bar is drawn over itself with carriage returns: each of them ends a line.
            *whole, unfinished = (unfinished + raw).replace(b"\r", b"\n").split(b"\n")
            for line in whole:
                self._keep(line)
        self._keep(unfinished)

    def _keep(self, raw: bytes) -> None:
        line = _as_line(raw)
        if line:
            self.last = line
            self._lines.append(line)


def _as_line(raw: bytes) -> str:
    return _ESCAPES.sub("", raw.decode("utf-8", errors="replace")).strip()


def _wait(process: subprocess.Popen[bytes], said: _Said, title: str, progress: Progress) -> None:
    while True:
        line = said.last
        bar = _PERCENT.search(line)
        words = f"{title}: {line[:_LONGEST_LINE]}" if line else f"{title} is starting"
        progress(min(int(bar[1]), 100) if bar else 0, 100 if bar else 0, words)
        try:
            process.wait(timeout=_LOOK_EVERY_S)
        except subprocess.TimeoutExpired:
            continue
        return


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is not None:
        return
    _tell_group(process, softly=True)
    try:
        process.wait(timeout=_PATIENCE_S)
    except subprocess.TimeoutExpired:
        _tell_group(process, softly=False)
        process.wait()


def _tell_group(process: subprocess.Popen[bytes], *, softly: bool) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)
        return
    try:
        os.killpg(process.pid, signal.SIGTERM if softly else signal.SIGKILL)
    except ProcessLookupError:
        return


def _ended_badly(code: int, said: _Said, title: str) -> ToolFailed:
    if code in _KILLED:
        return ToolFailed(
            f"Expected {title} to end well, found it stopped by the system.",
            hint="It most likely needed more memory than there is: crop the picture, or use a larger machine.",
        )
    return tool_failed(f"Expected {title} to end well, found exit code {code}.", said.text)
