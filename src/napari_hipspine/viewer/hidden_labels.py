"""All labels out of the picture and back, by one key."""

from __future__ import annotations

from typing import Any


class HiddenLabels:
    """Hides every layer of labels that is seen, and shows those very layers again.

    Parameters
    ----------
    viewer : napari viewer
        Where they are shown.
    """

    def __init__(self, viewer: Any) -> None:
        self._viewer = viewer
        self._hidden: list[Any] = []

    @property
    def is_on(self) -> bool:
        """Whether labels were hidden and none is seen."""
        return bool(self._there()) and not self._seen()

    def toggle(self) -> None:
        """Hide all labels that are seen; if none is, show those that were hidden last."""
        seen = self._seen()
        if seen:
            self._hidden = seen
        for layer in self._there():
            layer.visible = not seen

    def _seen(self) -> list[Any]:
        return [layer for layer in self._viewer.layers if hasattr(layer, "selected_label") and layer.visible]

    def _there(self) -> list[Any]:
        """Those hidden last that are still in the window."""
        return [layer for layer in self._hidden if layer in self._viewer.layers]
