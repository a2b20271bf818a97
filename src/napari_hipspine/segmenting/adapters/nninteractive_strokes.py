"""Strokes inside and outside handed to nnInteractive, which gives the whole structure."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...domain.errors import InvalidChoice
from .nninteractive import TITLE, tool_refusals
from .tools import require_size

INSIDE, OUTSIDE = 1, 2
"""Values of strokes."""


class StrokeSession:
    """A picture that has been handed over, and the structure that strokes on it mean so far.

    Parameters
    ----------
    session : nnInteractiveInferenceSession or nnInteractiveRemoteInferenceSession
        Ready for a picture.
    signal : ndarray, shape (n_slices, n_rows, n_columns)
        The picture as it was acquired; nothing is windowed.

    Raises
    ------
    InvalidChoice
        If the picture has too many voxels.
    ToolFailed
        If it is refused.

    References
    ----------
    Isensee F, Rokuss M, Krämer L et al. nnInteractive: redefining 3D promptable segmentation. 2025.
    doi:10.48550/arXiv.2503.08373
    """

    def __init__(self, session: Any, signal: NDArray[Any]) -> None:
        require_size(signal.shape, TITLE)
        self._session = session
        self._region = np.zeros(signal.shape, np.uint8)
        self._sent = np.zeros(signal.shape, np.uint8)
        self._value = 0
        with tool_refusals("take the picture"):
            session.set_image(np.ascontiguousarray(signal)[np.newaxis])
            session.set_target_buffer(self._region)

    @property
    def licence(self) -> str:
        """Licence of the weights, as the model states it."""
        return str(getattr(self._session, "license", "") or "not stated")

    def outline(self, strokes: NDArray[np.uint8], value: int) -> NDArray[np.bool_]:
        """The structure that all strokes so far mean, shape ``(n_slices, n_rows, n_columns)``.

        Every stroke that is new is one prompt. Strokes that have vanished, or another structure, begin anew.

        Parameters
        ----------
        strokes : ndarray of uint8, shape (n_slices, n_rows, n_columns)
            0 unknown, 1 inside, 2 outside.
        value : int
            Label value of the structure.

        Raises
        ------
        InvalidChoice
            If the strokes have another shape than the picture, or none of them is inside at the beginning.
        ToolFailed
            If the prediction fails.
        """
        if strokes.shape != self._region.shape:
            raise InvalidChoice(f"Expected strokes of shape {self._region.shape}, found {strokes.shape}.")
        has_vanished = bool(((self._sent > 0) & (strokes != self._sent)).any())
        begins_anew = value != self._value or has_vanished
        # A prompt that fails leaves an unknown state behind: the next call begins anew.
        self._value = 0
        with tool_refusals("outline the structure"):
            if begins_anew:
                self._begin_anew()
            for kind, slice_index in _new_strokes(strokes, self._sent, is_first=not self._region.any()):
                self._send(strokes[slice_index] == kind, self._sent[slice_index] == kind, kind, slice_index)
        self._sent, self._value = strokes.copy(), value
        return self._region.astype(bool)

    def settle(self) -> None:
        """What was outlined so far has been taken: the strokes may go, the structure goes on from here."""
        self._sent[...] = 0

    def _begin_anew(self) -> None:
        self._session.reset_interactions()
        self._region[...] = 0
        self._sent = np.zeros_like(self._sent)

    def _send(self, drawn: NDArray[np.bool_], sent: NDArray[np.bool_], kind: int, slice_index: int) -> None:
        """One stroke as one prompt: the small rectangle that holds it, and where that lies."""
        fresh = drawn & ~sent
        rows, columns = np.flatnonzero(fresh.any(axis=1)), np.flatnonzero(fresh.any(axis=0))
        box = [[slice_index, slice_index + 1]] + [[int(found[0]), int(found[-1]) + 1] for found in (rows, columns)]
        crop = fresh[box[1][0] : box[1][1], box[2][0] : box[2][1]]
        self._session.add_scribble_interaction(
            crop[np.newaxis].astype(np.uint8), include_interaction=kind == INSIDE, interaction_bbox=box
        )


def _new_strokes(strokes: NDArray[np.uint8], sent: NDArray[np.uint8], *, is_first: bool) -> list[tuple[int, int]]:
    """Kind and slice of every stroke that was not sent, those inside first."""
    fresh = (strokes > 0) & (strokes != sent)
    slices = [int(index) for index in np.flatnonzero(fresh.any(axis=(1, 2)))]
    found = [(kind, index) for kind in (INSIDE, OUTSIDE) for index in slices if _holds(strokes, fresh, kind, index)]
    if is_first and found and found[0][0] != INSIDE:
        raise InvalidChoice("Expected a stroke inside the structure first, found one outside.")
    return found


def _holds(strokes: NDArray[np.uint8], fresh: NDArray[np.bool_], kind: int, slice_index: int) -> bool:
    return bool((fresh[slice_index] & (strokes[slice_index] == kind)).any())
