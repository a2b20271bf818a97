"""Muscle quantity and quality of the lumbar spine and the hip on MRI.

Everything named here is loaded when it is first used, so that importing the package costs next to nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .domain.anatomy import Side, Structure, find_level, find_muscle, find_structure
    from .domain.errors import HipSpineError
    from .domain.grid import Grid
    from .domain.label_map import LabelMap
    from .domain.level_plan import LevelPlacement, LevelPlan, MillimetresAround, NearestSlice, SlicesAround
    from .domain.protocol import FatMethod, MeasurementProtocol
    from .domain.subject import SubjectKey
    from .domain.volume import Contrast, FatPolarity, Volume, WaterFat
    from .reading.label_maps import UnknownValues, open_label_map
    from .reading.volumes import open_volume
    from .relating.request import RelateRequest
    from .workflows.measure_subject import measure_subject
    from .workflows.relate_cohort import relate_cohort

__version__ = "0.1.0"

_HOMES = {
    "Contrast": "domain.volume",
    "FatMethod": "domain.protocol",
    "FatPolarity": "domain.volume",
    "Grid": "domain.grid",
    "HipSpineError": "domain.errors",
    "LabelMap": "domain.label_map",
    "LevelPlacement": "domain.level_plan",
    "LevelPlan": "domain.level_plan",
    "MeasurementProtocol": "domain.protocol",
    "MillimetresAround": "domain.level_plan",
    "NearestSlice": "domain.level_plan",
    "RelateRequest": "relating.request",
    "Side": "domain.anatomy",
    "SlicesAround": "domain.level_plan",
    "Structure": "domain.anatomy",
    "SubjectKey": "domain.subject",
    "UnknownValues": "reading.label_maps",
    "Volume": "domain.volume",
    "WaterFat": "domain.volume",
    "find_level": "domain.anatomy",
    "find_muscle": "domain.anatomy",
    "find_structure": "domain.anatomy",
    "measure_subject": "workflows.measure_subject",
    "open_label_map": "reading.label_maps",
    "open_volume": "reading.volumes",
    "relate_cohort": "workflows.relate_cohort",
}

__all__ = [
    "Contrast",
    "FatMethod",
    "FatPolarity",
    "Grid",
    "HipSpineError",
    "LabelMap",
    "LevelPlacement",
    "LevelPlan",
    "MeasurementProtocol",
    "MillimetresAround",
    "NearestSlice",
    "RelateRequest",
    "Side",
    "SlicesAround",
    "Structure",
    "SubjectKey",
    "UnknownValues",
    "Volume",
    "WaterFat",
    "find_level",
    "find_muscle",
    "find_structure",
    "measure_subject",
    "open_label_map",
    "open_volume",
    "relate_cohort",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f".{_HOMES[name]}", __name__), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
