"""Embedded PostgreSQL and Redis: the real servers, from wheels, for `make run` and `make test`.

They never run in production: `shop.demo.run` refuses to start with DEBUG off. Nothing here imports Django, because the
servers must run before the settings are read.
"""

from shop.demo.services.errors import ServiceError
from shop.demo.services.lock import FolderLock
from shop.demo.services.postgres import EmbeddedPostgres
from shop.demo.services.redis import EmbeddedRedis

__all__ = ["EmbeddedPostgres", "EmbeddedRedis", "FolderLock", "ServiceError"]
