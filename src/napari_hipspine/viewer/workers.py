"""Workflows off the main thread, with progress and cancel; the one place where a refusal is told to the user."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from napari.qt.threading import create_worker
from napari.utils import progress as activity
from napari.utils.notifications import show_error
from psygnal import EmitLoopError
from qtpy.QtCore import QObject, Signal

from ..domain.errors import Cancelled, HipSpineError
from ..domain.subject import Progress
from .window_words import refusal_words

_TELLS_PER_SECOND = 20
_LOG = logging.getLogger(__name__)


def tell_refusal(error: HipSpineError) -> None:
    """One notification with what is wrong and what to do; a cancelled piece of work needs none."""
    if not isinstance(error, Cancelled):
        _LOG.warning("refused: %s", error.message)
        show_error(refusal_words(error))


@contextmanager
def refusals_told() -> Iterator[None]:
    """Refusals of what is done inside become a notification; everything stays as it was."""
    try:
        yield
    except HipSpineError as error:
        tell_refusal(error)
    except EmitLoopError as error:
        # A listener of the session refused; psygnal wraps what it raised.
        if not isinstance(error.__cause__, HipSpineError):
            raise
        tell_refusal(error.__cause__)


class Unforeseen(HipSpineError):
    """An error of this program; the log has all of it."""


def unforeseen(error: Exception, *, says: str) -> Unforeseen:
    """What to tell of an error that nobody foresaw, and where what happened can be found."""
    _LOG.error("unforeseen while %s", says, exc_info=error)
    return Unforeseen(
        f"Expected {says} to end, found an error of this program: {type(error).__name__}: {error}",
        hint="Nothing was changed. “Copy report”, in the menu at the top of the dock, copies the log to be sent to us.",
    )


@dataclass(frozen=True)
class _Refused:
    """A refusal carried out of the thread as a value: raised there, napari would show it a second time."""

    error: HipSpineError


class BackgroundWork(QObject):
    """One piece of work in a thread of its own.

    Parameters
    ----------
    work : callable
        Takes a `Progress` and gives the result; runs in the thread and touches no layer and no widget.
    says : str
        What is being done, for the activity dock.
    parent : QObject
        When it goes, the work is cancelled and nobody is told.
    is_quiet : bool
        Whether it is too short for a bar in the activity dock, which takes longer to make than the work.

    Attributes
    ----------
    told : Signal(int, int, str)
        Steps done, steps in all, and what is being done.
    done : Signal(object)
        The result.
    ended : Signal()
        After success, refusal and cancelling alike.
    """

    told = Signal(int, int, str)
    done = Signal(object)
    ended = Signal()

    def __init__(self, work: Callable[[Progress], Any], *, says: str, parent: QObject, is_quiet: bool = False) -> None:
        super().__init__(parent)
        self._says = says
        self._is_quiet = is_quiet
        self._bar: Any = None
        self._is_drawing = False
        telegraph = _Telegraph()
        telegraph.told.connect(self._show_progress)
        self._telegraph = telegraph
        worker = create_worker(_Errand(work, telegraph, says).run)
        telegraph.is_cancelled = lambda: bool(worker.abort_requested)
        self._worker = worker
        self._worker.returned.connect(self._take)
        self._worker.finished.connect(self._end)
        parent.destroyed.connect(self._worker.quit)

    def start(self) -> None:
        """Begin."""
        if not self._is_quiet:
            _LOG.info("begun: %s", self._says)
            self._bar = activity(total=0, desc=self._says)
        self._worker.start()

    def cancel(self) -> None:
        """Stop at the next step; nothing is kept."""
        self._worker.quit()

    def _show_progress(self, done: int, total: int, doing: str) -> None:
        bar = self._bar
        if bar is None or self._is_drawing:
            return
        # Drawing the bar lets Qt work off its queue; more progress, or the end of the work, may be in it.
        self._is_drawing = True
        bar.total = total
        bar.set_description(doing or self._says)
        bar.update(done - bar.n)
        self._is_drawing = False
        if self._bar is not None:
            self.told.emit(done, total, doing)

    def _take(self, outcome: Any) -> None:
        if isinstance(outcome, _Refused):
            tell_refusal(outcome.error)
        else:
            self.done.emit(outcome)

    def _end(self) -> None:
        if not self._is_quiet:
            _LOG.info("ended: %s", self._says)
        bar, self._bar = self._bar, None
        if bar is not None:
            bar.close()
        self.ended.emit()


class _Telegraph(QObject):
    """Carries progress from the thread to the window, and the wish to stop the other way."""

    told = Signal(int, int, str)

    def __init__(self) -> None:
        super().__init__()
        self.is_cancelled: Callable[[], bool] = lambda: False
        self._next_tell = 0.0

    def tell(self, done: int, total: int, doing: str) -> None:
        """Progress for a workflow.

        Raises
        ------
        Cancelled
            When the user has cancelled or the window is gone.
        """
        if self.is_cancelled():
            raise Cancelled("Cancelled.", hint="Nothing was changed.")
        now = time.monotonic()
        if now >= self._next_tell:
            self._next_tell = now + 1 / _TELLS_PER_SECOND
            self.told.emit(done, total, doing)


class _Errand:
    """Work that is let go of when it begins: napari remembers every worker for good, and with it what it was given."""

    def __init__(self, work: Callable[[Progress], Any], telegraph: _Telegraph, says: str) -> None:
        self._says = says
        self._given: tuple[Callable[[Progress], Any], _Telegraph] | None = (work, telegraph)

    def run(self) -> Any:
        """What comes of it; a refusal as a value."""
        if self._given is None:
            return None
        (work, telegraph), self._given = self._given, None
        try:
            return work(telegraph.tell)
        except HipSpineError as error:
            return _Refused(error)
        except Exception as error:  # noqa: BLE001 - raised here it would reach the user as a traceback, and twice
            return _Refused(unforeseen(error, says=self._says))
