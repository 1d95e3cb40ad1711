from collections.abc import Callable
from typing import Any

from factory import django as django

# Each stands for the value of a field, which it makes when the factory is called.
def Sequence(function: Callable[[int], object], /) -> Any: ...  # noqa: N802
def LazyAttribute(function: Callable[[Any], object], /) -> Any: ...  # noqa: N802
def LazyFunction(function: Callable[[], object], /) -> Any: ...  # noqa: N802
def SubFactory(factory: type | str, /, **kwargs: object) -> Any: ...  # noqa: N802
def post_generation(function: Callable[..., object], /) -> Any: ...
