"""Columns of the tables on the agreement of readers."""

from __future__ import annotations

from ..domain.tables import Table, read_columns

_WHAT = """
level | t | | anatomical level
muscle | t | | muscle, from the vocabulary
side | t | | left, right (the patient's) or both
measure | t | | what was measured or graded
"""
_WHAT_KEY = ("level", "muscle", "side", "measure")

RELIABILITY = Table(
    name="reliability",
    columns=read_columns(
        _WHAT
        + """
raters | t | | who measured, joined by semicolons
n | i | 1 | subjects every rater has measured
icc21 | n | 1 | ICC(2,1), absolute agreement of single measurements
icc21_low | n | 1 | lower end of its 95 % interval
icc21_high | n | 1 | upper end of its 95 % interval
icc31 | n | 1 | ICC(3,1), consistency of single measurements
icc31_low | n | 1 | lower end of its 95 % interval
icc31_high | n | 1 | upper end of its 95 % interval
sem_error | n | | standard error of measurement, root of the error mean square (raters' own means taken out)
sem_within | n | | the same, root of the mean square within subjects (raters' own means are error)
sem_by_icc | n | | the same, SD of all values x root of (1 - ICC(2,1))
mdc95_error | n | | smallest detectable change, 1.96 x root 2 x sem_error
mdc95_within | n | | 1.96 x root 2 x sem_within
mdc95_by_icc | n | | 1.96 x root 2 x sem_by_icc
reason | t | | why cells, or intervals alone, are empty
"""
    ),
    key=_WHAT_KEY,
    required=_WHAT_KEY,
)

LIMITS = Table(
    name="limits",
    columns=read_columns(
        _WHAT
        + """
first | t | | one rater
second | t | | the other; differences are second - first
n | i | 1 | subjects both have measured
bias | n | | mean difference
bias_low | n | | lower end of its 95 % interval
bias_high | n | | upper end of its 95 % interval
sd_difference | n | | SD of the differences
lower | n | | lower limit of agreement, bias - 1.96 SD
lower_low | n | | lower end of its 95 % interval
lower_high | n | | upper end of its 95 % interval
upper | n | | upper limit of agreement, bias + 1.96 SD
upper_low | n | | lower end of its 95 % interval
upper_high | n | | upper end of its 95 % interval
reason | t | | why cells, or intervals alone, are empty
"""
    ),
    key=(*_WHAT_KEY, "first", "second"),
    required=(*_WHAT_KEY, "first", "second"),
)

KAPPA = Table(
    name="kappa",
    columns=read_columns(
        _WHAT
        + """
first | t | | one rater
second | t | | the other
n | i | 1 | subjects both have graded
weights | t | | none, linear or quadratic
kappa | n | 1 | Cohen's kappa
kappa_low | n | 1 | lower end of its 95 % interval
kappa_high | n | 1 | upper end of its 95 % interval
same_grade | n | 1 | share of subjects with one grade from both
grades | t | | the possible grades, joined by semicolons
reason | t | | why cells, or intervals alone, are empty
"""
    ),
    key=(*_WHAT_KEY, "first", "second"),
    required=(*_WHAT_KEY, "first", "second"),
)

OVERLAPS = Table(
    name="overlaps",
    columns=read_columns(
        """
muscle | t | | muscle, from the vocabulary
side | t | | left or right, the patient's
n_first | i | 1 | labelled voxels of the first map
n_second | i | 1 | labelled voxels of the second map
n_both | i | 1 | voxels labelled in both
dice | n | 1 | 2 x both / (first + second)
hd95_mm | n | mm | 95th percentile of the distances between outlines; inf where one map lacks the structure
hd_mm | n | mm | largest distance between outlines
distance_rule | t | | max_of_directed: the larger percentile of both directions; pooled: one of both together
border_rule | t | | slice_outline: outline within each slice; faces: surface of the body
reason | t | | why cells are empty
"""
    ),
    key=("muscle", "side"),
    required=("muscle", "side"),
)
