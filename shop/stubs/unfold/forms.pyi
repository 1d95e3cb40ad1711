from collections.abc import Callable
from typing import Any

from django.contrib.auth import forms as auth_forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.paginator import Paginator
from django.db.models import Field, Model
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from typing_extensions import TypeVar

_M = TypeVar("_M", bound=Model, default=Model)
_P = TypeVar("_P", bound=Model, default=Model)

class AdminPasswordChangeForm(auth_forms.AdminPasswordChangeForm[AbstractBaseUser]): ...

class PaginationInlineFormSet(BaseInlineFormSet[_M, _P, ModelForm[_M]]):
    request: HttpRequest | None
    per_page: int | None
    paginator: Paginator[_M]
    def get_pagination_key(self) -> str: ...
    # Django's own, which its stubs leave out.
    def _get_to_python(self, field: Field[Any, Any]) -> Callable[[object], object]: ...
    def get_page_num(self) -> int: ...
