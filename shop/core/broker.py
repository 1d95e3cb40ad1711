"""The transport of Celery's messages, which keeps one client for each of its connections to Redis.

Kombu makes a client for each message that it writes, and others when a worker takes and acknowledges it; each costs as
much as the message. A client holds nothing but its pool of connections, and any thread may use it.
"""

from kombu.transport import redis


class _Channel(redis.Channel):
    _kept: object = None

    def _create_client(self, asynchronous: bool = False) -> object:
        if asynchronous:
            return super()._create_client(asynchronous=True)  # type: ignore[misc]
        # After a fork or a loss of all connections there is another pool.
        if getattr(self._kept, "connection_pool", None) is not self.pool:
            self._kept = super()._create_client()  # type: ignore[misc]
        return self._kept


class Transport(redis.Transport):
    """Kombu's, whose channels keep their client."""

    Channel = _Channel
