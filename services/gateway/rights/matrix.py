"""The rules of the contract as rows of a page, read from the descriptors that the services enforce."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FileDescriptor, MethodDescriptor
from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from kernel.contract import Scope, fields_within, hidden_from, scopes
from services.gateway.session import FILES

_CONTRACT: tuple[FileDescriptor, ...] = (*(file.DESCRIPTOR for file in FILES), holder_pb2.DESCRIPTOR)


@dataclass(frozen=True)
class Rule:
    """One RPC: why it processes data, and how far each role reaches; roles that may not call are not in it."""

    name: str
    purpose: int
    public: bool
    reach: Mapping[str, Scope]


@dataclass(frozen=True)
class Part:
    """One service of the contract with its rules, in the contract's order."""

    name: str
    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Mask:
    """One field that some roles do not see."""

    message: str
    field: str
    category: int
    hidden_from: frozenset[str]


def parts(role: str = "") -> list[Part]:
    """Every service; with a role only the RPCs that it may call, and no service without any."""
    found = []
    for file in _CONTRACT:
        for service in file.services_by_name.values():
            rules = tuple(_rule(method) for method in service.methods)
            shown = tuple(rule for rule in rules if not role or rule.public or role in rule.reach)
            if shown:
                found.append(Part(service.name, shown))
    return found


def masks(role: str = "") -> list[Mask]:
    """Every masked field once; with a role those that it does not see."""
    found = {}
    for message in _answers():
        for field in fields_within(message):
            hidden = hidden_from(field)
            if hidden and (not role or role in hidden):
                category = field.GetOptions().Extensions[options_pb2.personal].category
                message_name, _, name = field.full_name.rpartition(".")
                found[field.full_name] = Mask(message_name.rpartition(".")[2], name, category, hidden)
    return list(found.values())


def _rule(method: MethodDescriptor) -> Rule:
    access = method.GetOptions().Extensions[options_pb2.access]
    return Rule(method.name, access.purpose, access.public, scopes(access))


def _answers() -> Iterator[Descriptor]:
    for file in _CONTRACT:
        for service in file.services_by_name.values():
            yield from (method.output_type for method in service.methods)
