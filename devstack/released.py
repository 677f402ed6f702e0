"""What buf does not see of a broken promise: who may no longer call, and which values are no longer valid.

python -m devstack.released proto/released/v1.binpb     compares the present contract with a released one
"""

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorSet,
    MethodDescriptorProto,
)
from kontor.options.v1 import options_pb2

ROOT = Path(__file__).resolve().parents[1]
# Rules that refuse more when they are switched on, and `multiline`, which refuses more when it is switched off.
_SWITCHES = ("required", "uuid", "email", "defined", "language")


def present() -> FileDescriptorSet:
    """The contract as it stands in `proto/`."""
    buf = Path(sys.executable).with_name("buf")
    image = subprocess.run([buf, "build", "-o", "-"], cwd=ROOT, check=True, capture_output=True).stdout
    return FileDescriptorSet.FromString(image)


def narrowed(released: FileDescriptorSet, now: FileDescriptorSet) -> Iterator[str]:
    """Every promise of the released contract that the present one no longer keeps."""
    methods, fields = _methods(now), _fields(now)
    for name, method in _methods(released).items():
        if name in methods:
            yield from (f"{name} {fault}" for fault in _access(method, methods[name]))
    for name, field in _fields(released).items():
        if name in fields:
            yield from (f"{name} {fault}" for fault in _rules(field, fields[name]))


def _access(old: MethodDescriptorProto, new: MethodDescriptorProto) -> Iterator[str]:
    before, after = (method.options.Extensions[options_pb2.access] for method in (old, new))
    if before.public and not after.public:
        yield "needs a token now"
    if "integrator" in before.roles and not after.public:
        if "integrator" not in after.roles:
            yield "may no longer be called by integrators"
        if before.purpose != after.purpose:
            yield "has another purpose, for which its callers may have no right"


def _rules(old: FieldDescriptorProto, new: FieldDescriptorProto) -> Iterator[str]:
    before, after = (field.options.Extensions[options_pb2.rules] for field in (old, new))
    for switch in _SWITCHES:
        if getattr(after, switch) and not getattr(before, switch):
            yield f"must be {switch} now"
    if old.options.HasExtension(options_pb2.rules) and before.multiline and not after.multiline:
        yield "may no longer have line breaks"
    for bound in ("max_len", "max_items"):
        # Zero means that there is no bound.
        if getattr(after, bound) and not 0 < getattr(before, bound) <= getattr(after, bound):
            yield f"has a smaller {bound}"
    if after.min_items > before.min_items:
        yield "has a larger min_items"
    if after.HasField("minimum") and not (before.HasField("minimum") and before.minimum >= after.minimum):
        yield "has a larger minimum"
    if after.HasField("maximum") and not (before.HasField("maximum") and before.maximum <= after.maximum):
        yield "has a smaller maximum"


def _methods(contract: FileDescriptorSet) -> Mapping[str, MethodDescriptorProto]:
    return {
        f"{file.package}.{service.name}.{method.name}": method
        for file in contract.file
        for service in file.service
        for method in service.method
    }


def _fields(contract: FileDescriptorSet) -> Mapping[str, FieldDescriptorProto]:
    return {
        f"{name}.{field.name}": field
        for file in contract.file
        if file.package.startswith("kontor.")
        for top in file.message_type
        for name, message in _with_nested(f"{file.package}.{top.name}", top)
        for field in message.field
    }


def _with_nested(name: str, message: DescriptorProto) -> Iterator[tuple[str, DescriptorProto]]:
    yield name, message
    for nested in message.nested_type:
        yield from _with_nested(f"{name}.{nested.name}", nested)


def main() -> int:
    """Answers the exit code."""
    released = FileDescriptorSet.FromString(Path(sys.argv[1]).read_bytes())
    faults = list(narrowed(released, present()))
    for fault in faults:
        print(fault)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
