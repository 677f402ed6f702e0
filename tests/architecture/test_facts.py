"""The facts' rules: every subject published is documented, every subject consumed is published."""

from __future__ import annotations

import ast
import re

import pytest

from tests.architecture.tree import BACK_ENDS, ROOT, Module, calls

_DOCUMENTED = re.compile(r"^// ([a-z]+\.[a-z]+\.[a-z_]+)\nmessage (\w+) \{", re.MULTILINE)


def documented(service: str) -> dict[str, str]:
    """Subject → fact, as the contract's comments say."""
    text = (ROOT / f"proto/kontor/{service}/v1/events.proto").read_text()
    return dict(_DOCUMENTED.findall(text))


def untold(text: str) -> list[tuple[str, str]]:
    """Facts whose comment has a subject and no sentence that says when they are published."""
    told = set(re.findall(r"^// .+\.\n//\n// [a-z.]+\nmessage (\w+) \{", text, re.MULTILINE))
    return [fact for fact in _DOCUMENTED.findall(text) if fact[1] not in told]


def published(module: Module) -> dict[str, str]:
    """Subject → fact, as events.py builds them."""
    found = {}
    for call in calls(module):
        if isinstance(call.func, ast.Name) and call.func.id == "Fact":
            subject, message = call.args[:2]
            assert isinstance(subject, ast.Constant), "a subject is written out, so that it can be found"
            assert isinstance(message, ast.Call)
            kind = message.func
            found[str(subject.value)] = (
                kind.attr if isinstance(kind, ast.Attribute) else getattr(kind, "id", "")
            )
    return found


def consumed(module: Module) -> set[str]:
    """The subjects that consumers.py subscribes to."""
    return {
        str(call.args[0].value)
        for call in calls(module)
        if isinstance(call.func, ast.Name)
        and call.func.id == "Subscription"
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def module_of(path: str) -> Module:
    return Module.of((ROOT / path).read_text(), path)


@pytest.mark.parametrize("service", BACK_ENDS)
def test_every_subject_published_is_documented_and_the_other_way_round(service: str) -> None:
    assert published(module_of(f"services/{service}/events.py")) == documented(service)


@pytest.mark.parametrize("service", BACK_ENDS)
def test_every_fact_says_when_it_is_published(service: str) -> None:
    assert untold((ROOT / f"proto/kontor/{service}/v1/events.proto").read_text()) == []


def test_every_subject_consumed_is_published() -> None:
    known = {subject for service in BACK_ENDS for subject in documented(service)}
    wanted = {
        subject
        for service in BACK_ENDS
        if (ROOT / f"services/{service}/consumers.py").is_file()
        for subject in consumed(module_of(f"services/{service}/consumers.py"))
    }
    assert wanted, "somebody consumes something"
    assert wanted <= known


def test_the_readers_see_what_they_are_shown() -> None:
    sample = Module.of("Fact('a.b.c', events_pb2.Happened(x=1))\nSubscription('d.e.f', Happened, handle)")
    assert published(sample) == {"a.b.c": "Happened"}
    assert consumed(sample) == {"d.e.f"}
    assert untold("// a.b.c\nmessage Bare {\n") == [("a.b.c", "Bare")]
    assert untold("// Then.\n//\n// a.b.c\nmessage Told {\n") == []
