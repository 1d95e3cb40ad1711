from typing import Any, ClassVar, Literal, TypeVar

from django.db import models

_N = TypeVar("_N", bound=MP_Node)

class MP_NodeManager(models.Manager[_N]):
    def add_root(self, create_kwargs: dict[str, Any] | None = None, *, instance: _N | None = None) -> _N: ...
    def add_child(
        self, target: _N, create_kwargs: dict[str, Any] | None = None, *, instance: _N | None = None
    ) -> _N: ...
    def move(
        self, node: _N, target: _N | None, pos: Literal["left", "right", "last-child"] | None = None
    ) -> None: ...
    def get_root_nodes(self) -> models.QuerySet[_N]: ...
    def get_parent(self, node: _N, update: bool = False) -> _N | None: ...
    def get_ancestors(self, node: _N) -> models.QuerySet[_N]: ...
    def get_descendants(
        self, node: _N, include_self: bool = False, max_depth: int | None = None
    ) -> models.QuerySet[_N]: ...
    def get_next_sibling(self, node: _N) -> _N | None: ...
    def get_prev_sibling(self, node: _N) -> _N | None: ...

class MP_Node(models.Model):
    steplen: ClassVar[int]
    path: models.CharField[str, str]
    depth: models.PositiveIntegerField[int, int]
    numchild: models.PositiveIntegerField[int, int]

    class Meta:
        abstract = True
