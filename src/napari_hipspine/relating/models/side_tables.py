"""Columns of the tables that stand beside a model table."""

from __future__ import annotations

from ...domain.tables import Table, read_columns

LIKELIHOOD_RATIOS = Table(
    name="likelihood_ratio",
    columns=read_columns(
        """
model | t | | which model of the file
term | t | | what the smaller model lacks: a term with its interactions, or what varies between groups
chi_squared | n | 1 | twice the difference of the log-likelihoods
df | i | 1 | parameters fewer
p | n | 1 | unadjusted p of chi-squared; for a variance alone half of it, because the variance ends at zero
reason | t | | why the cells are empty
"""
    ),
    key=("model", "term"),
    required=("model", "term"),
)

ACCURACY = Table(
    name="accuracy",
    columns=read_columns(
        """
model | t | | which model of the file
measure | t | | auc, brier, calibration_intercept or calibration_slope
probability | t | | what is judged: population_averaged, or plain where nothing varies between groups
apparent | n | 1 | on the rows the model was fitted to
low | n | 1 | lower end of the 95 % interval (DeLong for auc)
high | n | 1 | upper end of the 95 % interval
optimism | n | 1 | mean over the resamples of apparent minus tested; empty when none were drawn
corrected | n | 1 | apparent minus optimism
resampled | t | | what was resampled: the grouping column, or rows
draws | i | 1 | resamples that gave a model
draws_failed | i | 1 | resamples that gave none
seed | i | 1 | start of the random numbers
"""
    ),
    key=("model", "measure"),
    required=("model", "measure"),
)

CALIBRATION = Table(
    name="calibration",
    columns=read_columns(
        """
model | t | | which model of the file
tenth | i | 1 | rows in the order of their fitted probability, cut into ten parts, from 1
n | i | 1 | rows
n_events | i | 1 | rows with the outcome
fitted | n | 1 | mean fitted probability
observed | n | 1 | share with the outcome
low | n | 1 | lower end of its 95 % Wilson interval
high | n | 1 | upper end
"""
    ),
    key=("model", "tenth"),
    required=("model", "tenth"),
)

ADDITIVE = Table(
    name="additive_interaction",
    columns=read_columns(
        """
model | t | | the model with the dichotomies in place of the numbers
first | t | | first dichotomy
second | t | | second dichotomy
measure | t | | RERI, AP or S
estimate | n | 1 | from odds ratios
low | n | 1 | lower end of the 95 % interval (delta method; S on the logarithmic scale)
high | n | 1 | upper end
null | n | 1 | value without interaction on the additive scale
reason | t | | why cells are empty, or why the value cannot be read
"""
    ),
    key=("model", "first", "second", "measure"),
    required=("measure",),
)

CORNERS = Table(
    name="corners",
    columns=read_columns(
        """
model | t | | which model of the file
first | t | | first variable
first_value | n | 1 | its value
second | t | | second variable
second_value | n | 1 | its value
probability | n | 1 | model-fitted probability at random effect 0
low | n | 1 | lower end of the 95 % interval
high | n | 1 | upper end
probability_averaged | n | 1 | model-fitted probability averaged over the population of the groups
others | t | | values at which the other variables are held
"""
    ),
    key=("model", "first", "first_value", "second", "second_value"),
    required=("first", "second"),
)

GRID = Table(
    name="probability_grid",
    columns=read_columns(
        """
model | t | | which model of the file
first | t | | variable across
first_value | n | 1 | middle of the cell
second | t | | variable up
second_value | n | 1 | middle of the cell
n | i | 1 | rows in the cell
probability | n | 1 | model-fitted probability at random effect 0
probability_averaged | n | 1 | model-fitted probability averaged over the population of the groups
"""
    ),
    key=("model", "first", "first_value", "second", "second_value"),
    required=("first", "second"),
)

NOMOGRAM = Table(
    name="nomogram",
    columns=read_columns(
        """
model | t | | which model of the file
variables | t | | one variable, or two joined by an interaction
first_value | t | | value of the first
second_value | t | | value of the second; empty for one variable
points | n | 1 | points; the widest scale runs from 0 to 100
"""
    ),
    key=("model", "variables", "first_value", "second_value"),
    required=("variables",),
)
