from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from napari_hipspine.domain.errors import TableInvalid
from napari_hipspine.relating.models.design import Design, OutcomeKind, build_design
from napari_hipspine.relating.models.formula import parse_formula, parse_random
from napari_hipspine.relating.models.troubles import Trouble

TABLE = pd.DataFrame(
    {
        "y": ["1", "0", "yes", "no", "true", "false"],
        "age": ["50", "61.5", "70", "", "44", "39"],
        "sex": ["m", "f", "f", "m", "f", "m"],
        "site": ["10", "9", "9", "10", "11", "11"],
        "flag": ["true", "false", "true", "false", "true", "false"],
        "same": ["3"] * 6,
        "one": ["a"] * 6,
        "twice": ["100", "123", "140", "1", "88", "78"],
        "mixed": ["1", "n/a", "3", "4", "5", "6"],
        "comma": ["0,5"] * 6,
        "group": ["b", "b", "a", "a", "c", "c"],
    }
)


def design(formula: str, table: pd.DataFrame = TABLE, **more: object) -> Design:
    chosen = {"kind": OutcomeKind.LOGISTIC} | more
    return build_design(table, parse_formula(formula), **chosen)  # type: ignore[arg-type]


def test_columns_are_named_as_r_names_them(cohort, r_numbers) -> None:
    found = design("cbp ~ lmm_z * intermat_z + age + sex * activity", cohort)
    assert list(found.columns) == r_numbers["glm"]["terms"]
    assert list(design("y ~ factor(site) + flag").columns) == [
        "(Intercept)",
        "factor(site)10",
        "factor(site)11",
        "flagTRUE",
    ]


def test_first_factor_of_an_interaction_runs_fastest() -> None:
    table = pd.DataFrame({"y": ["0", "1"] * 9, "a": list("pqr") * 6, "b": list("uuuvvvwww") * 2})
    assert design("y ~ a * b", table).columns[-4:] == ("aq:bv", "ar:bv", "aq:bw", "ar:bw")


def test_rows_with_a_gap_are_left_out_and_counted() -> None:
    found = design("y ~ age + sex", random=parse_random("1|group"))
    assert found.rows.tolist() == [0, 1, 2, 4, 5]
    assert found.gaps == {"age": 1}
    assert found.response.tolist() == [1, 0, 1, 1, 0]
    assert found.group_names == ("a", "b", "c")
    assert found.groups is not None
    assert found.groups.tolist() == [1, 1, 0, 2, 2]


@pytest.mark.parametrize("gap", ["", "NA", None, np.nan, pd.NA])
def test_every_way_to_write_a_gap(gap: object) -> None:
    table = TABLE.assign(age=[gap, "1", "2", "3", "4", "5"]).astype(object)
    assert design("y ~ age", table).n_rows == 5


def test_reference_category_can_be_chosen() -> None:
    found = design("y ~ factor(site)", references={"site": "11"})
    assert found.columns[1:] == ("factor(site)9", "factor(site)10")
    assert found.matrix[:, 1].tolist() == [0, 1, 1, 0, 0, 0]


def test_columns_that_add_nothing_are_named_and_left_out() -> None:
    found = design("y ~ age + same + one + twice")
    assert found.troubles == (None, None, Trouble.CONSTANT_COLUMN, Trouble.CONSTANT_COLUMN, Trouble.COLLINEAR_COLUMN)
    assert found.columns[3] == "onea"
    assert found.fitted_matrix.shape == (5, 2)


def test_matrix_of_other_values_equals_the_own_for_the_own() -> None:
    found = design("y ~ age * sex + factor(site)")
    own = {name: TABLE[name].to_numpy()[found.rows].tolist() for name in ("age", "sex", "site")}
    np.testing.assert_array_equal(found.matrix_of(own), found.matrix)
    with pytest.raises(TableInvalid, match="missing sex, site"):
        found.matrix_of({"age": [1]})
    with pytest.raises(TableInvalid, match="Expected f, m in sex, found x"):
        found.matrix_of({"age": [1], "sex": ["x"], "site": [9]})


@pytest.mark.parametrize(
    ("formula", "message"),
    [
        ("y ~ nothing", "missing nothing"),
        ("y ~ mixed", "Expected numbers or categories in mixed, found both, such as 'n/a'"),
        ("age ~ sex", "Expected 0 and 1 .* in the outcome age, found 39"),
        ("sex ~ age", "in the outcome sex, found f, m"),
    ],
)
def test_tables_that_do_not_fit_are_refused(formula: str, message: str) -> None:
    with pytest.raises(TableInvalid, match=message):
        design(formula)


def test_numbers_with_commas_are_not_taken_for_categories() -> None:
    table = pd.DataFrame({"y": ["0", "1"] * 20, "x": [f"0,{k}" for k in range(40)]})
    with pytest.raises(TableInvalid, match="Expected numbers or at most 30 categories in x, found 40 texts"):
        design("y ~ x", table)


@pytest.mark.parametrize(
    ("references", "message"),
    [
        ({"sex": "x"}, "Expected the reference 'x' among the categories of sex, found f, m"),
        ({"age": "50"}, "Expected categories in age, found numbers"),
        ({"group": "a"}, "Expected references of variables of the formula, found group, in .*~"),
    ],
)
def test_references_that_are_none_are_refused(references: dict[str, str], message: str) -> None:
    with pytest.raises(TableInvalid, match=message):
        design("y ~ age + sex", references=references)


def test_tables_without_a_complete_row_are_refused() -> None:
    with pytest.raises(TableInvalid, match="found none among 2 rows"):
        design("y ~ age", pd.DataFrame({"y": ["1", ""], "age": ["", "2"]}))


def test_infinite_numbers_are_refused() -> None:
    with pytest.raises(TableInvalid, match="Expected finite numbers in age, found inf"):
        design("y ~ age", TABLE.assign(age=["inf", "1", "2", "3", "4", "5"]))


def test_the_order_of_the_rows_is_kept(cohort) -> None:
    turned = cohort.iloc[::-1].reset_index(drop=True)
    one, other = design("cbp ~ age + sex", cohort), design("cbp ~ age + sex", turned)
    np.testing.assert_array_equal(one.matrix, other.matrix[::-1])
