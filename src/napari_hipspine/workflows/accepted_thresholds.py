"""Thresholds accepted in an earlier run, read back from what it rested on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from ..domain.anatomy import find_muscle
from ..domain.errors import TableInvalid

if TYPE_CHECKING:
    from ..measuring.fat_threshold import FatThresholds


def read_accepted_thresholds(path: str | Path) -> FatThresholds:
    """Thresholds of every muscle as an earlier run has written them.

    Parameters
    ----------
    path : path
        A ``run.json``.

    Raises
    ------
    TableInvalid
        If the file is missing or holds no thresholds.
    UnknownLabel
        If it names a muscle that is not in the vocabulary.
    """
    from ..measuring.fat_threshold import FatThresholds, MuscleThreshold

    try:
        plain = json.loads(Path(path).read_text(encoding="utf-8"))["settings"]["thresholds"]
        muscles = {str(muscle): MuscleThreshold.from_dict(one) for muscle, one in plain.items()}
    except (OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise TableInvalid(
            f"Expected thresholds of an earlier measurement, found {type(error).__name__}: {error}, in {path}.",
            hint="Hand in the run.json that was written beside its tables.",
        ) from error
    for muscle in muscles:
        find_muscle(muscle)
    return FatThresholds(muscles, notes=("thresholds accepted in an earlier run",))
