"""One subject's measurements again under other choices, to be written beside the result."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ..domain.implants import Implants
from ..domain.label_map import LabelMap
from ..domain.level_plan import LevelPlan
from ..domain.protocol import MeasurementProtocol
from ..domain.subject import Progress, stay_silent
from ..domain.volume import Volume, WaterFat
from .measure_subject import CountedResult, default_protocol

if TYPE_CHECKING:
    import pandas as pd


def measure_subject_variations(
    counted: CountedResult,
    image: Volume | WaterFat,
    label_map: LabelMap,
    *,
    level_plan: LevelPlan | None = None,
    protocol: MeasurementProtocol | None = None,
    implants: Implants | None = None,
    progress: Progress = stay_silent,
) -> tuple[CountedResult, pd.DataFrame]:
    """The result with what was varied in its provenance, and the table of variations.

    Parameters
    ----------
    counted : CountedResult
        From `measure_counted`.
    image, label_map, level_plan, protocol, implants
        What it was measured from.
    progress : Progress
        Told how far the work has come; may cancel it.
    """
    from ..measuring.variations import WAYS, measure_variations

    table, notes = measure_variations(
        counted.counted,
        image,
        label_map.on_grid(image.grid),
        level_plan or LevelPlan(),
        protocol or default_protocol(image),
        key=counted.key,
        implants=implants,
        progress=progress,
    )
    found = counted.provenance
    provenance = replace(found, settings={**found.settings, "variations": WAYS}, notes=(*found.notes, *notes))
    return replace(counted, provenance=provenance), table
