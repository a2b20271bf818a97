"""Columns of every table we write or read: name, unit, kind and meaning, and what makes a row unique."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy.typing import NDArray

from .cells import Column as Column
from .cells import Kind as Kind
from .cells import column_cells, is_missing, range_problem
from .cells import typed_cells as typed_cells
from .errors import TableInvalid

if TYPE_CHECKING:
    import pandas as pd

ALL_SLICES = "all"
"""Level of rows that take every labelled slice, because no level was marked."""

BOTH_SIDES = "both"
"""Side of rows that take left and right together."""

SEPARATOR = ";"
"""Stands between several flags, reasons or levels in one cell."""


@dataclass(frozen=True)
class Table:
    """The contract of one table.

    Parameters
    ----------
    name : str
        File name without its ending.
    columns : tuple of Column
        In the order in which they are written.
    key : tuple of str
        Columns that together are unique in every row.
    required : tuple of str
        Columns a table handed in must have; the others are filled with missing values.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    required: tuple[str, ...]

    @property
    def column_names(self) -> list[str]:
        """Names in the order in which they are written."""
        return [column.name for column in self.columns]

    def frame(self, rows: Iterable[dict[str, Any]]) -> pd.DataFrame:
        """A data frame of rows, with every column in order and of its kind.

        Raises
        ------
        TableInvalid
            If a row has a cell that is no column of this table.
        """
        import pandas as pd

        rows = list(rows)
        unknown = sorted({name for row in rows for name in row} - set(self.column_names))
        if unknown:
            raise TableInvalid(f"Expected columns of {self.name}, found {', '.join(unknown)}.")
        cells = {c.name: typed_cells([row.get(c.name) for row in rows], c) for c in self.columns}
        return pd.DataFrame(cells, columns=self.column_names)

    def frame_of(self, columns: dict[str, NDArray[Any]]) -> pd.DataFrame:
        """A data frame of whole columns, in order and of its kinds; missing text is empty, missing numbers NaN.

        The columns are taken over: the given dictionary is empty afterwards, so that nothing is held twice.

        Raises
        ------
        TableInvalid
            If columns are given, but not those of this table.
        """
        import pandas as pd

        if sorted(columns) != sorted(self.column_names):
            raise TableInvalid(f"Expected all columns of {self.name}, found {', '.join(columns)}.")
        cells = {c.name: column_cells(columns.pop(c.name), c) for c in self.columns}
        return pd.DataFrame(cells, columns=self.column_names, copy=False)

    def empty(self) -> pd.DataFrame:
        """The table without rows."""
        return self.frame([])

    def check(self, frame: pd.DataFrame, *, source: str = "the given table") -> pd.DataFrame:
        """The table with all columns, in order, each of its kind; extra columns stay at the end.

        Raises
        ------
        TableInvalid
            On missing required columns or cells, cells of another kind or outside their range, or rows with one
            key; all problems at once.
        """
        out, problems = frame.reset_index(drop=True), list[str]()
        missing = [name for name in self.required if name not in frame.columns]
        if missing:
            problems.append(f"Expected the columns {', '.join(self.required)}, missing {', '.join(missing)}.")
        for column in self.columns:
            given = frame[column.name].tolist() if column.name in frame.columns else [None] * len(frame)
            try:
                out[column.name] = typed_cells(given, column)
            except TableInvalid as problem:
                problems.append(problem.message)
                continue
            problems.append(range_problem(out[column.name], column))
            if column.name in self.required and column.name not in missing:
                problems.append(_gap_problem(given, column))
        double = "" if missing else self._double_rows(out)
        if any((*problems, double)):
            hint = f"Found: {', '.join(map(str, frame.columns))}." if missing else ""
            raise TableInvalid(
                f"{' '.join(filter(None, (*problems, double)))} In {source}.",
                hint="Remove the double rows, or hand in each file once." if double else hint,
            )
        extra = [name for name in out.columns if name not in self.column_names]
        return out[[*self.column_names, *extra]]

    def _double_rows(self, frame: pd.DataFrame) -> str:
        """A sentence naming rows that share a key; empty when there are none."""
        key = list(self.key)
        twice = frame.duplicated(key, keep=False)
        if not twice.any():
            return ""
        rows = frame.loc[twice, key].drop_duplicates().head(5).to_dict("records")
        shown = "; ".join(", ".join(f"{k} {v}" for k, v in row.items() if not is_missing(v)) for row in rows)
        return f"Expected one row per {', '.join(key)}, found several for {shown}."


def _gap_problem(values: list[Any], column: Column) -> str:
    """A sentence naming the first rows without a required cell; empty when there are none."""
    gaps = [str(row) for row, value in enumerate(values, start=1) if is_missing(value)]
    return f"Expected {column.name} in every row, found none in row {', '.join(gaps[:5])}." if gaps else ""


def read_columns(text: str) -> tuple[Column, ...]:
    """Columns written one per line as ``name | kind | unit | meaning``; kinds are t, i, n and b (see `Kind`)."""
    kinds = {"t": Kind.TEXT, "i": Kind.INTEGER, "n": Kind.NUMBER, "b": Kind.TRUTH}
    rows = ([cell.strip() for cell in line.split("|")] for line in text.splitlines() if line)
    return tuple(Column(name, kinds[kind], unit, meaning) for name, kind, unit, meaning in rows)


_WHO = """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point; empty when there is one
series | t | | which series of the session
reader_id | t | | who outlined; empty when not stated
region | t | | lumbar, hip, hip_extension or group, from the vocabulary
"""

SLICES = Table(
    name="slices",
    columns=read_columns(
        _WHO
        + """
level | t | | levels whose window takes this slice; empty when none does; all when no level was marked
slice_position | t | | where on the level the slice lies
muscle | t | | muscle, from the vocabulary
side | t | | left or right, the patient's
slice_index | i | 1 | index along the slice axis in the file's own order, from 0
position_mm | n | mm | slice centre along the slice normal, patient coordinates
n_pixels | i | 1 | labelled pixels
n_valid | i | 1 | labelled pixels that are finite, in the valid range and left after erosion
csa_mm2 | n | mm2 | labelled pixels x pixel area
fcsa_mm2 | n | mm2 | csa x (1 - fi)
fi | n | 1 | valid pixels called fat / valid pixels
ff | n | 1 | mean of F/(F+W) over valid pixels
ff_of_sums | n | 1 | sum of F / sum of (F+W) over valid pixels
lean_area_mm2 | n | mm2 | sum of (1 - FF) x pixel area over valid pixels
mean_signal | n | 1 | mean signal of the valid pixels, in the units of the series
n_outside | i | 1 | valid pixels whose fat fraction lies outside 0-1, not clipped
threshold | n | 1 | signal beyond which a pixel is called fat, in the units of the series (Dixon: fat fraction)
fat_method | t | | how fat was told from lean muscle
flags | t | | flags of the vocabulary, joined by semicolons
reason | t | | why cells are empty, from the vocabulary
"""
    ),
    key=("subject_id", "session", "series", "reader_id", "muscle", "side", "slice_index"),
    required=("subject_id", "muscle", "side", "slice_index"),
)

MEASUREMENTS = Table(
    name="measurements",
    columns=read_columns(
        _WHO
        + """
level | t | | anatomical level; all = every labelled slice, because no level was marked
slice_position | t | | where on the level the slice lies
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
n_slices | i | 1 | slices of the window on which the structure is labelled and not left out
n_slices_expected | i | 1 | slices the window asks for
csa_mm2 | n | mm2 | mean over the measured slices; both: sum of the sides
fcsa_mm2 | n | mm2 | mean over the measured slices; both: sum of the sides
fi | n | 1 | fat pixels / valid pixels over all measured slices; both: pooled over both sides
ff | n | 1 | mean of F/(F+W) over all valid pixels; both: pooled
ff_of_sums | n | 1 | sum of F / sum of (F+W) over all valid pixels; both: pooled
ff_signal_calibrated | n | 1 | mean of clip((S - lean)/(fat - lean), 0, 1) over all valid pixels
lean_area_mm2 | n | mm2 | mean over the measured slices; both: sum of the sides
volume_mm3 | n | mm3 | labelled voxels of the measured slices x voxel volume
severe | b | | fat at or above one half, a research category; left and right rows only
severe_by | t | | the measure severe was read from: fi or ff
severe_margin | n | 1 | distance of that measure from one half
asymmetry_csa | n | 1 | (R - L)/((R + L)/2) of csa, positive when the patient's right is larger; both rows only
asymmetry_fcsa | n | 1 | (R - L)/((R + L)/2) of fcsa; both rows only
fi_difference | n | 1 | fi of the right minus fi of the left; both rows only
threshold | n | 1 | signal beyond which a pixel is called fat, in the units of the series (Dixon: fat fraction)
fat_method | t | | how fat was told from lean muscle
flags | t | | flags of the vocabulary, joined by semicolons
reason | t | | why cells are empty, from the vocabulary
"""
    ),
    key=("subject_id", "session", "series", "reader_id", "level", "slice_position", "muscle", "side"),
    required=("subject_id", "level", "muscle", "side"),
)

VARIATIONS = Table(
    name="variations",
    columns=(
        Column("variation", Kind.TEXT, "", "what was done otherwise, e.g. threshold_plus_10_percent"),
        *MEASUREMENTS.columns,
    ),
    key=("variation", *MEASUREMENTS.key),
    required=("variation", *MEASUREMENTS.required),
)

REGIONS = Table(
    name="regions",
    columns=read_columns(
        _WHO
        + """
muscles | t | | muscles and sides that were measured together, joined by semicolons
rule | t | | the compartment: drawn (with its label values), muscles_closed or muscles_closed_holes_filled
closing_radius_mm | n | mm | radius of the disc the muscles were closed by on every slice; empty when drawn
n_slices | i | 1 | slices with both a muscle and a compartment; everything is summed over these
compartment_mm3 | n | mm3 | volume of the compartment
excluded_mm3 | n | mm3 | part of the compartment beside muscles that was excluded; empty when nothing was handed in
intermat_mm3 | n | mm3 | fat voxels of the compartment that are neither muscle nor excluded x voxel volume
intramuscular_fat_mm3 | n | mm3 | fat voxels of the muscles x voxel volume
lean_volume_mm3 | n | mm3 | valid voxels of the muscles that are not fat x voxel volume
lean_volume_of_ff_mm3 | n | mm3 | sum of (1 - FF) over the valid voxels of the muscles x voxel volume
muscle_volume_mm3 | n | mm3 | labelled voxels of the muscles x voxel volume
n_invalid | i | 1 | voxels of muscles and beside them without a valid signal: neither lean nor fat
threshold | n | 1 | between muscles: signal beyond which, or fat fraction from which on, a voxel is fat
fat_method | t | | how that threshold was found
flags | t | | flags of the vocabulary, joined by semicolons
reason | t | | why cells are empty, from the vocabulary
"""
    ),
    key=("subject_id", "session", "series", "reader_id", "region", "rule", "closing_radius_mm"),
    required=("subject_id", "rule"),
)

CORRELATIONS = Table(
    name="correlations",
    columns=read_columns(
        """
lumbar_muscle | t | | muscle of the lumbar value
lumbar_measure | t | | measure of the lumbar value
lumbar_level | t | | level of the lumbar value
hip_muscle | t | | muscle of the hip value
hip_measure | t | | measure of the hip value
hip_level | t | | level of the hip value
n | i | 1 | subjects with both values
rho | n | 1 | Spearman's rank correlation, mid-ranks for ties
rho_low | n | 1 | lower end of the 95 % interval, Bonett-Wright unless the notes name another
rho_high | n | 1 | upper end of the 95 % interval, Bonett-Wright unless the notes name another
p | n | 1 | unadjusted two-sided p
p_method | t | | exact, permutation, edgeworth, t or published
q | n | 1 | Benjamini-Hochberg adjusted p within the family
family | t | | tests that were adjusted together, and whether another family was shown first
family_size | i | 1 | number of non-empty tests in the family
side_rule | t | | left, right or both
bilateral_rule | t | | how the two sides' fractions were joined
missing_rule | t | | pairwise or complete
covariates | t | | covariates adjusted for; empty when none
df | n | 1 | degrees of freedom of t; with covariates those that are left, n - 2 - covariates, for a drawn p too
reason | t | | why the cell is empty, from the vocabulary
"""
    ),
    key=(
        "lumbar_muscle",
        "lumbar_measure",
        "lumbar_level",
        "hip_muscle",
        "hip_measure",
        "hip_level",
        "family",
    ),
    required=("lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure"),
)

MODELS = Table(
    name="model",
    columns=read_columns(
        """
model | t | | which model of the file: all rows, or a subgroup, outcome or time point
kind | t | | logistic (odds) or linear
method | t | | logistic, firth, gee_logistic, mixed_logistic, linear or mixed_linear
formula | t | | outcome and terms, as R writes them
random | t | | what varies between groups, as R writes it; empty when nothing does
part | t | | fixed (coefficients) or random (standard deviations and correlations)
term | t | | name as R gives it, e.g. (Intercept), a, a:b
estimate | n | 1 | coefficient (log-odds in a logistic model), or standard deviation between groups
std_error | n | 1 | its standard error; logistic: from the observed information, variance parameters in
low | n | 1 | lower end of the 95 % interval
high | n | 1 | upper end of the 95 % interval
p | n | 1 | unadjusted two-sided p
p_holm | n | 1 | p adjusted within the family (Holm); empty where a term is in none
family | t | | tests adjusted together: terms in which models of one outcome differ, or a term over outcomes
family_size | i | 1 | tests in the family
df | n | 1 | degrees of freedom of t: rows less coefficients, or Satterthwaite's; empty for z and profiles
odds_ratio | n | 1 | exp(estimate) of a logistic model; empty for the intercept
or_low | n | 1 | lower end of its 95 % interval
or_high | n | 1 | upper end of its 95 % interval
or_per_2 | n | 1 | odds ratio of two units of a numeric term, exp(2 x estimate); empty for categories, interactions
or_per_2_low | n | 1 | lower end of its 95 % interval
or_per_2_high | n | 1 | upper end of its 95 % interval
interval_by | t | | how interval and p were found: wald (z), t, or profile
n | i | 1 | rows without a gap
n_trials | i | 1 | outcomes of all rows, where they are counted as cbind(events, non_events); else empty
n_events | i | 1 | rows (or trials) with the outcome; logistic only
n_groups | i | 1 | groups, where there are any
converged | b | | whether a maximum was reached
reason | t | | what is wrong with the model or the term, joined by semicolons; empty when nothing is
"""
    ),
    key=("model", "part", "term"),
    required=("model", "term"),
)

TABLES = {table.name: table for table in (SLICES, MEASUREMENTS, VARIATIONS, REGIONS, CORRELATIONS, MODELS)}
"""Every table by its name."""


def join_words(words: Iterable[str]) -> str:
    """Several flags, reasons or levels as one cell, each once, in the order given."""
    return SEPARATOR.join(dict.fromkeys(word for word in words if word))
