from typing import Any, Generic, TypeVar

from django.db.models import Model

_M = TypeVar("_M", bound=Model)

class DjangoModelFactory(Generic[_M]):
    @classmethod
    def create(cls, **kwargs: Any) -> _M: ...
    @classmethod
    def build(cls, **kwargs: Any) -> _M: ...
    @classmethod
    def create_batch(cls, size: int, **kwargs: Any) -> list[_M]: ...
    @classmethod
    def _create(cls, model_class: type[_M], *args: Any, **kwargs: Any) -> _M: ...

# A hashed password.
def Password(password: str) -> Any: ...  # noqa: N802
