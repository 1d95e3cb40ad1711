"""What a module's tests left open is found at its end, not during another test."""

import weakref

from tests.support.garbage import collected_at_the_end


class Ring:
    """An object that only the collector frees."""

    def __init__(self) -> None:
        self.itself = self


def test_what_only_the_collector_frees_is_freed_at_the_end():
    with collected_at_the_end():
        left = weakref.ref(Ring())
        assert left() is not None
    assert left() is None
