"""Field rules of the contract (`kontor.options.v1.rules`), compiled to plain checks.

Why our own: see docs/decisions/0002-field-rules.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from kontor.options.v1 import options_pb2

from kernel.text import visible

Check = Callable[[Any], str | None]
Visit = Callable[[Message, str, dict[str, str]], None]

# C0 and C1 without line breaks and tabs; NUL is not storable and the rest forges logs and headers.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_CONTROL_OR_BREAK = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
# Local part and domain within RFC 5321 §4.5.3.1; deliverability is decided by confirming.
_EMAIL = re.compile(r"[^\s@<>()\[\],;:\\\"]{1,64}@[^\s@<>()\[\],;:\\\"]{1,255}")
_DOMAIN_LABEL = re.compile(r"(?!-)[\w\u00a0-\uffff-]{1,63}(?<!-)")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_LANGUAGES = ("de", "en")
_DEFAULT_MAX = 4096


def violations_of(message: Message) -> dict[str, str]:
    """Field path → what is wrong with it, for every field at fault; empty if all is well."""
    found: dict[str, str] = {}
    for visit in _plan(message.DESCRIPTOR):
        visit(message, "", found)
    return found


@cache
def _plan(descriptor: Descriptor) -> tuple[Visit, ...]:
    visits = (_visit(field) for field in descriptor.fields)
    return tuple(v for v in visits if v is not None)


def _visit(field: FieldDescriptor) -> Visit | None:
    options = field.GetOptions()
    rules = options.Extensions[options_pb2.rules]
    if field.message_type is not None and field.message_type.GetOptions().map_entry:
        return None
    if field.message_type is not None:
        return _visit_message(field, rules)
    checks = _checks(field, rules)
    if field.is_repeated:
        return _visit_repeated(field, rules, checks)
    return _visit_scalar(field, rules, checks)


def _visit_scalar(
    field: FieldDescriptor, rules: options_pb2.Rules, checks: tuple[Check, ...]
) -> Visit | None:
    name, required = field.name, rules.required
    if not checks and not required:
        return None

    def visit(message: Message, prefix: str, found: dict[str, str]) -> None:
        value = getattr(message, name)
        if required and isinstance(value, str):
            value = visible(value)
        if not value and value is not False and (required or isinstance(value, str | bytes)):
            if required:
                found[prefix + name] = "must not be empty"
            return
        _apply(checks, value, prefix + name, found)

    return visit


def _visit_repeated(field: FieldDescriptor, rules: options_pb2.Rules, checks: tuple[Check, ...]) -> Visit:
    name, least, most = field.name, rules.min_items, rules.max_items or _DEFAULT_MAX

    def visit(message: Message, prefix: str, found: dict[str, str]) -> None:
        values = getattr(message, name)
        if not least <= len(values) <= most:
            found[prefix + name] = f"must have {least} to {most} items"
            return
        for index, value in enumerate(values):
            _apply(checks, value, f"{prefix}{name}[{index}]", found)

    return visit


def _visit_message(field: FieldDescriptor, rules: options_pb2.Rules) -> Visit:
    name, required, inner = field.name, rules.required, field.message_type
    least, most = rules.min_items, rules.max_items or _DEFAULT_MAX
    if field.is_repeated:

        def visit_all(message: Message, prefix: str, found: dict[str, str]) -> None:
            values = getattr(message, name)
            if not least <= len(values) <= most:
                found[prefix + name] = f"must have {least} to {most} items"
                return
            for index, value in enumerate(values):
                for visit in _plan(inner):
                    visit(value, f"{prefix}{name}[{index}].", found)

        return visit_all

    def visit_one(message: Message, prefix: str, found: dict[str, str]) -> None:
        if not message.HasField(name):
            if required:
                found[prefix + name] = "must be set"
            return
        value = getattr(message, name)
        for visit in _plan(inner):
            visit(value, f"{prefix}{name}.", found)

    return visit_one


def _apply(checks: tuple[Check, ...], value: Any, path: str, found: dict[str, str]) -> None:
    for check in checks:
        wrong = check(value)
        if wrong is not None:
            found[path] = wrong
            return


def _checks(field: FieldDescriptor, rules: options_pb2.Rules) -> tuple[Check, ...]:
    checks: list[Check] = []
    if field.type == FieldDescriptor.TYPE_STRING:
        checks.extend(_text_checks(rules))
    elif field.type == FieldDescriptor.TYPE_BYTES:
        checks.append(_at_most(rules.max_len or _DEFAULT_MAX, "bytes"))
    elif field.enum_type is not None:
        known = frozenset(v.number for v in field.enum_type.values)
        checks.append(lambda v: None if v in known else "is not a known value")
        if rules.defined:
            checks.append(lambda v: None if v else "must be set")
    if rules.HasField("minimum") or rules.HasField("maximum"):
        checks.append(_between(rules))
    return tuple(checks)


def _text_checks(rules: options_pb2.Rules) -> list[Check]:
    if rules.uuid:
        return [_uuid]
    forbidden = _CONTROL if rules.multiline else _CONTROL_OR_BREAK
    checks: list[Check] = [
        _at_most(rules.max_len or _DEFAULT_MAX, "characters"),
        lambda v: "must not contain control characters" if forbidden.search(v) else None,
    ]
    if rules.email:
        checks.append(_email)
    if rules.language:
        checks.append(lambda v: None if v in _LANGUAGES else "must be one of: " + ", ".join(_LANGUAGES))
    return checks


def _at_most(limit: int, unit: str) -> Check:
    return lambda v: None if len(v) <= limit else f"must have at most {limit} {unit}"


def _between(rules: options_pb2.Rules) -> Check:
    low = rules.minimum if rules.HasField("minimum") else None
    high = rules.maximum if rules.HasField("maximum") else None

    def check(value: int) -> str | None:
        if low is not None and value < low:
            return f"must be at least {low}"
        if high is not None and value > high:
            return f"must be at most {high}"
        return None

    return check


def _uuid(value: str) -> str | None:
    # The canonical form only: other spellings of one id would be other keys to caches and logs.
    return None if _UUID.fullmatch(value) else "must be a UUID in lower-case canonical form"


def is_email(value: str) -> bool:
    """Whether the text is an address by the contract's rule `email`, for what comes in other ways than RPC."""
    return _email(value) is None


def _email(value: str) -> str | None:
    if len(value) > 254 or not _EMAIL.fullmatch(value):
        return "must be an e-mail address"
    local, _, domain = value.rpartition("@")
    labels = domain.split(".")
    sound = len(labels) > 1 and all(_DOMAIN_LABEL.fullmatch(label) for label in labels)
    if not sound or local.startswith(".") or local.endswith(".") or ".." in local:
        return "must be an e-mail address"
    return None
