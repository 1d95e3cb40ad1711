"""Messages of jobs are written by a client that is kept, and arrive as Celery wrote them."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from kombu import Connection

from shop.celery import app
from shop.core import broker

QUEUE = "test-kept-client"


@pytest.fixture
def connection() -> Iterator[Any]:
    with app.connection_for_write() as opened:
        connection: Any = opened
        yield connection
        connection.default_channel.queue_delete(QUEUE)


def test_the_shop_writes_by_its_own_transport(connection: Any):
    assert isinstance(connection.transport, broker.Transport)
    assert isinstance(Connection("rediss://127.0.0.1").transport, broker.Transport)


def test_one_client_writes_all_messages_and_they_arrive(connection: Any, monkeypatch: pytest.MonkeyPatch):
    made: list[object] = []
    init = redis.Redis.__init__

    def counted(self: Any, *args: Any, **kwargs: Any) -> None:
        made.append(self)
        init(self, *args, **kwargs)

    queue = connection.SimpleQueue(QUEUE)
    queue.put(0)
    monkeypatch.setattr(redis.Redis, "__init__", counted)
    for number in range(1, 4):
        queue.put(number)
    assert not made
    monkeypatch.undo()
    found = []
    for _turn in range(4):
        message = queue.get(timeout=10)
        message.ack()
        found.append(message.payload)
    assert found == [0, 1, 2, 3]


def test_after_its_pool_was_given_up_a_channel_makes_another_client(connection: Any):
    channel = connection.default_channel
    before = channel._create_client()
    assert channel._create_client() is before
    channel._disconnect_pools()
    after = channel._create_client()
    assert after is not before
    assert after.connection_pool is channel.pool
    assert after.ping()
    assert channel._create_client(asynchronous=True) is not after
