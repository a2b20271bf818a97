"""Columns of the tables that stand beside a correlation table."""

from __future__ import annotations

from ..domain.tables import Table, read_columns

_CELL = """
lumbar_muscle | t | | muscle of the lumbar value
lumbar_measure | t | | measure of the lumbar value
lumbar_level | t | | level of the lumbar value
hip_muscle | t | | muscle of the hip value
hip_measure | t | | measure of the hip value
hip_level | t | | level of the hip value
"""
_CELL_KEY = ("lumbar_muscle", "lumbar_measure", "lumbar_level", "hip_muscle", "hip_measure", "hip_level")

MULTIPLICITY = Table(
    name="multiplicity",
    columns=read_columns(
        _CELL
        + """
family | t | | tests that were adjusted together
family_size | i | 1 | number of non-empty tests in the family
p | n | 1 | unadjusted two-sided p
q | n | 1 | Benjamini-Hochberg adjusted p within the family
q_by | n | 1 | Benjamini-Yekutieli adjusted p within the family
p_max_t | n | 1 | Westfall-Young step-down adjusted p within the family
"""
    ),
    key=(*_CELL_KEY, "family"),
    required=("lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure"),
)

FAMILIES = Table(
    name="families",
    columns=read_columns(
        """
family | t | | tests that were adjusted together
family_size | i | 1 | number of non-empty tests
smallest_p | n | 1 | smallest unadjusted p
smallest_q | n | 1 | smallest Benjamini-Hochberg q
smallest_q_by | n | 1 | smallest Benjamini-Yekutieli q
smallest_p_max_t | n | 1 | smallest Westfall-Young p
n_below_05 | i | 1 | tests with p below .05, by counted orders up to 17 subjects without ties, else Student's t
n_below_05_expected | n | 1 | mean number of such tests in the drawn orders
p_of_count | n | 1 | share of the drawn orders with as many such tests or more
draws | i | 1 | orders drawn
seed | i | 1 | start of the random numbers
"""
    ),
    key=("family",),
    required=("family",),
)

POWER = Table(
    name="power",
    columns=read_columns(
        """
n | i | 1 | subjects with both values
n_cells | i | 1 | cells of the correlation table with this n
n_covariates | i | 1 | covariates held constant
rho_at_p_05 | n | 1 | absolute rho at which p by Student's t is .05
rho_power_80 | n | 1 | rho of the population that is found with 80 % power at p < .05
family_size | i | 1 | number of non-empty tests in the family
rho_power_80_family | n | 1 | the same at p < .05 / family size
power_rho_03 | n | 1 | probability of p < .05 when rho of the population is 0.3
power_rho_04 | n | 1 | probability of p < .05 when rho of the population is 0.4
power_rho_05 | n | 1 | probability of p < .05 when rho of the population is 0.5
"""
    ),
    key=("n", "n_covariates", "family_size"),
    required=("n",),
)

SENSITIVITY = Table(
    name="sensitivity",
    columns=read_columns(
        _CELL
        + """
variation | t | | what was done otherwise; main is the result itself
source | t | | computed from the tables, or given as tables measured that way
n | i | 1 | subjects with both values
rho | n | 1 | Spearman's rank correlation
rho_low | n | 1 | lower end of the 95 % interval
rho_high | n | 1 | upper end of the 95 % interval
p | n | 1 | unadjusted two-sided p
q | n | 1 | Benjamini-Hochberg adjusted p within the family
rho_difference | n | 1 | rho less rho of the main result
changes | t | | sign (rho has the other sign), p_05 and q_05 (on the other side of .05), joined by semicolons
reason | t | | why the cell is empty, from the vocabulary
"""
    ),
    key=(*_CELL_KEY, "variation"),
    required=("lumbar_muscle", "lumbar_measure", "hip_muscle", "hip_measure", "variation"),
)
