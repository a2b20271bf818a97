"""What is done when muscles are to be seen in space, hidden or shown alone, or their fat on the slices."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from ...domain.anatomy import Structure
from ...domain.errors import InvalidChoice
from ...domain.label_map import LabelMap
from ...domain.subject import Progress
from ...domain.surface import Surface
from ...workflows.measure_subject import CountedResult
from ...workflows.muscle_surfaces import find_surfaces, slice_fat_of
from ..explore_choice import ColourBy, ExploreChoice
from ..explore_view import ExploreView
from ..layer_link import LayerLink
from ..series_work import SeriesWork
from ..session import Session
from ..shortcuts import Wish
from ..workers import refusals_told
from .explore_panel import ExplorePanel
from .muscles_panel import MusclesPanel
from .threshold_review_editor import ThresholdReviewEditor

_STAYS = frozenset(
    {Wish.IN_SPACE, Wish.HIDE_LABELS, Wish.SHOW_FAT, Wish.HIDE, Wish.SOLO, Wish.NEXT_MUSCLE, Wish.OTHER_SIDE, Wish.LOCK}
)
"""What can be asked for without going back to the slices."""

_NOT_MEASURED = "Find the thresholds first (step 4)."


@dataclass(frozen=True)
class _Found:
    """Surfaces, and what they were found from."""

    surfaces: tuple[Surface, ...]
    position: int
    result: object
    labels: object


class ExploreActions:
    """Wishes of the explore panel, fulfilled; what needs the slices goes back to them first.

    Parameters
    ----------
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    viewer : napari viewer
        Where surfaces are shown.
    panel : ExplorePanel
        Where the wishes come from.
    muscles : MusclesPanel
        Its tools and cells need the slices.
    review : ThresholdReviewEditor
        Says whether fat is drawn on the slices.
    run : callable
        Takes work, what it says, and what is done with the result.
    back : callable
        Called when the slices are seen again.
    """

    def __init__(
        self,
        session: Session,
        link: LayerLink,
        viewer: Any,
        panel: ExplorePanel,
        muscles: MusclesPanel,
        review: ThresholdReviewEditor,
        *,
        run: Callable[..., None],
        back: Callable[[], None],
    ) -> None:
        self._session = session
        self._link = link
        self._viewer = viewer
        self._panel = panel
        self._review = review
        self._run = run
        self._back = back
        self._found: _Found | None = None
        self.view = ExploreView(viewer)
        self.does: dict[Wish, Callable[[], None]] = {Wish.IN_SPACE: self.toggle, Wish.SHOW_FAT: self.toggle_fat}
        panel.wished.connect(self.ask)
        panel.value_changed.connect(self._look)
        muscles.wished.connect(self.make_room)
        muscles.strips.cell_chosen.connect(lambda *_: self.leave())
        review.shows_fat.connect(lambda shown: panel.show_fat(is_shown=shown))
        session.changed.connect(self._hear)
        # After napari has gone back to slices: what is seen again before that is read as a whole.
        viewer.dims.events.ndisplay.connect(self._flattened, position="last")

    def ask(self, wish: Wish) -> None:
        """Do what a key or a button asks for; a refusal is told and changes nothing."""
        with refusals_told():
            reason = self._reasons()[wish]
            if reason:
                raise InvalidChoice(reason)
            self.does[wish]()

    def make_room(self, wish: Wish) -> None:
        """Go back to the slices before something is done that needs them."""
        if wish not in _STAYS:
            self.leave()

    def toggle(self) -> None:
        """Show the muscles in space, or the slices again."""
        if self.view.is_on:
            self.leave()
        else:
            self._show()

    def toggle_fat(self) -> None:
        """Draw pixels called fat on the slices, or not; in space, go back to the slices and draw them."""
        was_in_space = self.view.is_on
        self.leave()
        if not (was_in_space and self._review.shows_called_fat):
            self._review.toggle_called_fat()

    def leave(self) -> None:
        """Go back to the slices as they were left."""
        if self.view.is_on:
            with self._link.showing():
                self.view.leave()
            self._panel.set_value(replace(self._panel.value(), in_space=False))
            self.refresh()
            self._back()

    def close(self) -> None:
        """Hear nothing more."""
        self._session.changed.disconnect(self._hear)
        self._viewer.dims.events.ndisplay.disconnect(self._flattened)
        self.view.leave()

    def refresh(self) -> None:
        """Show what can be done now."""
        self._panel.allow(self._reasons(), fat_colours="" if self._result() else _NOT_MEASURED)

    def _reasons(self) -> dict[Wish, str]:
        work = self._session.work
        busy = f"Wait until {self._session.doing} has ended." if self._session.doing else ""
        missing = "" if work is not None and work.n_structures else "Open or draw labels first (step 3)."
        fat = "" if self._result() else _NOT_MEASURED
        return {Wish.IN_SPACE: "" if self.view.is_on else busy or missing, Wish.SHOW_FAT: fat}

    def _result(self) -> CountedResult | None:
        work = self._session.work
        result = work.measured.result if work is not None and work.measured is not None else None
        return result if isinstance(result, CountedResult) else None

    def _show(self) -> None:
        """Find the surfaces off the main thread, unless they are known, and show them."""
        work, result = self._session.work, self._result()
        if work is None or work.label_map is None:
            return
        snapshot = work.label_work.store.snapshot() if work.label_work is not None else None
        position = snapshot.position if snapshot is not None else -1
        known = self._found
        if known and (known.labels, known.position, known.result) == (work.label_map.labels, position, result):
            self._put(work, known)
            return
        labels = work.label_map.labels if snapshot is None else snapshot
        label_map = replace(work.label_map, labels=labels)
        self._run(
            partial(_find, work, label_map, result),
            says="making surfaces of the muscles",
            done=lambda found: self._take(work, _Found(found, position, result, work.label_map.labels)),
        )

    def _take(self, asked: SeriesWork, found: _Found) -> None:
        """Keep surfaces, and show them if the same series is still worked on."""
        self._found = found
        work = self._session.work
        if work is not None and work.label_map is not None and work.label_map.labels is found.labels:
            self._put(work, found)

    def _put(self, work: SeriesWork, found: _Found) -> None:
        choice = self._panel.value()
        if self._result() is None:
            choice = replace(choice, colour_by=ColourBy.MUSCLE)
        choice = replace(choice, in_space=True)
        with self._link.showing():
            self.view.show(found.surfaces, choice)
            self.view.hide(_hidden(work))
        self._panel.set_value(choice)
        self.refresh()

    def _look(self, choice: ExploreChoice) -> None:
        known = self._found
        if choice.colour_by is ColourBy.FAT and known is not None and known.result is not self._result():
            if self.view.is_on:
                self.leave()
                self._show()
            return
        self.view.colour(choice.colour_by)
        self.view.look(choice.seen_from)

    def _hear(self, name: str) -> None:
        if name in ("current", "works", "label_map", "opened"):
            self.leave()
        work = self._session.work
        if name == "hidden" and work is not None:
            self.view.hide(_hidden(work))
        self.refresh()

    def _flattened(self, event: Any = None) -> None:
        """By napari's own button the slices come back as well."""
        if self.view.is_on and self._viewer.dims.ndisplay == 2:
            self.leave()


def _find(
    work: SeriesWork, label_map: LabelMap, result: CountedResult | None, progress: Progress
) -> tuple[Surface, ...]:
    on_image = label_map.on_grid(work.image.grid)
    fat = slice_fat_of(work.image, on_image, result) if result is not None else None
    return find_surfaces(on_image, fat=fat, progress=progress)


def _hidden(work: SeriesWork) -> frozenset[Structure]:
    structures = work.label_map.structures if work.label_map is not None else {}
    return frozenset(structures[value] for value in work.hidden if value in structures)
