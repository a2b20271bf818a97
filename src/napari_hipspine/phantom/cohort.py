"""A synthetic cohort as a measurement table, with built-in correlations between lumbar and hip muscles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from ..domain.anatomy import Side, find_muscle
from ..domain.protocol import FatMethod
from ..domain.tables import BOTH_SIDES, MEASUREMENTS, SEPARATOR, join_words
from .fields import generator_for
from .shipped_tables import read_rows

if TYPE_CHECKING:
    import pandas as pd

SIZE_FACTORS = ("size", "extensor", "abductor")
"""What muscle areas of one person have in common: build, back and hip extensors, hip abductors."""

FAT_FACTORS = ("fat", "deep_fat")
"""What fat in muscles of one person has in common: fat altogether, fat in multifidus and the small gluteals."""

_N_WITH_MUSCLE = {"gluteus_minimus": 14, "gluteus_medius": 23, "sartorius": 29}
"""Persons in whom a muscle is present on the slice of its level; all others have every muscle."""

_SIDE_SIZE_SPREAD = 0.05
_SIDE_FAT_SPREAD = 0.15
_SEVERE_CUT = 0.5
_NEAR_CUT = 0.05
"""Fat share called severe, and the distance from it that is flagged; as in the default protocol."""


def make_cohort(*, n_subjects: int = 31, seed: int = 43) -> pd.DataFrame:
    """Measurements of a synthetic cohort: L4 and greater trochanter; left, right and both sides.

    Areas and fat are drawn from a factor model: the logarithm of an area and the logit of a fat fraction are sums of
    factors that muscles of one person share and of chance. Loadings are in ``cohort_muscles.csv``. Both-sides rows are
    computed from the two sides by the rules of the measurement table.

    Parameters
    ----------
    n_subjects : int
        Persons.
    seed : int
        Number from which all follows.
    """
    muscles = list(read_rows("cohort_muscles.csv"))
    absent = {muscle["muscle"]: _choose_absent(muscle["muscle"], n_subjects, seed) for muscle in muscles}
    rows: list[dict[str, Any]] = []
    for number in range(n_subjects):
        subject_id = f"synthetic{number + 1:02d}"
        rng = generator_for(seed, subject_id)
        factors = dict(zip((*SIZE_FACTORS, *FAT_FACTORS), rng.normal(size=5), strict=True))
        for muscle in muscles:
            own = generator_for(seed, subject_id, muscle["muscle"])
            is_absent = number in absent[muscle["muscle"]]
            cells = _absent_rows() if is_absent else _muscle_rows(muscle, factors, own)
            rows.extend({"subject_id": subject_id, **_named(muscle), **row} for row in cells)
    return MEASUREMENTS.frame(rows)


def _choose_absent(muscle: str, n_subjects: int, seed: int) -> set[int]:
    n_present = min(_N_WITH_MUSCLE.get(muscle, n_subjects), n_subjects)
    order = generator_for(seed, "absent", muscle).permutation(n_subjects)
    return set(order[n_present:].tolist())


def _named(muscle: dict[str, str]) -> dict[str, Any]:
    return {
        "session": "",
        "series": muscle["series"],
        "reader_id": "",
        "region": find_muscle(muscle["muscle"]).region,
        "level": muscle["level"],
        "slice_position": muscle["slice_position"],
        "muscle": muscle["muscle"],
        "n_slices_expected": 1,
    }


def _absent_rows() -> Iterator[dict[str, Any]]:
    for side in (*Side, BOTH_SIDES):
        yield {"side": str(side), "n_slices": 0, "reason": "absent_at_level"}


def _muscle_rows(
    muscle: dict[str, str], factors: dict[str, float], rng: np.random.Generator
) -> Iterator[dict[str, Any]]:
    area = np.log(float(muscle["csa_mm2"])) + float(muscle["csa_spread"]) * _mix(muscle, factors, SIZE_FACTORS, rng)
    share = float(muscle["fi"])
    logit = np.log(share / (1 - share)) + float(muscle["fi_spread"]) * _mix(muscle, factors, FAT_FACTORS, rng)
    counts = {}
    for side in Side:
        n_pixels = round(float(np.exp(area + rng.normal(0, _SIDE_SIZE_SPREAD))) / float(muscle["pixel_mm2"]))
        of_side = logit + rng.normal(0, _SIDE_FAT_SPREAD)
        counts[side] = (n_pixels, round(n_pixels / (1 + float(np.exp(-of_side)))))
    for side, (n_pixels, n_fat) in counts.items():
        cells = _cells(muscle, n_pixels, n_fat)
        yield {"side": side.value, **cells, **_severity(cells)}
    yield {"side": BOTH_SIDES, **_both_cells(muscle, counts[Side.LEFT], counts[Side.RIGHT])}


def _mix(muscle: dict[str, str], factors: dict[str, float], names: tuple[str, ...], rng: np.random.Generator) -> float:
    """Shared factors and chance with the loadings of a muscle, of spread 1."""
    loadings = np.array([float(muscle[name]) for name in names])
    shared = float(loadings @ np.array([factors[name] for name in names]))
    return shared + float(np.sqrt(1 - loadings @ loadings)) * float(rng.normal())


def _cells(muscle: dict[str, str], n_pixels: int, n_fat: int) -> dict[str, Any]:
    csa, fi = n_pixels * float(muscle["pixel_mm2"]), n_fat / n_pixels
    flags = ["psoas_threshold_unreliable"] if muscle["muscle"] == "psoas_major" else []
    return {
        "n_slices": 1,
        "csa_mm2": csa,
        "fcsa_mm2": csa * (1 - fi),
        "fi": fi,
        "volume_mm3": csa * float(muscle["slice_mm"]),
        "threshold": (float(muscle["lean_signal"]) + float(muscle["fat_signal"])) / 2,
        "fat_method": FatMethod.FAT_REFERENCE.value,
        "flags": join_words(flags),
    }


def _severity(cells: dict[str, Any]) -> dict[str, Any]:
    """Whether fat makes up one half; small margins are flagged, after the flags there are."""
    margin = abs(cells["fi"] - _SEVERE_CUT)
    near = "near_cut" if margin < _NEAR_CUT else ""
    flags = join_words([*cells["flags"].split(SEPARATOR), near])
    return {"severe": cells["fi"] >= _SEVERE_CUT, "severe_by": "fi", "severe_margin": margin, "flags": flags}


def _both_cells(muscle: dict[str, str], left: tuple[int, int], right: tuple[int, int]) -> dict[str, Any]:
    of_left, of_right = _cells(muscle, *left), _cells(muscle, *right)
    sums = {name: of_left[name] + of_right[name] for name in ("csa_mm2", "fcsa_mm2", "volume_mm3")}
    pooled = _cells(muscle, left[0] + right[0], left[1] + right[1])
    return {
        **pooled,
        **sums,
        "asymmetry_csa": _asymmetry(of_left["csa_mm2"], of_right["csa_mm2"]),
        "asymmetry_fcsa": _asymmetry(of_left["fcsa_mm2"], of_right["fcsa_mm2"]),
        "fi_difference": of_right["fi"] - of_left["fi"],
    }


def _asymmetry(left: float, right: float) -> float:
    return (right - left) / ((right + left) / 2)
