"""Which acts a row offers: `makes_sense` is asked with the last part of an act's address."""

import ast
import inspect
import textwrap
from typing import Any

import pytest
from django.contrib import admin

from shop.core.backoffice.base import BackOfficeAdmin

CHOOSING = [
    one
    for one in admin.site._registry.values()
    if isinstance(one, BackOfficeAdmin) and type(one).makes_sense is not BackOfficeAdmin.makes_sense
]


def named(model_admin: Any) -> set[str]:
    """Return the acts that an admin's `makes_sense` tells apart."""
    (function,) = ast.parse(textwrap.dedent(inspect.getsource(type(model_admin).makes_sense))).body
    assert isinstance(function, ast.FunctionDef)
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return {
        node.value
        for part in body
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


@pytest.mark.parametrize("model_admin", CHOOSING, ids=lambda one: one.opts.model_name)
def test_acts_are_told_apart_by_the_last_part_of_their_address(model_admin: Any) -> None:
    names = [*model_admin.actions_detail, *model_admin.actions_row]
    paths = {getattr(model_admin, name).url_path or name for name in names if isinstance(name, str)}

    assert named(model_admin) <= paths


def test_some_acts_are_told_apart() -> None:
    assert sum(bool(named(one)) for one in CHOOSING) > 5
