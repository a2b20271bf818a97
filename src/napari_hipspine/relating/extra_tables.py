"""Columns of the tables that stand beside a correlation table."""

from __future__ import annotations

from ..domain.tables import CORRELATIONS, Table, read_columns

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
n_below_05_expected | n | 1 | mean number of such tests in the draws
p_of_count | n | 1 | share of the draws with as many such tests or more
drawn | t | | what was drawn: orders of the subjects, or in large tables with gaps signs of their products of ranks
draws | i | 1 | how many were drawn
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
source | t | | computed from the tables, measured (found beside them), given as tables, or missing
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

NORMS = Table(
    name="norms",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
session | t | | visit or time point
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | what was measured
value | n | | the value, in the unit of its measure
z | n | 1 | (value - mean)/SD of the reference group; SD of single values by n - 1
percentile | n | 1 | share of the reference group below the value, ties half
reference | t | | name of the reference file, or this sample
reference_n | i | 1 | size of the reference group
reference_group | t | | who they are
reason | t | | why cells are empty, from the vocabulary
"""
    ),
    key=("subject_id", "session", "level", "muscle", "side", "measure"),
    required=("subject_id", "muscle", "measure"),
)

PROFILE_SUBJECTS = Table(
    name="profile_subjects",
    columns=read_columns(
        """
subject_id | t | | one person, a pseudonym
measure | t | | what was measured
n_hip | i | 1 | hip muscles with z
n_lumbar | i | 1 | lumbar muscles with z
mean_hip_z | n | 1 | mean z of the hip muscles
mean_lumbar_z | n | 1 | mean z of the lumbar muscles
difference | n | 1 | mean hip z - mean lumbar z
low | n | 1 | lower end of its 95 % interval over the muscles (Welch)
high | n | 1 | upper end of its 95 % interval over the muscles (Welch)
reason | t | | why cells, or its interval, are empty, from the vocabulary
"""
    ),
    key=("subject_id", "measure"),
    required=("subject_id", "measure"),
)

PROFILE = Table(
    name="profile",
    columns=read_columns(
        """
measure | t | | what was measured
reference | t | | name of the reference file, or this sample
n | i | 1 | subjects with hip and lumbar z
mean_difference | n | 1 | mean of mean hip z - mean lumbar z
low | n | 1 | lower end of its 95 % interval over the subjects; empty within the sample, where the mean is 0
high | n | 1 | upper end of its 95 % interval over the subjects; empty within the sample
n_muscles | i | 1 | muscles of both regions with values
n_complete | i | 1 | subjects with a value of every muscle
first_share | n | 1 | share of the first principal component of the ranks of all muscles
equal_share | n | 1 | the share each component would have if the muscles had nothing in common
reason | t | | why there is no interval, from the vocabulary
"""
    ),
    key=("measure",),
    required=("measure",),
)

PROFILE_MUSCLES = Table(
    name="profile_muscles",
    columns=read_columns(
        """
region | t | | lumbar or hip
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
measure | t | | what was measured
reference | t | | name of the reference file, or this sample
n | i | 1 | subjects with z of this muscle
mean_z | n | 1 | mean z over the subjects
low | n | 1 | lower end of its 95 % interval over the subjects (Student); empty within the sample, where it is 0
high | n | 1 | upper end of its 95 % interval over the subjects (Student); empty within the sample
reason | t | | why there is no interval, from the vocabulary
"""
    ),
    key=("level", "muscle", "measure"),
    required=("muscle", "measure"),
)

PROFILE_PARTIAL = Table(
    name="profile_partial",
    columns=CORRELATIONS.columns,
    key=(*CORRELATIONS.key, "covariates"),
    required=CORRELATIONS.required,
)
"""Correlations given what is named in their covariates; each set of covariates has rows and families of its own."""

_OF_CELL = {column.name: column for column in CORRELATIONS.columns}
PEOPLE_COLUMNS = Table(
    name="people_columns",
    columns=(
        *read_columns(
            """
column | t | | column of the participants table; of side_rule where it differs between sides
muscle | t | | muscle of the value
measure | t | | measure of the value
level | t | | level of the value
n | i | 1 | subjects with both values
"""
        ),
        *(
            _OF_CELL[name]
            for name in ("rho", "rho_low", "rho_high", "p", "p_method", "df", "q", "family", "family_size")
        ),
        *(_OF_CELL[name] for name in ("side_rule", "bilateral_rule", "missing_rule", "covariates", "reason")),
    ),
    key=("column", "muscle", "measure", "level"),
    required=("column", "muscle", "measure"),
)
"""Numbers of the people, each correlated with every muscle; all cells are one family."""

_PROFILE = (NORMS, PROFILE, PROFILE_SUBJECTS, PROFILE_MUSCLES, PROFILE_PARTIAL)
BESIDE = {table.name: table for table in (MULTIPLICITY, FAMILIES, POWER, SENSITIVITY, PEOPLE_COLUMNS, *_PROFILE)}
"""Every table that can stand beside a correlation table, by its name."""
