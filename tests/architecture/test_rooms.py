"""The rooms' rules: SQL in store.py, commits in transaction(), facts in events.py, no try in rpc.py."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator

import pytest

from tests.architecture.tree import BACK_ENDS, ROOT, Module, calls, modules

MOST_LINES = 400
SESSION_SQL = {
    "execute",
    "scalar",
    "scalars",
    "stream",
    "stream_scalars",
    "get",
    "add",
    "add_all",
    "delete",
    "merge",
}


def sql_outside_the_store(module: Module) -> Iterator[str]:
    """SQL is in store.py; other rooms only hand the session on."""
    if module.room in ("store.py", "env.py") or "/migrations/" in module.path:
        return
    for call in calls(module):
        function = call.func
        if (
            isinstance(function, ast.Attribute)
            and function.attr in SESSION_SQL
            and isinstance(function.value, ast.Name)
            and function.value.id in ("session", "reader", "writer", "connection")
        ):
            yield f"{module.path}:{call.lineno} runs SQL outside store.py"


def commits(module: Module) -> Iterator[str]:
    """Only transaction() commits."""
    for call in calls(module):
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback", "begin"):
            yield f"{module.path}:{call.lineno} ends a transaction by hand"


def facts_outside_events(module: Module) -> Iterator[str]:
    """A fact is built in its owner's events.py and nowhere else."""
    if module.room == "events.py":
        return
    for call in calls(module):
        if isinstance(call.func, ast.Name) and call.func.id == "Fact":
            yield f"{module.path}:{call.lineno} builds a fact outside events.py"


def tries_in_handlers(module: Module) -> Iterator[str]:
    """Handlers map; one interceptor turns errors into statuses."""
    if module.room != "rpc.py":
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Try):
            yield f"{module.path}:{node.lineno} catches in a handler"


def impure_models(module: Module) -> Iterator[str]:
    """model.py holds values and rules; it knows no database and no wire."""
    if module.room != "model.py":
        return
    for node in ast.walk(module.tree):
        if not isinstance(node, ast.Import | ast.ImportFrom):
            continue
        names = [a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or ""]
        for name in names:
            if name.partition(".")[0] in ("sqlalchemy", "grpc", "kontor", "asyncpg"):
                yield f"{module.path}:{node.lineno} imports {name}"


def swallowed_errors(module: Module) -> Iterator[str]:
    """Nothing is caught only to be forgotten."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ExceptHandler) and all(isinstance(s, ast.Pass) for s in node.body):
            yield f"{module.path}:{node.lineno} swallows an error"


def missing_first_line(module: Module) -> Iterator[str]:
    """Every module opens with one line that says what lives here."""
    if not ast.get_docstring(module.tree) and module.tree.body and "/migrations/" not in module.path:
        yield f"{module.path} does not say what lives in it"


def foreign_stores(module: Module) -> Iterator[str]:
    """Areas of a service meet in service.py, never through another area's store."""
    parts = module.path.split("/")
    if parts[0] != "services" or len(parts) < 4:
        return
    for node in ast.walk(module.tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.endswith(".store"):
            if node.module.split(".")[2] != parts[2]:
                yield f"{module.path}:{node.lineno} reaches into {node.module}"
        elif isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("services."):
            area = node.module.split(".")
            if len(area) == 3 and area[2] != parts[2] and any(a.name == "store" for a in node.names):
                yield f"{module.path}:{node.lineno} reaches into {node.module}.store"


Rule = Callable[[Module], Iterator[str]]
IN_SERVICES: dict[Rule, tuple[str, str]] = {
    sql_outside_the_store: ("await session.execute(x)", "services/x/people/service.py"),
    commits: ("await session.commit()", "services/x/people/service.py"),
    facts_outside_events: ("Fact('a', b)", "services/x/people/service.py"),
    tries_in_handlers: ("try:\n  x()\nexcept KeyError:\n  y()", "services/x/people/rpc.py"),
    impure_models: ("from sqlalchemy import text", "services/x/people/model.py"),
    foreign_stores: ("from services.x.imports import store", "services/x/people/service.py"),
}
EVERYWHERE: dict[Rule, tuple[str, str]] = {
    swallowed_errors: ("try:\n  x()\nexcept KeyError:\n  pass", "kernel/x.py"),
    missing_first_line: ("x = 1", "kernel/x.py"),
}


@pytest.mark.parametrize("rule", IN_SERVICES, ids=lambda r: r.__name__)
def test_services_keep_their_rooms(rule: Rule) -> None:
    looked_at = modules("services/")
    assert looked_at
    assert [fault for module in looked_at for fault in rule(module)] == []


@pytest.mark.parametrize("rule", EVERYWHERE, ids=lambda r: r.__name__)
def test_every_module_keeps_the_habits(rule: Rule) -> None:
    looked_at = modules("services/", "kernel/", "devstack/", "bench/", "clients/", "tests/", "deploy/")
    assert [fault for module in looked_at for fault in rule(module)] == []


@pytest.mark.parametrize(
    ("rule", "sample"), {**IN_SERVICES, **EVERYWHERE}.items(), ids=lambda r: getattr(r, "__name__", "")
)
def test_each_rule_notices_what_breaks_it(rule: Rule, sample: tuple[str, str]) -> None:
    source, path = sample
    assert list(rule(Module.of(source, path)))
    assert not list(rule(Module.of('"""Says what lives here."""\n', path)))


def test_no_module_is_longer_than_the_cap() -> None:
    looked_at = modules("services/", "kernel/", "devstack/", "bench/", "clients/")
    lines = {m.path: len((ROOT / m.path).read_text().splitlines()) for m in looked_at}
    long = {path: count for path, count in lines.items() if count > MOST_LINES}
    assert long == {}


@pytest.mark.parametrize("service", BACK_ENDS)
def test_every_back_end_is_a_data_holder(service: str) -> None:
    source = (ROOT / f"services/{service}/__main__.py").read_text()
    assert "add_DataHolderServicer_to_server" in source
    assert (ROOT / f"services/{service}/holder.py").is_file()
