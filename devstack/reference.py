"""Writes `docs/reference/` from the contract's descriptors and comments, or checks that it is up to date.

Nothing is known here about single options: whatever stands on an RPC or a field is shown under its own name,
and `options.md` says what it means, in the words of options.proto.
"""

import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from google.protobuf.message import Message

# Registers the options, so that descriptors show them.
from kontor.options.v1 import options_pb2

from kernel.bus import FACTS_KEPT_DAYS, stream_of

ROOT = Path(__file__).resolve().parents[1]
TARGET = ROOT / "docs" / "reference"
OPTIONS = options_pb2.DESCRIPTOR.package
_GENERATED = "<!-- Written by `make docs` from proto/; edit the comments there. -->"
# Field numbers inside descriptor.proto: they make up the paths that comments are filed under.
_MESSAGE, _ENUM, _SERVICE, _EXTENSION = 4, 5, 6, 7
_METHOD, _FIELD, _NESTED, _NESTED_ENUM, _VALUE = 2, 2, 3, 4, 2


# Where something stands in a descriptor, e.g. (4, 0, 2, 1): field 1 of message 0.
Place = tuple[int, ...]
Blocks = Iterator[str]


class ProtoFile:
    """One proto file with its comments."""

    def __init__(self, descriptor: FileDescriptorProto) -> None:
        self.descriptor = descriptor

    @cached_property
    def _comments(self) -> dict[Place, str]:
        locations = self.descriptor.source_code_info.location
        return {
            tuple(location.path): (location.leading_comments or location.trailing_comments).strip()
            for location in locations
        }

    def comment(self, *path: int) -> str:
        """The comment at a path of the descriptor, as one line of Markdown."""
        return text(self._comments.get(path, ""))

    def paragraphs(self, *path: int) -> list[str]:
        return self._comments.get(path, "").split("\n\n")

    def messages(self) -> Iterator[tuple[str, DescriptorProto, Place]]:
        """Every message with the name it has in its package and its path; entries of maps are left out."""
        for number, message in enumerate(self.descriptor.message_type):
            yield from _with_nested(message, message.name, (_MESSAGE, number))

    def enums(self) -> Iterator[tuple[str, EnumDescriptorProto, Place]]:
        for number, enum in enumerate(self.descriptor.enum_type):
            yield enum.name, enum, (_ENUM, number)
        for name, message, path in self.messages():
            for number, enum in enumerate(message.enum_type):
                yield f"{name}.{enum.name}", enum, (*path, _NESTED_ENUM, number)


def _with_nested(
    message: DescriptorProto, name: str, path: Place
) -> Iterator[tuple[str, DescriptorProto, Place]]:
    if message.options.map_entry:
        return
    yield name, message, path
    for number, nested in enumerate(message.nested_type):
        yield from _with_nested(nested, f"{name}.{nested.name}", (*path, _NESTED, number))


def read_contract() -> list[ProtoFile]:
    """Our proto files, compiled by buf with their comments."""
    command = [str(Path(sys.executable).with_name("buf")), "build", "-o", "-"]
    image = subprocess.run(command, cwd=ROOT, check=True, capture_output=True).stdout
    files = FileDescriptorSet.FromString(image).file
    return [ProtoFile(file) for file in files if file.package.startswith("kontor.")]


def render(contract: Sequence[ProtoFile]) -> dict[str, str]:
    """Every page by its file name."""
    events = [file for file in contract if is_events(file)]
    rest = [file for file in contract if not is_events(file)]
    packages = sorted({file.descriptor.package for file in rest} - {OPTIONS})
    pages = {page(package): _package(package, rest) for package in packages}
    pages["facts.md"] = _facts(events)
    pages["options.md"] = _options(next(f for f in rest if f.descriptor.package == OPTIONS))
    pages["README.md"] = _index(packages, rest)
    return {name: "\n\n".join(filter(None, (_GENERATED, *blocks))) + "\n" for name, blocks in pages.items()}


def is_events(file: ProtoFile) -> bool:
    return file.descriptor.name.endswith("/events.proto")


def page(package: str) -> str:
    """`kontor.contacts.v1` → `contacts.md`."""
    return f"{package.split('.')[1]}.md"


# --- pages, as blocks with an empty line between them ------------------------------------------------


def _index(packages: Sequence[str], files: Sequence[ProtoFile]) -> Blocks:
    rows = [
        f"| [{service.name}]({page(file.descriptor.package)}#{anchor(service.name)}) "
        f"| {len(service.method)} | {file.comment(_SERVICE, number)} |"
        for package in packages
        for file in files
        if file.descriptor.package == package
        for number, service in enumerate(file.descriptor.service)
    ]
    yield "# Reference of the contract"
    yield (
        "What every RPC is for, who may call it, what it takes and answers, and which of it is personal data.\n"
        "The [integrator guide](../integrator-guide.md) says how to connect."
    )
    yield table("Service", "RPCs", "What it is for", rows=rows)
    yield (
        "- [Facts](facts.md): what is published, where, when, in which order, for how long\n"
        "- [Options](options.md): what the words in the tables mean"
    )
    yield (
        "Besides the errors named at an RPC, each may answer UNAUTHENTICATED (no valid token), PERMISSION_DENIED\n"
        "(role or purpose), INVALID_ARGUMENT (a field breaks its rules; each is named), RESOURCE_EXHAUSTED (too much;\n"
        "RetryInfo says when), UNAVAILABLE (try again; nothing was changed), DEADLINE_EXCEEDED and INTERNAL (with a\n"
        "reference for the operator). Every error carries `google.rpc.ErrorInfo` with a stable reason."
    )


def _package(package: str, files: Sequence[ProtoFile]) -> Blocks:
    own = [file for file in files if file.descriptor.package == package]
    yield f"# {package}"
    for file in own:
        for number, service in enumerate(file.descriptor.service):
            yield f"## {service.name}"
            yield file.comment(_SERVICE, number)
            for place, method in enumerate(service.method):
                yield f"### {service.name}.{method.name}"
                yield from _method(file, (_SERVICE, number, _METHOD, place), method)
    yield "## Messages and enums"
    for file in own:
        yield from _types(file)


def _facts(files: Sequence[ProtoFile]) -> Blocks:
    facts = [(file, message, path) for file in files for _, message, path in file.messages()]
    yield "# Facts"
    yield (
        f"Each is published once its cause is committed, at least once, and kept for {FACTS_KEPT_DAYS} days. Facts\n"
        "whose first field names the same record come in the order of its changes. No field is ever personal data.\n"
        "The [integrator guide](../integrator-guide.md#facts) has the guarantees in full and how to read."
    )
    rows = [
        f"| [`{subject}`](#{anchor(full_name)}) | {stream_of(subject)} | {when} |"
        for full_name, subject, when in (_fact(*fact) for fact in facts)
    ]
    yield table("Subject", "Stream", "When", rows=rows)
    for file, message, path in facts:
        full_name, subject, when = _fact(file, message, path)
        yield f"## {full_name}"
        yield f"{when} Subject: `{subject}`"
        yield _fields(file, path, message)


def _options(file: ProtoFile) -> Blocks:
    rows = [
        f"| `{extension.name}` | {_type(file, extension)} | {file.comment(_EXTENSION, number)} |"
        for number, extension in enumerate(file.descriptor.extension)
    ]
    yield "# Options"
    yield "What the contract says about an RPC or a field beyond its types."
    yield table("Option", "Type", "Meaning", rows=rows)
    yield from _types(file)


# --- parts of pages ------------------------------------------------------------------------------


def _fact(file: ProtoFile, message: DescriptorProto, path: Place) -> tuple[str, str, str]:
    """Full name, subject and when it is published: the last paragraph of its comment is the subject."""
    *told, subject = file.paragraphs(*path)
    return f"{file.descriptor.package}.{message.name}", subject.strip(), text(" ".join(told))


def _method(file: ProtoFile, path: Place, method: MethodDescriptorProto) -> Blocks:
    purpose, _, errors = file.comment(*path).partition("Errors:")
    yield purpose.strip()
    kind = "stream of " if method.server_streaming else ""
    rows = [
        f"| request | {link(file, method.input_type)} |",
        f"| response | {kind}{link(file, method.output_type)} |",
        *_option_rows(method.options),
        f"| errors | {errors.strip() or 'those of every RPC'} |",
    ]
    yield table("", "", rows=rows)


def _option_rows(options: Message) -> Iterator[str]:
    """Each of our options; those that are messages field by field."""
    for option, value in _set(options):
        if option.message_type is None or option.is_repeated:
            yield f"| [{option.name}](options.md) | {shown(option, value)} |"
            continue
        home = f"options.md#{anchor(option.message_type.name)}"
        yield from (f"| [{f.name}]({home}) | {shown(f, item)} |" for f, item in value.ListFields())


def _types(file: ProtoFile) -> Blocks:
    for name, message, path in file.messages():
        yield f"### {name}"
        yield file.comment(*path)
        yield _fields(file, path, message)
    for name, enum, path in file.enums():
        rows = [
            f"| {value.number} | `{value.name}` | {file.comment(*path, _VALUE, number)} |"
            for number, value in enumerate(enum.value)
        ]
        yield f"### {name}"
        yield file.comment(*path)
        yield table("No.", "Value", "Meaning", rows=rows)


def _fields(file: ProtoFile, path: Place, message: DescriptorProto) -> str:
    if not message.field:
        return "No fields."
    rows = []
    for number, field in enumerate(message.field):
        options = {option.name: shown(option, value) for option, value in _set(field.options)}
        data_class = options.pop("personal", "") or ("plain" if options.pop("plain", "") else "")
        rules = "; ".join(value if name == "rules" else f"{name}: {value}" for name, value in options.items())
        rows.append(
            f"| {field.number} | `{field.name}` | {_field_type(file, message, field)} | {rules} | {data_class} "
            f"| {file.comment(*path, _FIELD, number)} |"
        )
    return table("No.", "Field", "Type", "Rules", "Personal data", "Description", rows=rows)


def _set(options: Message) -> Iterator[tuple[FieldDescriptor, Any]]:
    """The options of ours that are set."""
    return ((field, value) for field, value in options.ListFields() if field.full_name.startswith(OPTIONS))


def shown(field: FieldDescriptor, value: Any) -> str:
    """An option's value in words."""
    return ", ".join(_one(field, item) for item in (value if field.is_repeated else [value]))


def _one(field: FieldDescriptor, value: Any) -> str:
    if field.message_type is not None:
        # A word that is simply set says everything by its name.
        return ", ".join(f.name if v is True else f"{f.name} {shown(f, v)}" for f, v in value.ListFields())
    if field.enum_type is not None:
        values = field.enum_type.values_by_number
        prefix = values[0].name.removesuffix("UNSPECIFIED")
        return str(values[value].name.removeprefix(prefix).lower().replace("_", " "))
    return "yes" if value is True else f"`{value}`"


def _field_type(file: ProtoFile, message: DescriptorProto, field: FieldDescriptorProto) -> str:
    """A map is a repeated entry in the descriptor; people know it as a map."""
    entries = {nested.name: nested for nested in message.nested_type if nested.options.map_entry}
    entry = entries.get(field.type_name.rpartition(".")[2])
    if entry is None:
        return _type(file, field)
    key, value = (_type(file, part) for part in entry.field)
    return f"map from {key} to {value}"


def _type(file: ProtoFile, field: FieldDescriptorProto) -> str:
    scalar = FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    name = link(file, field.type_name) if field.type_name else scalar
    return f"{'repeated ' if field.label == FieldDescriptorProto.LABEL_REPEATED else ''}{name}"


def link(file: ProtoFile, type_name: str) -> str:
    """A type's name; ours lead to where they are described."""
    full = type_name.removeprefix(".")
    own = file.descriptor.package
    if full.startswith(f"{own}."):
        short = full.removeprefix(f"{own}.")
        return f"[{short}](#{anchor(short)})"
    if full.startswith("kontor."):
        package, _, short = full.rpartition(".")
        return f"[{full}]({page(package)}#{anchor(short)})"
    return full


def anchor(heading: str) -> str:
    """The fragment that Markdown renderers give a heading."""
    return heading.lower().replace(".", "").replace(" ", "-")


def text(comment: str) -> str:
    """A comment's lines joined; what a table or HTML would read as its own is escaped."""
    joined = " ".join(comment.split())
    return joined.replace("|", "\\|").replace("<", "&lt;")


def table(*heads: str, rows: Sequence[str]) -> str:
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}", *rows]
    return "\n".join(lines)


# --- command -------------------------------------------------------------------------------------


def differences(pages: dict[str, str]) -> list[str]:
    """The files of `docs/reference/` that are not what they should be."""
    present = {file.name: file.read_text() for file in TARGET.glob("*")}
    return sorted(n for n in pages.keys() | present.keys() if pages.get(n) != present.get(n))


def main() -> int:
    """`generate` writes, `check` compares; answers the exit code."""
    pages = render(read_contract())
    changed = differences(pages)
    if sys.argv[1:] == ["generate"]:
        TARGET.mkdir(parents=True, exist_ok=True)
        for name in changed:
            if name in pages:
                (TARGET / name).write_text(pages[name])
            else:
                (TARGET / name).unlink()
        return 0
    for name in changed:
        print(f"docs/reference/{name} is not what proto/ says; run `make docs` and commit it.")
    return 1 if changed else 0


if __name__ == "__main__":
    sys.exit(main())
