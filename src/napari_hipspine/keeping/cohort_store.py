"""The results of a cohort on disk: a folder for each row of its manifest, whole or not there, and tables that grow."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ..domain.cohort import CohortEntry
from ..domain.errors import HipSpineError
from ..domain.provenance import fingerprint
from .label_store_errors import LabelsReadOnly
from .lock_file import take_writer_lock
from .whole_file import write_whole_file
from .whole_folder import put_in_place, unfinished_folder

TABLES = ("measurements", "slices")
"""Tables of every row's folder that are joined for the cohort."""

_STATE = "entry.json"
_LOCK = ".cohort.lock"


class CohortStore:
    """What has been measured of a cohort.

    Parameters
    ----------
    folder : Path
        Where results are kept; ``subjects`` in it has a folder for each finished row.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.subjects = folder / "subjects"

    @contextmanager
    def written(self) -> Iterator[None]:
        """Be the only one who writes.

        Raises
        ------
        HipSpineError
            If somebody else measures into this folder, or it cannot be written.
        """
        try:
            self.subjects.mkdir(parents=True, exist_ok=True)
            lock = take_writer_lock(self.folder / _LOCK)
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        except LabelsReadOnly as held:
            raise HipSpineError(
                f"Expected a folder nobody measures into, found another run at work or no right to write, in "
                f"{self.folder}.",
                hint=f"Wait for it, stop it, or choose another folder. The lock says: {held.message}",
            ) from held
        try:
            yield
        finally:
            lock.release()

    def keep(self, entry: CohortEntry, files: Mapping[str, str], state: Mapping[str, Any]) -> None:
        """Keep the files of a finished row, in place of older ones.

        Raises
        ------
        OSError
            If the disk does not take them; what was there before stays.
        """
        with unfinished_folder(self.subjects) as unfinished:
            for name, text in {**files, _STATE: json.dumps(state, indent=2)}.items():
                (unfinished / name).write_bytes(text.encode(errors="backslashreplace"))
            put_in_place(unfinished, self.subjects / entry.name)

    def is_current(self, entry: CohortEntry, wish: str) -> bool:
        """Whether a row was measured from the same files, with the same choices and the same versions.

        Parameters
        ----------
        entry : CohortEntry
            The row.
        wish : str
            Digest of choices and versions, as `digest_of` makes it.
        """
        try:
            state = json.loads((self.subjects / entry.name / _STATE).read_text(encoding="utf-8"))
            kept = state["inputs"]
        except (OSError, ValueError, KeyError):
            return False
        if state.get("wish") != wish or len(kept) != len(entry.paths):
            return False
        return all(_is_unchanged(path, one) for path, one in zip(entry.paths, kept, strict=True))

    def finished_names(self) -> frozenset[str]:
        """Names of the rows whose results are there; none where nothing was measured yet."""
        return frozenset(one.name for one in self.subjects.iterdir()) if self.subjects.is_dir() else frozenset()

    def join(self, entries: Sequence[CohortEntry]) -> None:
        """Write the cohort's tables anew from the folders of finished rows, in the order given.

        Raises
        ------
        HipSpineError
            If the disk does not take them; the tables written before stay.
        """
        for table in TABLES:
            self._write_whole(f"{table}.csv", self._parts(table, entries))

    def append(self, entry: CohortEntry) -> None:
        """Let the cohort's tables grow by a row that has just been finished."""
        for table in TABLES:
            header, rows = self._header_and_rows(table, entry)
            self.append_rows(f"{table}.csv", header, rows)

    def append_rows(self, name: str, header: bytes, rows: bytes) -> None:
        """Let a table grow by whole lines, all of them or none.

        A disk that is full leaves the table as it was: what is missing comes when the tables are joined.
        """
        with contextlib.suppress(OSError), (self.folder / name).open("ab", buffering=0) as file:
            before = file.tell()
            lines = rows if before else header + rows
            try:
                n_written = file.write(lines)
            except OSError:
                n_written = 0
            if n_written != len(lines):
                file.truncate(before)

    def write(self, files: Mapping[str, str]) -> None:
        """Write files of the whole cohort, each whole or as it was.

        Raises
        ------
        HipSpineError
            If the disk does not take them.
        """
        for name, text in files.items():
            self._write_whole(name, text.encode(errors="backslashreplace"))

    def _write_whole(self, name: str, content: bytes | Iterable[bytes]) -> None:
        try:
            write_whole_file(self.folder / name, content)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def _parts(self, table: str, entries: Iterable[CohortEntry]) -> Iterator[bytes]:
        for number, entry in enumerate(entries):
            header, rows = self._header_and_rows(table, entry)
            yield rows if number else header + rows

    def _header_and_rows(self, table: str, entry: CohortEntry) -> tuple[bytes, bytes]:
        header, _, rows = (self.subjects / entry.name / f"{table}.csv").read_bytes().partition(b"\n")
        return header + b"\n", rows


def digest_of(choices: Mapping[str, Any]) -> str:
    """Digest of plain values: equal exactly when they are."""
    return hashlib.sha256(json.dumps(choices, sort_keys=True, default=str).encode()).hexdigest()


def input_states(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """How files and folders look from outside (names, sizes, times); to be taken before they are read."""
    return [{"outside": _outside(path)} for path in paths]


def _is_unchanged(path: Path, kept: Mapping[str, Any]) -> bool:
    """Whether a file looks as it did or, if it only looks otherwise (a copy, a touch), holds the same bytes."""
    if not path.exists():
        return False
    return _outside(path) == kept.get("outside") or fingerprint(path).sha256 == kept.get("sha256")


def _outside(path: Path) -> str:
    members = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    looks = ((os.path.relpath(p, path), p.stat().st_size, p.stat().st_mtime_ns) for p in members)
    return digest_of({"members": list(looks)})


def _unwritable(folder: Path, error: OSError) -> HipSpineError:
    return HipSpineError(
        f"Expected a folder that can be written, found {error.strerror or error}, in {folder}.",
        hint="Make room or choose another folder; finished subjects are kept, and the same command goes on.",
    )
