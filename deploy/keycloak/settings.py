"""Plain settings of the realm, and which flow serves which occasion."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deploy.keycloak.door import Door
from deploy.keycloak.plan import Change, differences, merged
from deploy.keycloak.wanted import Wanted


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """One change for each setting."""
    yield from _of(wanted.settings, door)


def bindings(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The flows that must be there before."""
    yield from _of(wanted.bindings, door)


def _of(values: Mapping[str, Any], door: Door) -> Iterator[Change]:
    actual = door.get()
    for key, value in values.items():
        for found in differences({key: value}, actual):
            yield Change("~", "realm", str(found), partial(_set, door, key, value))


def _set(door: Door, key: str, value: Any) -> None:
    """One key alone: Keycloak leaves out what a representation does not name, but replaces a mapping as a whole."""
    present = door.get().get(key)
    both = isinstance(value, Mapping) and isinstance(present, Mapping)
    door.put("", {key: merged(present, value) if both else value})
