"""The contract's rules: access on every RPC, a class on every field, no personal data in facts."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from google.protobuf import descriptor_pb2, descriptor_pool
from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor
from kontor.contacts.v1 import imports_pb2
from kontor.options.v1 import options_pb2

from kernel.contract import CUSTOMER, MASKED_FIELDS, has_masks, hidden_from
from tests.architecture.tree import ROOT, contract, messages, services

READ_VERBS = ("Get", "BatchGet", "List", "Select", "Preview", "Check", "Describe", "Collect", "Probe")


def roles_of_the_realm() -> set[str]:
    realm = json.loads((ROOT / "deploy/keycloak/realm-kontor.json").read_text())
    return {role["name"] for role in realm["roles"]["realm"]}


def access_faults(method: MethodDescriptor, known_roles: set[str]) -> list[str]:
    options = method.GetOptions()
    if not options.HasExtension(options_pb2.access):
        return ["has no access rule"]
    access, faults = options.Extensions[options_pb2.access], []
    if not access.public and not access.roles:
        faults.append("names no role and is not public")
    if access.purpose == options_pb2.PURPOSE_UNSPECIFIED:
        faults.append("names no purpose")
    if access.own and access.own not in method.input_type.fields_by_name:
        faults.append(f"own: {access.own} is no field of the request")
    faults += [f"role {role} is not in the realm" for role in access.roles if role not in known_roles]
    return faults + row_faults(access)


def row_faults(access: options_pb2.Access) -> list[str]:
    told = [row.role for row in access.rows]
    faults = [f"rows: {role} may not call at all" for role in told if role not in access.roles]
    faults += [f"rows: {role} is named twice" for role in sorted(set(told)) if told.count(role) > 1]
    faults += [f"rows: {row.role} has no scope" for row in access.rows if not row.scope]
    if CUSTOMER in access.roles and CUSTOMER not in told:
        faults.append("rows: does not say which rows a customer reaches")
    if access.own and any(row.scope == options_pb2.SCOPE_ALL for row in access.rows if row.role == CUSTOMER):
        faults.append("rows: a customer who reaches all has no own contact to name")
    return faults


def idempotency_faults(method: MethodDescriptor) -> list[str]:
    reads = method.name.startswith(READ_VERBS)
    if not reads and "request_id" not in method.input_type.fields_by_name:
        return ["changes something and takes no request_id"]
    return []


def class_faults(field: FieldDescriptor) -> list[str]:
    options = field.GetOptions()
    is_personal = options.HasExtension(options_pb2.personal)
    is_plain = options.Extensions[options_pb2.plain]
    textual = field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES)
    is_map = field.message_type is not None and field.message_type.GetOptions().map_entry
    if (textual or is_map) and is_personal == is_plain:
        return ["must be declared personal or plain, and not both"]
    return []


def event_faults(message: Descriptor) -> list[str]:
    return [
        f"{field.name} is personal"
        for field in message.fields
        if field.GetOptions().HasExtension(options_pb2.personal) or field.message_type is not None
    ]


def mask_faults(message: Descriptor, known_roles: set[str]) -> list[str]:
    faults = []
    for field in message.fields:
        hidden = hidden_from(field)
        faults += [f"{field.name}: role {role} is not in the realm" for role in sorted(hidden - known_roles)]
        if "service" in hidden:
            faults.append(f"{field.name}: services work for people whose masks they cannot know")
    if not any(hidden_from(field) for field in message.fields):
        return faults
    said = message.fields_by_name.get(MASKED_FIELDS)
    if said is None or not said.is_repeated or said.type != FieldDescriptor.TYPE_STRING:
        faults.append(f"has masks and no repeated string {MASKED_FIELDS}")
    return faults


def open_mask_faults(method: MethodDescriptor) -> list[str]:
    access = method.GetOptions().Extensions[options_pb2.access]
    if access.public and has_masks(method.output_type):
        return ["answers without a token what is hidden from some roles"]
    return []


METHODS = [m for s in services() for m in s.methods]


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
def test_every_rpc_says_who_may_call_it_and_why(method: MethodDescriptor) -> None:
    assert access_faults(method, roles_of_the_realm()) == []


@pytest.mark.parametrize("method", METHODS, ids=lambda m: m.full_name)
def test_every_mutation_takes_a_request_id(method: MethodDescriptor) -> None:
    assert idempotency_faults(method) == []


def test_no_request_holds_a_map() -> None:
    # `kernel.validation` looks into fields, lists and messages; a map would pass unchecked.
    assert [f.full_name for m in METHODS for f in map_fields(m.input_type)] == []


def map_fields(message: Descriptor) -> Iterator[FieldDescriptor]:
    for field in message.fields:
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            yield field
        elif field.message_type is not None:
            yield from map_fields(field.message_type)


def test_map_fields_are_found() -> None:
    assert [f.name for f in map_fields(imports_pb2.ListImportRowsResponse.DESCRIPTOR)] == ["cells"]


def test_every_text_field_is_declared_personal_or_plain() -> None:
    faults = [
        f"{field.full_name} {fault}"
        for file in contract()
        if file.package != "kontor.options.v1"
        for message in messages(file)
        for field in message.fields
        for fault in class_faults(field)
    ]
    assert faults == []


def test_every_mask_names_roles_and_can_say_that_it_masks() -> None:
    known = roles_of_the_realm()
    everything = [message for file in contract() for message in messages(file)]
    assert any(hidden_from(field) for message in everything for field in message.fields)
    assert [f"{m.full_name} {fault}" for m in everything for fault in mask_faults(m, known)] == []
    assert [f"{m.full_name} {fault}" for m in METHODS for fault in open_mask_faults(m)] == []


def test_no_event_field_is_personal() -> None:
    events = [m for f in contract() if f.name.endswith("/events.proto") for m in messages(f)]
    assert len(events) > 10
    assert [f"{m.full_name}: {fault}" for m in events for fault in event_faults(m)] == []


@pytest.fixture(scope="module")
def broken() -> descriptor_pool.DescriptorPool:
    """A contract that breaks each rule once."""
    pool = descriptor_pool.DescriptorPool()
    for dependency in (
        "google/protobuf/timestamp.proto",
        "google/protobuf/descriptor.proto",
        "kontor/options/v1/options.proto",
    ):
        found = descriptor_pool.Default().FindFileByName(dependency)
        copy = descriptor_pb2.FileDescriptorProto()
        found.CopyToProto(copy)
        pool.Add(copy)
    file = descriptor_pb2.FileDescriptorProto(
        name="broken.proto", package="broken", dependency=["kontor/options/v1/options.proto"], syntax="proto3"
    )
    request = file.message_type.add(name="Request")
    field = request.field.add(name="email", number=1, type=9, label=1)
    both = request.field.add(name="both", number=2, type=9, label=1)
    both.options.Extensions[options_pb2.plain] = True
    both.options.Extensions[options_pb2.personal].category = options_pb2.CATEGORY_IDENTITY
    assert field is not None
    silent = file.message_type.add(name="Silent")
    masked = silent.field.add(name="note", number=1, type=9, label=1)
    masked.options.Extensions[options_pb2.personal].hidden_from.extend(["king", "service"])
    service = file.service.add(name="Broken")
    open_to_all = service.method.add(name="Open", input_type=".broken.Request", output_type=".broken.Silent")
    open_to_all.options.Extensions[options_pb2.access].public = True
    service.method.add(name="Bare", input_type=".broken.Request", output_type=".broken.Request")
    wrong = service.method.add(name="Wrong", input_type=".broken.Request", output_type=".broken.Request")
    wrong.options.Extensions[options_pb2.access].roles.append("king")
    wrong.options.Extensions[options_pb2.access].own = "contact_id"
    wide = service.method.add(name="Wide", input_type=".broken.Request", output_type=".broken.Request")
    rule = wide.options.Extensions[options_pb2.access]
    rule.roles.extend(["customer", "agent"])
    rule.own, rule.purpose = "email", options_pb2.PURPOSE_SERVICE
    silent_rule = options_pb2.Access()
    silent_rule.CopyFrom(rule)
    for role, scope in (("king", 1), ("agent", 0), ("agent", 3), ("customer", 4)):
        rule.rows.add(role=role, scope=scope)
    mute = service.method.add(name="Mute", input_type=".broken.Request", output_type=".broken.Request")
    mute.options.Extensions[options_pb2.access].CopyFrom(silent_rule)
    pool.Add(file)
    return pool


def test_the_rules_notice_what_breaks_them(broken: descriptor_pool.DescriptorPool) -> None:
    bare = broken.FindMethodByName("broken.Broken.Bare")
    wrong = broken.FindMethodByName("broken.Broken.Wrong")
    request = broken.FindMessageTypeByName("broken.Request")
    assert access_faults(bare, {"agent"}) == ["has no access rule"]
    assert access_faults(wrong, {"agent"}) == [
        "names no purpose",
        "own: contact_id is no field of the request",
        "role king is not in the realm",
    ]
    assert access_faults(broken.FindMethodByName("broken.Broken.Wide"), {"agent", "customer"}) == [
        "rows: king may not call at all",
        "rows: agent is named twice",
        "rows: agent has no scope",
        "rows: a customer who reaches all has no own contact to name",
    ]
    assert access_faults(broken.FindMethodByName("broken.Broken.Mute"), {"agent", "customer"}) == [
        "rows: does not say which rows a customer reaches"
    ]
    assert idempotency_faults(bare)
    assert class_faults(request.fields_by_name["email"])
    assert class_faults(request.fields_by_name["both"])
    assert event_faults(request) == ["both is personal"]
    assert mask_faults(broken.FindMessageTypeByName("broken.Silent"), {"agent", "service"}) == [
        "note: role king is not in the realm",
        "note: services work for people whose masks they cannot know",
        "has masks and no repeated string masked_fields",
    ]
    assert open_mask_faults(broken.FindMethodByName("broken.Broken.Open"))
