"""Several commands to Redis in one packet."""

from typing import Any


def at_once(pool: Any, *commands: tuple[object, ...]) -> list[Any]:
    """Send commands at once, in one packet where they fit; return their answers as they come.

    The library's pipeline, which measures and retries, takes twice as long, and cuts a page in three packets. A
    connection that was closed meanwhile is opened again before it is given out here; one that breaks now is an error.

    Raises:
        RedisError
    """
    connection = pool.get_connection()
    try:
        connection.send_packed_command([b"".join([packed(one) for one in commands])])
        return [connection.read_response() for _command in commands]
    except BaseException:
        # An answer that nobody has read would be the next one's.
        connection.disconnect()
        raise
    finally:
        pool.release(connection)


def packed(command: tuple[object, ...]) -> bytes:
    """Return a command of bytes, texts and numbers as it is sent.

    https://redis.io/docs/latest/develop/reference/protocol-spec/
    """
    parts = [one if type(one) is bytes else str(one).encode() for one in command]
    return b"*%d\r\n" % len(parts) + b"".join([b"$%d\r\n%b\r\n" % (len(part), part) for part in parts])
