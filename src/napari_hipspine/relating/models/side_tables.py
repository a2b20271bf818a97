"""Columns of the tables that stand beside a model table."""

from __future__ import annotations

from ...domain.tables import Table, read_columns

LIKELIHOOD_RATIOS = Table(
    name="likelihood_ratio",
    columns=read_columns(
        """
model | t | | which model of the file
term | t | | what the smaller model lacks: a term with its interactions, or what varies between groups
chi_squared | n | 1 | twice the difference of the log-likelihoods (Firth: of the penalised ones)
df | i | 1 | parameters fewer
p | n | 1 | unadjusted p of chi-squared; for a variance alone half of it, because the variance ends at zero
reason | t | | why the cells are empty
"""
    ),
    key=("model", "term"),
    required=("model", "term"),
)

WALD_TESTS = Table(
    name="wald_test",
    columns=read_columns(
        """
model | t | | which model of the file
term | t | | whose coefficients are taken to be 0: a term with its interactions
chi_squared | n | 1 | squared distance of the coefficients from 0 by their (sandwich) covariance
df | i | 1 | coefficients
p | n | 1 | unadjusted p of chi-squared
reason | t | | why the cells are empty
"""
    ),
    key=("model", "term"),
    required=("model", "term"),
)
"""Tests of terms where there is no likelihood (GEE)."""

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
tenth | i | 1 | rows (trials, where the outcome is counted) by their fitted probability, cut into ten parts, from 1
n | i | 1 | rows, or trials
n_events | i | 1 | those with the outcome
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
n | i | 1 | rows (trials, where the outcome is counted) in the cell
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
points | n | 1 | points; the widest scale runs from 0 to 100, between two numbers on a straight line
log_odds_at_0 | n | 1 | log-odds at random effect 0 of a sum of 0 points
log_odds_per_point | n | 1 | log-odds of one point; probability = 1 / (1 + exp(-(log_odds_at_0 + this x sum of points)))
"""
    ),
    key=("model", "variables", "first_value", "second_value"),
    required=("variables",),
)

OUTCOMES = Table(
    name="outcomes",
    columns=read_columns(
        """
outcome | t | | name of the outcome and its dichotomy
exposure | t | | column of 0 and 1
time | t | | time point
formula | t | | the model, with its confounders
method | t | | logistic or firth; firth for all time points of an outcome if one model has few events
n | i | 1 | rows without a gap
n_events | i | 1 | rows with the outcome
odds_ratio | n | 1 | odds of the outcome with the exposure over odds without
or_low | n | 1 | lower end of the 95 % interval
or_high | n | 1 | upper end
p | n | 1 | unadjusted two-sided p
p_holm | n | 1 | p adjusted over the exposures of this outcome and time point (Holm)
family_size | i | 1 | how many p were adjusted together
interval_by | t | | wald or profile
reason | t | | what is wrong with the model or the term
"""
    ),
    key=("outcome", "exposure", "time"),
    required=("outcome", "exposure", "time"),
)

OVERALL = Table(
    name="overall",
    columns=read_columns(
        """
outcome | t | | name of the outcome and its dichotomy, or the score
exposure | t | | column of 0 and 1
test | t | | exposure: any difference at any time; exposure by time: another course
test_by | t | | likelihood_ratio, or wald for GEE
formula | t | | the model over all time points
method | t | | mixed_logistic, gee_logistic or mixed_linear (by the full likelihood)
n | i | 1 | rows without a gap
n_groups | i | 1 | persons
chi_squared | n | 1 | of the test
df | i | 1 | coefficients tested
p | n | 1 | unadjusted p
p_holm | n | 1 | p adjusted over the exposures of this outcome and test (Holm)
family_size | i | 1 | how many p were adjusted together
reason | t | | why cells are empty
"""
    ),
    key=("outcome", "exposure", "test"),
    required=("outcome", "exposure", "test"),
)

COURSES = Table(
    name="courses",
    columns=read_columns(
        """
score | t | | whose course
exposure | t | | column of the groups
exposure_value | t | | value of the group
time | n | 1 | time point
n | i | 1 | persons with a value
mean | n | 1 | their mean
low | n | 1 | lower end of its 95 % Student interval
high | n | 1 | upper end
reason | t | | why there is no interval
"""
    ),
    key=("score", "exposure", "exposure_value", "time"),
    required=("score", "exposure", "time"),
)
