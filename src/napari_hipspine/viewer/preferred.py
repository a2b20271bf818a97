"""What a reader prefers; none of it changes a number."""

from __future__ import annotations

from dataclasses import dataclass

WITH_STUDY = "in the study folder"
ON_COMPUTER = "on this computer"


@dataclass(frozen=True)
class Preferences:
    """What the reader prefers; the defaults hold where napari knows nothing of this plugin.

    Parameters
    ----------
    reader_id : str
        Who reads, for series of which nobody has said.
    brush_mm : float
        Diameter of the brush when the dock opens [mm].
    shows_locator : bool
        Whether the locator is shown beside the levels.
    labels_place : str
        Where labels of a study are painted: with it, or on this computer.
    save_pause_s : float
        Time between two savings of the project while something is done [s].
    recent_length : int
        Studies and subjects in the list of recent ones.
    n_workers : int
        Threads that measure.
    keeps_log : bool
        Whether a log is written, to be attached to a report.
    """

    reader_id: str = ""
    brush_mm: float = 6.0
    shows_locator: bool = True
    labels_place: str = WITH_STUDY
    save_pause_s: float = 2.0
    recent_length: int = 10
    n_workers: int = 2
    keeps_log: bool = True
