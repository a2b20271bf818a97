"""The published table: all 72 cells come back, and what each family makes of their p."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from napari_hipspine.relating.multiplicity import Family
from napari_hipspine.relating.published import published_correlations
from napari_hipspine.writing.correlation_layout import format_p, format_rho, lay_out


def test_all_72_cells_come_back_as_printed(shared_reference: Path) -> None:
    with (shared_reference / "mielke_table1.csv").open(newline="") as file:
        printed = list(csv.DictReader(file))
    names = ["lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure"]
    table = published_correlations().set_index(names)
    assert len(printed) == len(table) == 72
    for cell in printed:
        lumbar = "psoas_major" if cell["lumbar_muscle"] == "psoas" else cell["lumbar_muscle"]
        found = table.loc[(lumbar, cell["lumbar_measure"].lower(), cell["hip_muscle"], cell["hip_measure"].lower())]
        assert (found["rho"], found["p"], found["n"]) == (
            float(cell["rho"]),
            float(cell["p"]),
            int(cell["n_inferred"]),
        )
        assert (found["p"] < 0.05) == (cell["bold"] == "true")


def test_rows_and_columns_stand_as_in_print(shared_reference: Path) -> None:
    with (shared_reference / "mielke_table1.csv").open(newline="") as file:
        printed = list(csv.DictReader(file))
    layout = lay_out(published_correlations())
    rows = dict.fromkeys((cell["hip_muscle"], cell["hip_measure"].lower()) for cell in printed)
    columns = dict.fromkeys((cell["lumbar_muscle"], cell["lumbar_measure"].lower()) for cell in printed)
    assert [row[:2] for row in layout.hip_rows] == list(rows)
    assert [(column.muscle.removesuffix("_major"), column.measure) for column in layout.lumbar_columns] == list(columns)
    shown = [layout.cells[hip, lumbar] for hip in layout.hip_rows for lumbar in layout.lumbar_columns]
    assert [format_rho(cell.rho).replace("−", "-") for cell in shown] == [cell["rho"] for cell in printed]
    assert [format_p(cell.p) for cell in shown] == [cell["p"] for cell in printed]
    assert [cell.n for cell in shown] == [int(cell["n_inferred"]) for cell in printed]
    assert sum(cell.is_below_alpha for cell in shown) == 9
    assert not any(cell.is_q_below_alpha for cell in shown)


def test_the_five_smallest_p_share_the_smallest_q() -> None:
    table = published_correlations().sort_values("p")
    assert table["q"].head(5).tolist() == pytest.approx([0.2736] * 5, abs=1e-12)
    assert table["q"].iloc[5] > 0.2736


@pytest.mark.parametrize(
    ("family", "n_families", "size", "smallest_q", "n_below"),
    [
        (Family.ALL, 1, 72, 0.274, 0),
        (Family.HIP_MUSCLE, 6, 12, 0.060, 0),
        (Family.HIP_ROW, 12, 6, 0.030, 2),
        (Family.LUMBAR_MUSCLE, 3, 24, 0.096, 0),
        (Family.LUMBAR_COLUMN, 6, 12, 0.048, 2),
        (Family.MUSCLE_PAIR, 18, 4, 0.020, 3),
        (Family.SAME_MEASURE, 1, 36, 0.144, 0),
    ],
)
def test_families(family: Family, n_families: int, size: int, smallest_q: float, n_below: int) -> None:
    table = published_correlations(family=family)
    members = table[table["family"] != ""]
    assert members["family"].nunique() == n_families
    assert set(members["family_size"]) == {size}
    assert round(table["q"].min(), 3) == smallest_q
    assert (table["q"] < 0.05).sum() == n_below


def test_intervals_of_the_bold_cells() -> None:
    table = published_correlations().query("p < 0.05").sort_values("p")
    found = [(round(low, 2), round(high, 2)) for low, high in zip(table["rho_low"], table["rho_high"], strict=True)]
    assert len(found) == 9
    for expected in [(-0.75, -0.15), (-0.73, -0.12), (0.08, 0.72), (0.06, 0.70), (0.09, 0.88), (0.03, 0.86)]:
        assert expected in found
