"""Measurement tables of a made-up cohort."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

LUMBAR = ("multifidus", "erector_spinae", "psoas_major")
HIP = ("gluteus_minimus", "gluteus_medius", "gluteus_maximus", "tensor_fasciae_latae", "sartorius", "rectus_femoris")


def _make_cohort(n: int = 31, *, seed: int = 0, fat_method: str = "dixon") -> pd.DataFrame:
    """Left and right rows of nine muscles; areas and fat of a subject go together a little."""
    generator = np.random.default_rng(seed)
    rows: list[dict[str, Any]] = []
    for k in range(n):
        fatness = generator.normal()
        for muscle in LUMBAR + HIP:
            region, level = ("lumbar", "L4") if muscle in LUMBAR else ("hip", "greater_trochanter")
            for side in ("left", "right"):
                fi = float(np.clip(0.2 + 0.05 * fatness + 0.05 * generator.normal(), 0.01, 0.9))
                csa = float(np.round(900 + 200 * generator.normal(), 2))
                where = {"region": region, "level": level, "muscle": muscle, "side": side}
                sizes = {"csa_mm2": csa, "fcsa_mm2": csa * (1 - fi), "fi": fi, "n_slices": 3}
                rows.append({"subject_id": f"{k:03d}"} | where | sizes | {"fat_method": fat_method, "reason": ""})
    return pd.DataFrame(rows)


def _change(table: pd.DataFrame, where: dict[str, Any], **cells: Any) -> pd.DataFrame:
    """A copy with cells changed in the rows that match."""
    changed = table.copy()
    chosen = np.logical_and.reduce([changed[name] == value for name, value in where.items()])
    if not chosen.any():
        raise LookupError(f"no row matches {where}")
    for name, value in cells.items():
        if name not in changed.columns:
            changed[name] = ""
        changed.loc[chosen, name] = value
    return changed


@pytest.fixture
def make_cohort() -> Callable[..., pd.DataFrame]:
    """Makes a measurement table: ``make_cohort(n, seed=0, fat_method="dixon")``."""
    return _make_cohort


@pytest.fixture
def change() -> Callable[..., pd.DataFrame]:
    """Changes cells: ``change(table, {"muscle": "sartorius"}, fi=np.nan, reason="implant")``."""
    return _change
