"""What differs between the realm and the wanted one: shown first, then put right, change by change."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

Verb = Literal["+", "~", "-"]
# Keycloak answers this in place of a secret that it keeps.
MASK = "**********"
_SECRETS = frozenset({"secret", "clientsecret", "password"})
_LONGEST_SHOWN = 160


@dataclass(frozen=True)
class Change:
    """One difference: `+` to be made, `~` to be changed, `-` to be removed."""

    verb: Verb
    what: str
    detail: str
    apply: Callable[[], None]

    def __str__(self) -> str:
        return f"{self.verb} {self.what}{': ' if self.detail else ''}{self.detail}"


@dataclass(frozen=True)
class Difference:
    """One key whose value is another one than wanted."""

    key: str
    actual: Any
    wanted: Any

    def __str__(self) -> str:
        if self.key.rpartition(".")[2].lower() in _SECRETS:
            return f"{self.key} differs (not shown)"
        return f"{self.key} {_shown(self.actual)} → {_shown(self.wanted)}"


def differences(
    wanted: Mapping[str, Any], actual: Mapping[str, Any], *, prefix: str = ""
) -> list[Difference]:
    """Where `actual` is not what `wanted` says. Keys that only `actual` has are Keycloak's own business."""
    found = []
    for key, value in wanted.items():
        present = actual.get(key)
        if isinstance(value, Mapping):
            found += differences(value, present or {}, prefix=f"{prefix}{key}.")
        elif present != MASK and _comparable(value) != _comparable(present):
            found.append(Difference(f"{prefix}{key}", present, value))
    return found


def merged(actual: Mapping[str, Any], wanted: Mapping[str, Any]) -> dict[str, Any]:
    """`actual` with the wanted values in it, mappings inside mapped one by one."""
    result = dict(actual)
    for key, value in wanted.items():
        inner = result.get(key)
        if isinstance(value, Mapping) and isinstance(inner, Mapping):
            result[key] = merged(inner, value)
        else:
            result[key] = value
    return result


def explained(found: Iterable[Difference]) -> str:
    """All differences of one thing in one line."""
    return "; ".join(str(difference) for difference in found)


def _comparable(value: Any) -> Any:
    """Lists are sets here, and `"true"` from a placeholder is true: Keycloak reads both alike."""
    if isinstance(value, list):
        return sorted(str(item) for item in value)
    if value is None or value in ("", {}):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _shown(value: Any) -> str:
    text = repr(value) if not isinstance(value, list) else repr(sorted(value, key=str))
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
