"""From what a holder declares to the lines of the record: its personal columns by purpose."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from itertools import groupby

from kontor.options.v1 import options_pb2
from kontor.privacy.v1 import holder_pb2

from services.privacy.processing.model import Described, Line


def described(answer: bytes, at: datetime) -> Described:
    """A holder's answer as it was kept."""
    message = holder_pb2.DescribeResponse.FromString(answer)
    lines = [line for each in message.datasets for line in _lines(message.holder, each)]
    return Described(message.holder, lines, at)


def _lines(holder: str, dataset: holder_pb2.Dataset) -> Iterator[Line]:
    columns = sorted((c for c in dataset.columns if c.personal), key=lambda c: (c.purpose, c.name))
    for purpose, group in groupby(columns, key=lambda c: c.purpose):
        declared = list(group)
        yield Line(
            purpose=_key(options_pb2.Purpose.Name(purpose), "PURPOSE_"),
            holder=holder,
            dataset=dataset.name,
            categories=sorted({options_pb2.Category.Name(c.category) for c in declared}),
            bases=sorted({holder_pb2.Basis.Name(c.basis) for c in declared}),
            columns=[c.name for c in declared],
            retention=dataset.retention,
        )


def _key(name: str, prefix: str) -> str:
    return name.removeprefix(prefix).lower()
