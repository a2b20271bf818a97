"""Work shared out between the calling thread and a few others, where there is enough to do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from ..domain.subject import Progress, stay_silent

_ONE_WORKER_BELOW = 2**22
"""Fewer voxels than this are done before a second worker has started."""

Item = TypeVar("Item")


def work_through(
    work: Callable[[slice], None],
    runs: Sequence[slice],
    *,
    pixels_per_slice: int,
    n_workers: int,
    progress: Progress,
) -> None:
    """Do the work for every run of slices.

    Parameters
    ----------
    work : callable
        Takes one run; may be called on several threads at once.
    runs : sequence of slice
        Slices, without a gap inside a run.
    pixels_per_slice : int
        Size of a slice.
    n_workers : int
        Threads, the calling one among them.
    progress : Progress
        Told on the calling thread; what it raises stops the rest.
    """
    n_voxels = sum(run.stop - run.start for run in runs) * pixels_per_slice
    work_on(work, runs, n_workers=n_workers if n_voxels >= _ONE_WORKER_BELOW else 1, progress=progress)


def work_on(
    work: Callable[[Item], None], items: Sequence[Item], *, n_workers: int = 1, progress: Progress = stay_silent
) -> None:
    """Do the work for every item, in order; parameters as in `work_through`.

    The calling thread works too. An error, wherever it comes from, stops the others after the item they are at.
    """
    shared = _Shared(items, work)
    helpers = [
        threading.Thread(target=shared.help_out, name="hipspine-measure", daemon=True)
        for _ in range(min(n_workers, len(items)) - 1)
    ]
    for helper in helpers:
        helper.start()
    try:
        for item in shared:
            progress(shared.n_done, len(items), "measuring")
            work(item)
            shared.tick()
    finally:
        shared.stop()
        for helper in helpers:
            helper.join()
    if shared.error is not None:
        raise shared.error
    progress(len(items), len(items), "measuring")


class _Shared(Iterator[Item]):
    """Items that several threads take from, each once, until one of them fails."""

    def __init__(self, items: Sequence[Item], work: Callable[[Item], None]) -> None:
        self._waiting = iter(items)
        self._work = work
        self._lock = threading.Lock()
        self._is_stopped = False
        self.n_done = 0
        self.error: BaseException | None = None

    def __next__(self) -> Item:
        with self._lock:
            if self._is_stopped or self.error is not None:
                raise StopIteration
            return next(self._waiting)

    def stop(self) -> None:
        """Hand out no more items."""
        self._is_stopped = True

    def tick(self) -> None:
        """Count one item as done."""
        with self._lock:
            self.n_done += 1

    def help_out(self) -> None:
        """Take and do items on a helping thread; an error is kept for the calling one."""
        try:
            for item in self:
                self._work(item)
                self.tick()
        except BaseException as error:  # noqa: BLE001 - raised again on the calling thread
            self.error = error
