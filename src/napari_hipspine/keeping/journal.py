"""A journal on disk, appended to frame by frame, in files of which the oldest are dropped."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator
from pathlib import Path

from .journal_frames import Frame, FrameKind, frames_in, packed_frame
from .label_store_errors import HistoryTooShort

DEFAULT_LIMIT_BYTES = 256 * 2**20
"""How much of the past is kept unless said otherwise [bytes]."""

_SUFFIX = ".log"
_PARTS = 16


class Journal:
    """The end of a journal, open for appending.

    Parameters
    ----------
    folder : Path
        Where its files lie; each is named after the position of its first byte.
    end : int
        Position behind the last good frame; what lies beyond was torn by a crash and is cut off.
    limit_bytes : int
        About how large all files together may become.

    Raises
    ------
    OSError
        If the folder cannot be written.
    """

    def __init__(self, folder: Path, end: int, *, limit_bytes: int = DEFAULT_LIMIT_BYTES) -> None:
        self._folder = folder
        self._limit_bytes = limit_bytes
        found = journal_files(folder)
        self._base = found[-1][0] if found else end
        self._file = self._open(self._base)
        self.end = end
        self._cut()

    def append(self, kind: FrameKind, content: bytes) -> int:
        """Position of a frame just written; either all of it is in the file or nothing.

        Raises
        ------
        OSError
            If the disk does not take it.
        """
        position, left = self.end, memoryview(packed_frame(kind, content))
        n_bytes = len(left)
        try:
            while left:
                left = left[os.write(self._file, left) :]
        except OSError:
            self._cut()
            raise
        self.end += n_bytes
        return position

    @property
    def is_large(self) -> bool:
        """Whether the present file is a fair part of the limit."""
        return self.end - self._base >= max(1, self._limit_bytes // _PARTS)

    def start_new_file(self) -> None:
        """Go on in a new file; only between two steps.

        Raises
        ------
        OSError
            If it cannot be made; the present one is then still appended to.
        """
        file = self._open(self.end)
        os.close(self._file)
        self._file, self._base = file, self.end

    def drop_oldest(self, *, keep_from: int) -> int:
        """Position of the oldest frame that is left after old files were removed until the limit is kept.

        Parameters
        ----------
        keep_from : int
            What lies from here on is kept whatever the limit.
        """
        found = journal_files(self._folder)
        ends = [base for base, _ in found[1:]]
        for (base, path), end in zip(found, ends, strict=False):
            if self.end - base <= self._limit_bytes or end > keep_from:
                return base
            path.unlink()
        return found[-1][0]

    def sync(self) -> None:
        """Have the operating system put on the disk what was appended."""
        os.fsync(self._file)

    def close(self) -> None:
        """Close the file."""
        os.close(self._file)

    def _open(self, base: int) -> int:
        binary = getattr(os, "O_BINARY", 0)
        return os.open(_path_of(self._folder, base), os.O_RDWR | os.O_CREAT | os.O_APPEND | binary, 0o666)

    def _cut(self) -> None:
        os.ftruncate(self._file, self.end - self._base)


def journal_files(folder: Path) -> list[tuple[int, Path]]:
    """Files of a journal with the position of their first byte, oldest first."""
    found = [(int(path.stem), path) for path in folder.glob(f"*{_SUFFIX}") if path.stem.isdecimal()]
    return sorted(found)


class JournalReader:
    """Frames of a journal from a position on, read again and again while somebody appends.

    Parameters
    ----------
    folder : Path
        Where the files lie.
    position : int
        Where a frame begins.
    stop : int, optional
        Nothing is read from here on.
    """

    def __init__(self, folder: Path, position: int, *, stop: int | None = None) -> None:
        self._folder = folder
        self._stop = stop
        self.position = position
        self._base: int | None = None

    def new_frames(self) -> Iterator[Frame]:
        """Frames that have come since the last call.

        Raises
        ------
        HistoryTooShort
            If the file that holds them was dropped.
        """
        if self._base is None:
            self._base = self._file_holding(self.position)
        following = None
        while self._stop is None or self.position < self._stop:
            is_read = yield from self._rest_of(self._base)
            if self.position != self._base and _path_of(self._folder, self.position).exists():
                self._base, following = self.position, None
            elif is_read:
                break
            elif following is not None:
                # The next file was there before this one was read once more: these bytes will never make sense.
                yield Frame(FrameKind.DAMAGED, b"", self.position, following)
                self._base, self.position, following = following, following, None
            else:
                following = self._file_after(self._base)
                if following is None:
                    break

    def _rest_of(self, base: int) -> Generator[Frame, None, bool]:
        """Frames that are left in a file; whether there is nothing behind them, torn or just being written."""
        path = _path_of(self._folder, base)
        try:
            size = path.stat().st_size
            if size <= self.position - base:
                return True
            with path.open("rb") as file:
                file.seek(self.position - base)
                data = file.read(-1 if self._stop is None else self._stop - self.position)
        except FileNotFoundError:
            raise _too_short(self._folder) from None
        end = self.position + len(data)
        for frame in frames_in(data, self.position):
            self.position = frame.end
            yield frame
        return self.position == end

    def _file_after(self, base: int) -> int | None:
        return next((one for one, _ in journal_files(self._folder) if one > base), None)

    def _file_holding(self, position: int) -> int:
        bases = [base for base, _ in journal_files(self._folder) if base <= position]
        if not bases:
            raise _too_short(self._folder)
        return bases[-1]


def frames_between(folder: Path, start: int, stop: int) -> Iterator[Frame]:
    """Frames from one position to another.

    Raises
    ------
    HistoryTooShort
        If the journal no longer reaches back to the first.
    """
    return JournalReader(folder, start, stop=stop).new_frames()


def _path_of(folder: Path, base: int) -> Path:
    return folder / f"{base:016d}{_SUFFIX}"


def _too_short(folder: Path) -> HistoryTooShort:
    return HistoryTooShort(
        f"Expected a journal that reaches back to this point, found that its oldest part was dropped, in {folder}.",
        hint="Take a new snapshot, or open the labels again.",
    )
