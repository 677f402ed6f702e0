"""Every text that is to be translated can be collected: it stands in its call as it is, and not inside an f-string."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.architecture.tree import Module, modules

# How many of a call's arguments are texts.
_TEXTS = {"_": 1, "_l": 1, "gettext": 1, "lazy_gettext": 1, "ngettext": 2, "lazy_ngettext": 2, "pgettext": 2}


def uncollected(module: Module) -> Iterator[str]:
    """Calls whose text the collector of translations does not see."""
    hidden = {
        id(call) for text in ast.walk(module.tree) if isinstance(text, ast.JoinedStr) for call in _calls(text)
    }
    for call in _calls(module.tree):
        texts = call.args[: _TEXTS[_name(call)]]
        if id(call) in hidden or not all(isinstance(text, ast.Constant) for text in texts):
            yield f"{module.path}:{call.lineno}"


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call) and _name(node) in _TEXTS)


def _name(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def test_every_text_is_seen_by_the_collector() -> None:
    found = [place for module in modules("services/", "kernel/web/") for place in uncollected(module)]
    assert found == []


@pytest.mark.parametrize(
    ("source", "faults"),
    [
        ("_('Hello %(name)s', name=name)", 0),
        ("ngettext('%(num)s day', '%(num)s days', days)", 0),
        ("_('contacts') + f'-{day}.csv'", 0),
        ("_(f'Hello {name}')", 1),
        ("_l(f'Hello')", 1),
        ("_('Hello %s' % name)", 1),
        ("_('Hello {}'.format(name))", 1),
        ("_(text)", 1),
        ("ngettext('one', f'{many}', 2)", 1),
        ("f\"{_('contacts')}.csv\"", 1),
    ],
)
def test_texts_that_nobody_would_collect_are_found(source: str, faults: int) -> None:
    assert len(list(uncollected(Module.of(source)))) == faults
