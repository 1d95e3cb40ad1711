from collections.abc import Callable
from typing import Any, TypeVar

_V = TypeVar("_V", bound=Callable[..., Any])

def reauthentication_required(function: _V) -> _V: ...
def secure_admin_login(function: _V) -> _V: ...
