"""One writer at a time: a file that says which process on which computer is writing."""

from __future__ import annotations

import json
import os
import secrets
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from .label_store_errors import LabelsReadOnly

_SECONDS_TO_WRITE_IT = 10.0
"""A lock without content that is older than this was left by a process that died while making it [s]."""


@dataclass(frozen=True)
class Holder:
    """Who has a lock.

    Parameters
    ----------
    pid : int
        Process.
    host : str
        Computer.
    started : str
        When the process was started as the system counts; empty where it does not tell. Numbers of dead
        processes are given again.
    since : str
        When the lock was taken, in ISO 8601.
    token : str
        Tells this lock from every other.
    """

    pid: int
    host: str
    started: str
    since: str
    token: str


@dataclass(frozen=True)
class WriterLock:
    """A lock that was taken.

    Parameters
    ----------
    path : Path
        The file.
    holder : Holder
        Us.
    left_by : Holder, optional
        The dead process from which it was taken over.
    """

    path: Path
    holder: Holder
    left_by: Holder | None = None

    def is_ours(self) -> bool:
        """Whether the file still says so, and we are still the process that took it."""
        return self.holder.pid == os.getpid() and _read(self.path) == self.holder

    def release(self) -> None:
        """Remove the file, unless somebody else has taken over."""
        if self.is_ours():
            self.path.unlink(missing_ok=True)


def take_writer_lock(path: Path) -> WriterLock:
    """The lock, taken; one left by a dead process of this computer is taken over.

    Parameters
    ----------
    path : Path
        The file; it is made.

    Raises
    ------
    LabelsReadOnly
        If somebody else is writing or may be, or the folder cannot be written; the message says who.
    """
    ours = _ourselves()
    try:
        if _make(path, ours):
            return WriterLock(path, ours)
        with _takeover(path):
            found = _read(path)
            _refuse_living(found, path)
            path.unlink(missing_ok=True)
            if not _make(path, ours):
                raise _held(path, "another program that was faster")
        return WriterLock(path, ours, left_by=found or Holder(0, "", "", "", ""))
    except OSError as error:
        raise LabelsReadOnly(
            f"Expected a folder that can be written, found {error.strerror or error}, in {path.parent}.",
            hint="Copy the folder to a place where you may write to go on painting.",
        ) from error


def _refuse_living(found: Holder | None, path: Path) -> None:
    if found is None:
        if _age_s(path) < _SECONDS_TO_WRITE_IT:
            raise _held(path, "another program that has just begun")
        return
    if found.host != host_name():
        raise LabelsReadOnly(
            f"Expected labels that nobody is painting, found them open on the computer {found.host} "
            f"(process {found.pid}, since {found.since}), in {path.parent}.",
            hint=f"Close them there. If that computer no longer uses them, remove the file {path.name}.",
        )
    if found.pid == os.getpid() or (_started(found.pid) if is_alive(found.pid) else None) == found.started:
        who = "this very program" if found.pid == os.getpid() else f"process {found.pid} of this computer"
        raise _held(path, f"{who} (since {found.since})")


def is_alive(pid: int) -> bool:
    """Whether a process of this computer is running."""
    if sys.platform == "win32":
        import ctypes

        kernel = ctypes.windll.kernel32
        handle = kernel.OpenProcess(0x1000, 0, pid)
        if not handle:
            return False
        code = ctypes.c_ulong()
        kernel.GetExitCodeProcess(handle, ctypes.byref(code))
        kernel.CloseHandle(handle)
        return code.value == 259
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return _state(pid)[0] != "Z"


def _state(pid: int) -> tuple[str, str]:
    """State letter and start of a process as Linux tells them; empty elsewhere."""
    try:
        # The name of the program may hold blanks and brackets; what follows its last bracket does not.
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2].split()
    except OSError:
        return "", ""
    return fields[0], fields[19]


def _started(pid: int) -> str:
    return _state(pid)[1]


def host_name() -> str:
    """Name of this computer, with its machine number where it has one: many are called the same."""
    try:
        number = Path("/etc/machine-id").read_text(encoding="ascii").strip()[:12]
    except (OSError, ValueError):
        number = ""
    return f"{socket.gethostname()} {number}".strip()


def _ourselves() -> Holder:
    pid = os.getpid()
    since = datetime.now(UTC).isoformat(timespec="seconds")
    return Holder(pid, host_name(), _started(pid), since, secrets.token_hex(8))


def _make(path: Path, holder: Holder) -> bool:
    """Make the file if there is none."""
    try:
        file = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666)
    except FileExistsError:
        return False
    try:
        os.write(file, json.dumps(asdict(holder)).encode())
    finally:
        os.close(file)
    return True


def _read(path: Path) -> Holder | None:
    """Who has the lock; None if there is none or its file makes no sense."""
    try:
        return Holder(**json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None


def _age_s(path: Path) -> float:
    try:
        return time.time() - path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


@contextmanager
def _takeover(path: Path) -> Iterator[None]:
    """Only one may look at a lock and replace it; between the two another could have done so."""
    guard = path.with_name(path.name + ".takeover")
    if _age_s(guard) > _SECONDS_TO_WRITE_IT:
        guard.unlink(missing_ok=True)
    try:
        os.close(os.open(guard, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
    except FileExistsError:
        raise _held(path, "another program that is taking over") from None
    try:
        yield
    finally:
        guard.unlink(missing_ok=True)


def _held(path: Path, who: str) -> LabelsReadOnly:
    return LabelsReadOnly(
        f"Expected labels that nobody is painting, found them open in {who}, in {path.parent}.",
        hint="Close them there to paint here. Until then they can be looked at and measured.",
    )
