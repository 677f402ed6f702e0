"""The published reference: complete, with links that lead somewhere, and whatever option the contract learns."""

import re
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from kontor.options.v1 import options_pb2

from devstack import reference
from devstack.reference import ProtoFile, anchor, read_contract, render


@pytest.fixture(scope="module")
def contract() -> list[ProtoFile]:
    return read_contract()


@pytest.fixture(scope="module")
def pages(contract: list[ProtoFile]) -> dict[str, str]:
    return render(contract)


def test_every_rpc_and_service_says_what_it_is_for(contract: list[ProtoFile]) -> None:
    silent = [
        f"{service.name}.{method.name}"
        for file in contract
        for place, service in enumerate(file.descriptor.service)
        for number, method in enumerate(service.method)
        if not file.comment(6, place) or not file.comment(6, place, 2, number).partition("Errors:")[0]
    ]
    assert silent == []


def test_every_rpc_message_and_field_is_in_it(contract: list[ProtoFile], pages: dict[str, str]) -> None:
    everything = "\n".join(pages.values())
    for file in contract:
        for service in file.descriptor.service:
            for method in service.method:
                assert f"### {service.name}.{method.name}\n" in everything
        for _, message, _ in file.messages():
            for field in message.field:
                assert f"| {field.number} | `{field.name}` |" in everything


def test_every_link_leads_to_a_heading(pages: dict[str, str]) -> None:
    for name, page in pages.items():
        for target, fragment in re.findall(r"\]\(([\w.]*\.md)?(?:#([\w-]+))?\)", page):
            found = pages[target or name]
            headings = [anchor(heading) for heading in re.findall(r"^#+ (.+)$", found, re.MULTILINE)]
            assert not fragment or headings.count(fragment) == 1, f"{name}: {target}#{fragment}"


def test_a_page_shows_who_may_why_and_what_is_personal(pages: dict[str, str]) -> None:
    contacts = pages["contacts.md"]
    get = contacts.partition("### Contacts.GetContact\n")[2].partition("### ")[0]
    assert "`integrator`" in get
    assert "| [own](options.md#access) | `contact_id` |" in get
    assert "| [purpose](options.md#access) | service |" in get
    assert "| errors | NOT_FOUND. |" in get
    assert "category contact point, purpose service" in contacts
    assert "| 1 | `contact_id` | string | required, uuid | plain |" in contacts


def test_a_fact_says_where_and_when(pages: dict[str, str]) -> None:
    facts = pages["facts.md"]
    assert (
        "| [`contacts.contact.erased`](#kontorcontactsv1contacterased) | CONTACTS | Everything about" in facts
    )
    assert "kept for 30 days" in facts


def test_an_option_that_nobody_told_the_generator_about_is_shown() -> None:
    """`hidden` is invented here: a message on fields, as a mask or a scope would be."""
    pool = descriptor_pool.Default()
    new = descriptor_pb2.FileDescriptorProto(
        name="test/hidden.proto", package=f"{reference.OPTIONS}.test", syntax="proto3"
    )
    new.dependency.append("google/protobuf/descriptor.proto")
    kind = new.message_type.add(name="Hidden")
    kind.field.add(name="until_asked", number=1, type=8, label=1)
    kind.field.add(name="roles", number=2, type=9, label=3)
    new.extension.add(
        name="hidden", number=50999, type=11, label=1,
        type_name=f".{new.package}.Hidden", extendee=".google.protobuf.FieldOptions",
    )  # fmt: skip
    pool.Add(new)
    extension: Any = pool.FindExtensionByName(f"{new.package}.hidden")

    file = descriptor_pb2.FileDescriptorProto(name="x.proto", package="kontor.x.v1")
    field = file.message_type.add(name="Asked").field.add(name="amount", number=1, type=3, label=1)
    field.options.Extensions[options_pb2.rules].minimum = 3
    field.options.Extensions[extension].until_asked = True
    field.options.Extensions[extension].roles.extend(["dpo", "admin"])
    options = descriptor_pb2.FileDescriptorProto(name="options.proto", package=reference.OPTIONS)
    page = render([ProtoFile(file), ProtoFile(options)])["x.md"]
    assert "| 1 | `amount` | int64 | minimum `3`; hidden: until_asked, roles `dpo`, `admin` |" in page


def test_a_comment_cannot_break_a_table() -> None:
    assert reference.text("a | b\n c <id>") == "a \\| b c &lt;id>"


def test_a_page_that_was_edited_or_forgotten_is_noticed(
    pages: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference, "TARGET", tmp_path)
    for name, content in pages.items():
        (tmp_path / name).write_text(content)
    assert reference.differences(pages) == []
    (tmp_path / "facts.md").write_text("edited")
    (tmp_path / "left-over.md").write_text("")
    (tmp_path / "README.md").unlink()
    assert reference.differences(pages) == ["README.md", "facts.md", "left-over.md"]
