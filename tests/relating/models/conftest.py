from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

ORACLES = Path(__file__).parents[2] / "oracles"


@pytest.fixture(scope="session")
def cohort() -> pd.DataFrame:
    """A made-up cohort as text cells, the way the command line reads it."""
    return pd.read_csv(ORACLES / "models_cohort.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="session")
def r_numbers() -> dict[str, Any]:
    """What R gave for it."""
    numbers: dict[str, Any] = json.loads((ORACLES / "models.json").read_text())
    return numbers
