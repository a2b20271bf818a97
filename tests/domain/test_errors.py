"""Refusals: what a person reads, and that they survive the way back from a worker."""

from __future__ import annotations

import pickle

import pytest

from napari_hipspine.domain import errors

KINDS = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.HipSpineError)]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_every_refusal_survives_the_way_between_processes(kind: type[errors.HipSpineError]) -> None:
    error = kind("Expected this, found that.", hint="Do so.")
    arrived = pickle.loads(pickle.dumps(error))
    assert type(arrived) is kind
    assert (arrived.message, arrived.hint, arrived.exit_code) == ("Expected this, found that.", "Do so.", 2)
    assert kind.__doc__


def test_the_hint_follows_on_a_line_of_its_own_when_there_is_one() -> None:
    assert str(errors.TableInvalid("Expected a.", hint="Do b.")) == "Expected a.\nDo b."
    assert str(errors.TableInvalid("Expected a.")) == "Expected a."
