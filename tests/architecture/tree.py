"""What the rules look at: modules of the tree, and the contract as loaded."""

from __future__ import annotations

import ast
import gc
import importlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor, FileDescriptor, ServiceDescriptor

ROOT = Path(__file__).parents[2]
BACK_ENDS = ("contacts", "campaigns", "tickets", "privacy")
WEB = ("portal", "gateway")


@dataclass(frozen=True)
class Module:
    """One Python file, parsed."""

    path: str
    tree: ast.Module

    @classmethod
    def of(cls, source: str, path: str = "services/sample/people/service.py") -> Module:
        return cls(path, parsed(source))

    @property
    def room(self) -> str:
        """The file's name: the room it is."""
        return self.path.rpartition("/")[2]


@cache
def tracked() -> tuple[str, ...]:
    """All files of the project: tracked ones, and new ones that git does not ignore."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    return tuple(sorted(p for p in set(listed.stdout.splitlines()) if (ROOT / p).is_file()))


def parsed(source: str) -> ast.Module:
    """The syntax tree, made without garbage collection: if that ends a database driver's greenlet in the
    middle of it, Python 3.11 fails with "AST constructor recursion depth mismatch"."""
    gc.disable()
    try:
        return ast.parse(source)
    finally:
        gc.enable()


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """All modules under the folders, without generated code."""
    wanted = [p for p in tracked() if p.endswith(".py") and p.startswith(folders)]
    return tuple(Module(p, parsed((ROOT / p).read_text())) for p in wanted)


@cache
def contract() -> tuple[FileDescriptor, ...]:
    """Every proto file of ours, loaded."""
    names = sorted(p.removeprefix("proto/") for p in tracked() if p.endswith(".proto"))
    for name in names:
        importlib.import_module(name.removesuffix(".proto").replace("/", ".") + "_pb2")
    pool = descriptor_pool.Default()
    return tuple(pool.FindFileByName(name) for name in names)


def services() -> Iterator[ServiceDescriptor]:
    """Every service of the contract."""
    for file in contract():
        yield from file.services_by_name.values()


def messages(file: FileDescriptor) -> Iterator[Descriptor]:
    """Every message of a file, nested ones too, map entries left out."""
    waiting = list(file.message_types_by_name.values())
    while waiting:
        message = waiting.pop()
        waiting.extend(message.nested_types)
        if not message.GetOptions().map_entry:
            yield message


def calls(module: Module) -> Iterator[ast.Call]:
    """Every call in a module."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call):
            yield node
