"""nnInteractive, found and opened: on this machine, or on a server of one's own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ...domain.errors import HipSpineError, InvalidChoice, PackageMissing, ToolFailed, WeightsMissing
from .tools import Device, Weights

TITLE = "nnInteractive"
INSTALL_LOCAL = "pip install 'napari-hipspine[nninteractive]'"
INSTALL_REMOTE = "pip install 'napari-hipspine[nninteractive-remote]'"
LICENCE = "Program: Apache-2.0. Official weights: CC BY-NC-SA 4.0, not for commercial use."

_LOCAL = "nnInteractive.inference.inference_session"
_REMOTE = "nnInteractive.inference.remote"


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
    with tool_refusals("load its model"):
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
    with tool_refusals(f"be reached at {parts.hostname}"):
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


def _is_there(module: str) -> bool:
    """Whether a module can be imported; its package's client makes missing parts an error of the search."""
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:
        return False


@contextmanager
def tool_refusals(what: str) -> Iterator[None]:
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
