from __future__ import annotations

import pytest

from napari_hipspine.domain.errors import InvalidChoice
from napari_hipspine.relating.models.formula import parse_formula, parse_random


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("y ~ a", ["a"]),
        ("y ~ 1", []),
        ("y ~ a * b", ["a", "b", "a:b"]),
        ("y ~ a:b + b + a", ["a", "b", "a:b"]),
        ("y ~ b + a + a:b", ["b", "a", "b:a"]),
        ("y~a*b*c", ["a", "b", "c", "a:b", "a:c", "b:c", "a:b:c"]),
        ("y ~ a + factor(site) + a", ["a", "factor(site)"]),
        ("y ~ `body mass` * C(site)", ["body mass", "factor(site)", "body mass:factor(site)"]),
        ("`severe pain` ~ 1 + a", ["a"]),
    ],
)
def test_terms_stand_in_the_order_of_r(text: str, terms: list[str]) -> None:
    found = {frozenset(term) for term in parse_formula(text).terms}
    assert {frozenset(term.split(":")) for term in terms} == found
    sizes = [len(term) for term in parse_formula(text).terms]
    assert sizes == sorted(sizes)


def test_interactions_are_spelled_in_the_order_of_appearance() -> None:
    assert parse_formula("y ~ b + a + a:b").terms == (("b",), ("a",), ("b", "a"))


def test_needed_columns() -> None:
    assert parse_formula("y ~ factor(site) * a").columns == ("y", "site", "a")


@pytest.mark.parametrize(
    ("left", "columns", "spelled"),
    [
        ("cbind(ill, well)", ("ill", "well"), "cbind(ill, well)"),
        ("cbind( ill,`not ill` )", ("ill", "not ill"), "cbind(ill, `not ill`)"),
        ("cbind(ill, size - ill)", ("ill", "size"), "ill / size"),
        ("ill/size", ("ill", "size"), "ill / size"),
    ],
)
def test_counts_of_events_are_written_as_r_writes_them(left: str, columns: tuple[str, ...], spelled: str) -> None:
    formula = parse_formula(f"{left} ~ a + b")
    assert formula.response.is_counted
    assert formula.columns == (*columns, "a", "b")
    assert formula.without(("b",)).text == f"{spelled} ~ a"
    assert parse_formula(formula.without(("b",)).text).response == formula.response


def test_leaving_a_term_out_takes_its_interactions_along() -> None:
    formula = parse_formula("y ~ a * b + c")
    assert formula.without(("a",)).terms == (("b",), ("c",))
    assert formula.without(("a", "b")).text == "y ~ a + b + c"
    assert parse_formula("y ~ a").without(("a",)).text == "y ~ 1"
    assert parse_formula("y ~ `a b` + c").without(("c",)).text == "y ~ `a b`"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("y", "Expected a formula as outcome ~ a"),
        ("y ~", "Expected a formula as outcome ~ a"),
        ("y ~ a ~ b", "Expected a formula as outcome ~ a"),
        ("~ a", "Expected a formula as outcome ~ a"),
        ("log(y) ~ a", r"Expected outcome, cbind\(EVENTS, .* on the left, found 'log\(y\)'"),
        ("cbind(a) ~ b", r"Expected outcome, cbind\(EVENTS, .* found 'cbind\(a\)'"),
        ("cbind(a, n - b) ~ c", r"Expected cbind\(a, TRIALS - a\), found 'cbind\(a, n - b\)'"),
        ("cbind(a, a) ~ c", "Expected two columns of counts, found one twice"),
        ("a / n ~ b + n", "Expected the outcome on the left only, found 'n' twice"),
        ("y ~ log(a)", r"Expected a column name, found 'log\(a\)'"),
        ("y ~ a - 1", "Expected a column name, found 'a - 1'"),
        ("y ~ 0 + a", "Expected a column name, found '0'"),
        ("y ~ a +", "Expected a column name, found ''"),
        ("y ~ (a + b)^2", "Expected a column name"),
        ("y ~ a:b", "Expected a, b beside a:b, found the interaction alone"),
        ("y ~ a + b + c + a:b:c", "Expected a:b, a:c, b:c beside a:b:c"),
        ("y ~ a + y", "Expected the outcome on the left only"),
        ("y ~ a + factor(a)", r"Expected a either as it is or as factor\(a\)"),
    ],
)
def test_what_is_no_formula_is_refused(text: str, message: str) -> None:
    with pytest.raises(InvalidChoice, match=message):
        parse_formula(text)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("1|centre", "1 | centre"),
        ("(1 | centre)", "1 | centre"),
        ("time|id", "1 + time | id"),
        ("1+ time |id", "1 + time | id"),
    ],
)
def test_random_terms(text: str, shown: str) -> None:
    assert parse_random(text).text == shown


@pytest.mark.parametrize("text", ["centre", "1|a/b", "0 + time|id", "1|a + 1|b", "a + b|id"])
def test_other_random_terms_are_refused(text: str) -> None:
    with pytest.raises(InvalidChoice, match=r"Expected random terms as 1\|GROUP"):
        parse_random(text)
