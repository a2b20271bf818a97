"""nnInteractive: strokes inside and outside become a whole structure, on this machine or on a server of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
from numpy.typing import NDArray

from ...domain.errors import HipSpineError, InvalidChoice, PackageMissing, ToolFailed, WeightsMissing
from .tools import Device, Weights, require_size

TITLE = "nnInteractive"
INSTALL_LOCAL = "pip install 'napari-hipspine[nninteractive]'"
INSTALL_REMOTE = "pip install 'napari-hipspine[nninteractive-remote]'"
LICENCE = "Program: Apache-2.0. Official weights: CC BY-NC-SA 4.0, not for commercial use."

INSIDE, OUTSIDE = 1, 2
"""Values of strokes."""

_LOCAL = "nnInteractive.inference.inference_session"
_REMOTE = "nnInteractive.inference.remote"


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
        with _refusals("take the picture"):
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
        with _refusals("outline the structure"):
            if begins_anew:
                self._begin_anew()
            for kind, slice_index in _new_strokes(strokes, self._sent, is_first=not self._region.any()):
                self._send(strokes[slice_index] == kind, self._sent[slice_index] == kind, kind, slice_index)
        self._sent, self._value = strokes.copy(), value
        return self._region.astype(bool)

    def settle(self) -> None:
        """What was outlined so far has been taken: the strokes may go, the structure goes on from here."""
        self._sent[...] = 0

    def close(self) -> None:
        """Give the place at the server back; nothing more can be asked."""
        end = getattr(self._session, "close", None)
        if end is not None:
            end()

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


def why_not_local(weights: Weights) -> HipSpineError | None:
    """Why it cannot run on this machine, or None; nothing heavy is imported to find out."""
    if not _is_there(_LOCAL):
        return PackageMissing(
            f"Expected the package {TITLE} to run on this machine, found none installed.",
            hint=f"Install it with: {INSTALL_LOCAL}; it wants a graphics card. Or use a server of your own. {LICENCE}",
        )
    if weights is Weights.PRESENT and newest_model() is None:
        return WeightsMissing(
            f"Expected the weights of {TITLE}, found none, in {models_folder()}.",
            hint=f"Fetch them once with: nninteractive-download-model; or let the tool fetch them. {LICENCE}",
        )
    return None


def why_not_remote() -> HipSpineError | None:
    """Why no server can be asked, or None."""
    if _is_there(_REMOTE):
        return None
    return PackageMissing(
        "Expected the package nninteractive-client to ask a server, found none installed.",
        hint=f"Install it with: {INSTALL_REMOTE}. {LICENCE}",
    )


def open_local(device: Device = Device.AUTO, weights: Weights = Weights.PRESENT) -> Any:
    """A session on this machine, with its model loaded; takes seconds to minutes.

    Raises
    ------
    HipSpineError
        What `why_not_local` gives; if the model cannot be loaded.
    """
    refusal = why_not_local(weights)
    if refusal is not None:
        raise refusal
    with _refusals("load its model"):
        import torch
        from nnInteractive.inference.inference_session import nnInteractiveInferenceSession

        has_card = device is Device.AUTO and torch.cuda.is_available()
        session = nnInteractiveInferenceSession(
            device=torch.device("cuda:0" if has_card else "cpu"),
            use_torch_compile=False,
            verbose=False,
            torch_n_threads=os.cpu_count() or 1,
            do_autozoom=True,
        )
        session.initialize_from_trained_model_folder(str(newest_model() or _fetch_model()))
    return session


def open_remote(server: str) -> Any:
    """A session on a server of one's own; its key is read from the environment variable NN_INTERACTIVE_API_KEY.

    Parameters
    ----------
    server : str
        Address, e.g. ``http://127.0.0.1:1527``.

    Raises
    ------
    InvalidChoice
        If it is no address.
    HipSpineError
        What `why_not_remote` gives; if the server cannot be reached or has no place free.
    """
    parts = urlsplit(server)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InvalidChoice(f"Expected the address of a server such as http://127.0.0.1:1527, found {server!r}.")
    refusal = why_not_remote()
    if refusal is not None:
        raise refusal
    with _refusals(f"be reached at {parts.hostname}"):
        from nnInteractive.inference.remote import nnInteractiveRemoteInferenceSession

        return nnInteractiveRemoteInferenceSession(server_url=server)


def models_folder() -> Path:
    """Where nnInteractive keeps its models: the folder its own environment variable names, else its usual one."""
    named = os.environ.get("NNINTERACTIVE_MODEL_DIR")
    return (Path(named).expanduser() if named else Path.home() / ".nninteractive") / "models"


def newest_model() -> Path | None:
    """The model on this machine with the highest name; None where there is none."""
    found = [place for place in models_folder().glob("nnInteractive_*") if place.is_dir() and any(place.iterdir())]
    return max(found, key=lambda place: place.name, default=None)


def _fetch_model() -> Path:
    from nnInteractive.model_management import ensure_model_available, get_default_model_id

    return Path(ensure_model_available(get_default_model_id()))


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


def _is_there(module: str) -> bool:
    """Whether a module can be imported; its package's client makes missing parts an error of the search."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """Whatever the package or its connection refuses inside, as our own refusal."""
    try:
        yield
    except HipSpineError:
        raise
    except (RuntimeError, ValueError, AssertionError, ImportError, OSError) as error:
        raise _failed(what, error) from error
    except Exception as error:
        connection = sys.modules.get("httpx")
        if connection is None or not isinstance(error, connection.HTTPError):
            raise
        raise _failed(what, error) from error


def _failed(what: str, error: Exception) -> ToolFailed:
    said = (str(error).strip() or type(error).__name__).splitlines()[0]
    return ToolFailed(
        f"Expected {TITLE} to {what}, found: {said.rstrip('.')}.",
        hint="Nothing was changed. Try again; a server must be running and its key must be right.",
    )
