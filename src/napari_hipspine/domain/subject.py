"""One person in tables: who was measured, and what came of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from .errors import InvalidChoice
from .provenance import Provenance

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class SubjectKey:
    """What every row of a subject's tables begins with.

    Parameters
    ----------
    subject_id : str
        A pseudonym; never a name or a birth date.
    session : str
        Visit or time point; empty when there is one.
    series : str
        Which series of the session.
    reader_id : str
        Who outlined; empty when not stated.
    """

    subject_id: str
    session: str = ""
    series: str = ""
    reader_id: str = ""

    def __post_init__(self) -> None:
        if not self.subject_id.strip():
            raise InvalidChoice("Expected a subject id, found none.", hint="Give a pseudonym with --subject.")


@dataclass(frozen=True)
class SubjectResult:
    """Tables of one measured subject and what they rest on.

    Parameters
    ----------
    key : SubjectKey
        Who was measured.
    slices, measurements : pandas.DataFrame
        Tables as declared in `napari_hipspine.domain.tables`.
    provenance : Provenance
        Versions, settings and inputs.
    """

    key: SubjectKey
    slices: pd.DataFrame
    measurements: pd.DataFrame
    provenance: Provenance


@dataclass(frozen=True)
class SubjectFailure:
    """Why a subject has no tables: the step that failed, the message and what to do."""

    subject_id: str
    step: str
    message: str
    hint: str


class Progress(Protocol):
    """Told how far a long piece of work has come; raises `Cancelled` to stop it."""

    def __call__(self, done: int, total: int, doing: str) -> None:
        """``done`` of ``total`` steps are behind, and what is being done now, in words."""


def stay_silent(done: int, total: int, doing: str) -> None:
    """Progress that tells nobody."""
