"""What the row of views does when a wish arrives."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from qtpy.QtWidgets import QWidget

from ...domain.errors import InvalidChoice
from ...domain.volume import Volume
from ..crosshair import Crosshair, Place
from ..hidden_labels import HiddenLabels
from ..layer_link import LayerLink
from ..ruler import Ruler
from ..session import Session
from ..shortcuts import Wish
from ..window_presets import Preset, Windows, find_windows
from ..workers import BackgroundWork, refusals_told
from .locator import Locator
from .view_row import WINDOWS, ViewRow

_NO_IMAGE = "Open an image first (step 1)."


class ViewActions:
    """Wishes about how the picture is looked at, fulfilled.

    Parameters
    ----------
    parent : QWidget
        When it goes, looking in the background is cancelled.
    session : Session
        What is open.
    link : LayerLink
        Hand in the layer list.
    viewer : napari viewer
        Where everything is drawn.
    row : ViewRow
        Shows how things stand.
    locator : Locator
        Shows the place of the crosshair, and moves it.
    """

    def __init__(
        self, parent: QWidget, session: Session, link: LayerLink, viewer: Any, row: ViewRow, *, locator: Locator
    ) -> None:
        self._parent = parent
        self._session = session
        self._link = link
        self._row = row
        self._locator = locator
        self._windows: tuple[Volume, Windows] | None = None
        self._looking: BackgroundWork | None = None
        self.crosshair = Crosshair(viewer, image_layer=link.image_layer, moved=self._show_place)
        self.ruler = Ruler(viewer)
        self.labels = HiddenLabels(viewer)
        self.does: dict[Wish, Callable[[], None]] = {
            **{wish: partial(self._show_window, preset) for wish, preset in WINDOWS.items()},
            Wish.CROSSHAIR: self.crosshair.toggle,
            Wish.RULER: self._toggle_ruler,
            Wish.HIDE_LABELS: self.labels.toggle,
        }
        row.wished.connect(self.ask)
        locator.canvas.pointed.connect(self._point)

    def ask(self, wish: Wish) -> None:
        """Do what a key or a button asks for; a refusal is told and changes nothing."""
        with refusals_told():
            if self._session.work is None:
                raise InvalidChoice("Expected an open image, found none.", hint=_NO_IMAGE)
            self.does[wish]()
        self.refresh()

    def refresh(self) -> None:
        """Show what is switched on and what can be asked for."""
        none = _NO_IMAGE if self._session.work is None else ""
        if none:
            self.leave()
        reasons = dict.fromkeys(self.does, none)
        known = self._known()
        if known is not None:
            reasons |= {wish: known.why_not.get(preset, "") for wish, preset in WINDOWS.items()}
        self._row.allow(reasons)
        states = {
            Wish.CROSSHAIR: self.crosshair.is_on,
            Wish.RULER: self.ruler.is_on,
            Wish.HIDE_LABELS: self.labels.is_on,
        }
        self._row.set_value(frozenset(wish for wish, is_on in states.items() if is_on))

    def leave(self) -> None:
        """Leave no line behind."""
        self.crosshair.leave()
        self.ruler.leave()
        if self._looking is not None:
            self._looking.cancel()

    def _show_window(self, preset: Preset) -> None:
        """Draw with a window; the first time, after a look off the main thread."""
        known = self._known()
        if known is not None:
            self._take_window(preset, known)
        elif self._looking is None:
            self._look(preset)

    def _take_window(self, preset: Preset, windows: Windows) -> None:
        layer = self._link.image_layer()
        if preset not in windows.limits:
            raise InvalidChoice(
                f"Expected signals of {preset.value.lower()}, found none.", hint=windows.why_not[preset]
            )
        if layer is not None:
            layer.contrast_limits = windows.limits[preset]

    def _look(self, preset: Preset) -> None:
        from ..coarse_look import contrast_limits, few_signals

        work = self._session.work
        if work is None:
            return
        volume = work.volume
        looking = BackgroundWork(
            lambda _: find_windows(volume, few_signals(volume), body=contrast_limits(volume)),
            says="looking for black and white",
            parent=self._parent,
            is_quiet=True,
        )
        self._looking = looking
        looking.done.connect(partial(self._keep, volume, preset))
        looking.ended.connect(self._end_look)
        looking.start()

    def _keep(self, volume: Volume, preset: Preset, windows: Windows) -> None:
        self._windows = (volume, windows)
        with refusals_told():
            if self._known() is not None:
                self._take_window(preset, windows)

    def _end_look(self) -> None:
        self._looking = None
        self.refresh()

    def _known(self) -> Windows | None:
        """Windows of the series that is worked on, unless what is said of its fat has changed since."""
        work = self._session.work
        if work is None:
            return None
        return self._windows[1] if self._windows is not None and self._windows[0] is work.volume else None

    def _toggle_ruler(self) -> None:
        image = self._link.image_layer()
        if image is None or self._link.slice_shown() is None:
            raise InvalidChoice("Expected a slice on the screen to measure on, found none.", hint="Leave the 3-D view.")
        self.ruler.toggle(image)

    def _show_place(self, place: Place | None) -> None:
        self._locator.canvas.set_cross(place)

    def _point(self, axis: int, index: float) -> None:
        self.crosshair.point_at(**({"row": index} if axis == 1 else {"column": index}))
