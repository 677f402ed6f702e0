"""Nobody is found by what must not be processed: a store that compares personal columns says so or says why not."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest
from sqlalchemy import Uuid

from kernel.holder.subject import has_subjects
from kernel.personal import personal_columns
from tests.architecture.test_tables import metadata_of
from tests.architecture.tree import BACK_ENDS, Module, modules

GUARD = "unrestricted"
# How SQLAlchemy compares beside the operators of Python.
_COMPARING = {"in_", "not_in", "like", "ilike", "op", "between", "contains", "startswith", "match", "any"}
_OF_LOGIN = "whose rows these are is said by the caller's own login"
REASONS = {
    "services/contacts/imports/store.py:known_contacts": "asks who is restricted, to refuse the row",
    "services/contacts/imports/store.py:ids_of_emails": "an address is one contact's; the row adds nothing",
    "services/contacts/logins/store.py:_BY_SUBJECT": _OF_LOGIN,
    "services/contacts/logins/store.py:was_removed": _OF_LOGIN,
    "services/contacts/logins/store.py:invitation_by_token": "a link that is its own key",
    "services/contacts/organisations/store.py:page": "organisations are not people",
    "services/contacts/organisations/store.py:ensure_all": "organisations are not people",
    "services/contacts/people/store.py:_ADDRESSES": "an erasure, which is a legal duty",
    "services/contacts/people/store.py:_BY_EMAIL": "an address is one contact's; only its id is told",
    "services/contacts/people/store.py:page": "sorts what `_conditions` has found, which leaves them out",
    "services/campaigns/forms/store.py:requests_since": "counts sign-ups, so that nobody is flooded",
}


def personal_names(service: str) -> frozenset[str]:
    """Names of the personal columns of tables whose rows belong to somebody; an id says nothing of the person."""
    tables = [t for t in metadata_of(service).tables.values() if has_subjects(t)]
    return frozenset(
        column.name
        for table in tables
        for column, _ in personal_columns(table)
        if not isinstance(column.type, Uuid)
    )


def finders(module: Module, names: frozenset[str]) -> Iterator[str]:
    """Functions and constants of a store that find rows by a personal column, without the kernel's condition."""
    for node in module.tree.body:
        named = _name(node)
        if named and not _mentions(node, GUARD) and any(_compares(inner, names) for inner in ast.walk(node)):
            yield named


def _name(node: ast.stmt) -> str:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
        return node.targets[0].id
    return ""


def _mentions(node: ast.AST, name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for inner in ast.walk(node))


def _compares(node: ast.AST, names: frozenset[str]) -> bool:
    if isinstance(node, ast.Compare):
        return any(_is_column(side, names) for side in (node.left, *node.comparators))
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _COMPARING:
        return _is_column(node.func.value, names)
    return False


def _is_column(node: ast.AST, names: frozenset[str]) -> bool:
    return any(
        isinstance(inner, ast.Attribute) and inner.attr in names and _of_a_table(inner.value)
        for inner in ast.walk(node)
    )


def _of_a_table(node: ast.AST) -> bool:
    """`Contact.email`, `_contact.email`, `table.c.email`; not `person.email`, which is a value."""
    if isinstance(node, ast.Attribute):
        return node.attr == "c"
    return isinstance(node, ast.Name) and (node.id[:1].isupper() or node.id.startswith("_"))


def stores(service: str) -> tuple[Module, ...]:
    return tuple(m for m in modules(f"services/{service}/") if m.room == "store.py")


# What privacy looks for is what the law wants to be looked for: consents, suppression, requests.
@pytest.mark.parametrize("service", sorted(set(BACK_ENDS) - {"privacy"}))
def test_no_store_finds_restricted_people_by_what_is_known(service: str) -> None:
    names = personal_names(service)
    found = {f"{m.path}:{name}" for m in stores(service) for name in finders(m, names)}
    reasoned = {place for place in REASONS if place.startswith(f"services/{service}/")}
    assert found - reasoned == set()
    assert reasoned - found == set(), "is on the list and needs not be"


def test_the_rule_notices_what_breaks_it() -> None:
    names = frozenset({"email", "search_text"})
    source = """
async def by_address(session, email):
    return select(Contact.id).where(Contact.email == email)
async def by_words(session, words):
    return select(Contact.id).where(_contact.search_text.like(words))
async def guarded(session, email):
    return select(Contact.id).where(Contact.email == email, unrestricted(Contact.id))
def values_are_no_columns(person):
    return person.email == ""
_BY = select(Contact.id).where(func.lower(table.c.email) == 1)
"""
    found = list(finders(Module.of(source, "services/sample/people/store.py"), names))
    assert found == ["by_address", "by_words", "_BY"]
