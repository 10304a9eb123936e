"""`tocsin` offers what `__all__` says, and nothing by accident."""

import importlib

import pytest

import tocsin


@pytest.mark.parametrize("name", tocsin.__all__)
def test_each_public_name_is_there(name):
    assert getattr(tocsin, name) is not None
    assert name in dir(tocsin)


def test_each_public_name_is_the_one_of_its_room():
    model = importlib.import_module("tocsin.model")
    assert tocsin.Finding is model.Finding


def test_unknown_name_is_refused():
    with pytest.raises(AttributeError, match="no attribute 'Manager'"):
        tocsin.Manager  # noqa: B018
