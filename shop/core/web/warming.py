"""What a process reads and makes once, before anybody waits for it: after each start some shopper was the first."""

import gc
import sys
import threading
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Final

from django.conf import LazySettings, settings
from django.core.cache import caches
from django.db import connections
from django.template.loader import get_template
from django.urls import base, reverse
from django.utils import timezone, translation
from django.utils.translation import trans_real

from shop.core import jobs
from shop.core.countries import current
from shop.core.countries.business_days import next_business_day

_OF_A_REQUEST: Final = (
    *((trans_real, "_active"), (timezone, "_active")),
    *((base, "_prefixes"), (base, "_urlconfs")),
    *((connections, "_connections"), (caches, "_connections")),
)
_others: list[Callable[[], None]] = []


def contribute(act: Callable[[], None]) -> None:
    """Let an app prepare what it would make when the first shopper asks for it. It may ask nobody."""
    _others.append(act)


def read_templates(*names: str) -> None:
    """Read and prepare templates of pages that many may ask for at once."""
    for name in names:
        get_template(name)


def warm() -> None:
    """Read all addresses, the tasks of every app, the holidays of the shop's country, and what the apps contribute.

    Asks no database.

    Also let settings be read as plain attributes: Django asks at each reading, some hundred for a page, whether the
    name is one that its proxy passes on (`LazyObject.__getattribute__`), which no setting's name is. And let what is of
    one request (language, time zone, prefix, table of addresses, connections) be kept by thread, since no thread
    answers two at once: Django keeps it so that coroutines may have their own, and reads it sixty times for a page.
    """
    for holder, name in _OF_A_REQUEST:
        names = ["value"] if isinstance(holder, ModuleType) else holder.settings
        setattr(holder, name, _by_thread(getattr(holder, name), names))
    LazySettings.__getattribute__ = object.__getattribute__  # type: ignore[method-assign]
    with translation.override(settings.LANGUAGE_CODE):
        reverse("admin:index")
    jobs.registry()
    next_business_day(timezone.localdate(), current().code)
    for act in _others:
        act()


def _by_thread(kept: object, names: Iterable[str]) -> threading.local:
    """Return the same by thread, with what this thread has in it under these names."""
    if isinstance(kept, threading.local):
        return kept
    found = threading.local()
    for name in names:
        if hasattr(kept, name):
            setattr(found, name, getattr(kept, name))
    return found


def settle() -> None:
    """Let what a process has read stay where it is: it is never looked through again for circles to be freed.

    A process has some 400,000 objects when it begins to serve, and a look at all of them stops it for a quarter of a
    second. Processes that are forked from it go on sharing its memory with it, which each look would copy.
    """
    gc.collect()
    gc.freeze()


def take_turns() -> None:
    """Let the threads of a process take turns each millisecond while they compute; Python's own is each five.

    A kept page costs half a millisecond and asks Redis twice: after each answer it waits for its turn behind whoever is
    making a page.
    """
    sys.setswitchinterval(0.001)
