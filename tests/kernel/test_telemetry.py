"""Logs: only fields on the list, never an exception's text, one JSON object a line."""

import asyncio
import json
import logging
from collections.abc import Iterator

import pytest

from kernel.telemetry import REDACTED, _JsonFormatter, get_logger, place_of

ADDRESS = "anna.krueger@example.org"


class Lines(logging.Handler):
    """Keeps what would be printed."""

    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(_JsonFormatter())
        self.text: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.text.append(self.format(record))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    logging.getLogger().addHandler(handler)
    yield handler
    logging.getLogger().removeHandler(handler)


def test_fields_that_are_not_on_the_list_are_redacted(lines: Lines) -> None:
    get_logger("kontor.test").warning("import refused", count=3, email=ADDRESS, note=ADDRESS)
    line = json.loads(lines.text[0])
    assert (line["event"], line["count"]) == ("import refused", 3)
    assert (line["email"], line["note"]) == (REDACTED, REDACTED)


def test_long_values_are_cut(lines: Lines) -> None:
    get_logger("kontor.test").error("odd", reason="x" * 10_000)
    assert len(json.loads(lines.text[0])["reason"]) == 200


def test_the_text_of_an_exception_is_never_shown(lines: Lines) -> None:
    try:
        raise ValueError(f"duplicate key ({ADDRESS})")
    except ValueError as error:
        place = place_of(error)
        logging.getLogger("another.library").exception("insert failed")
    assert place["error"] == "ValueError"
    assert place["function"] == "test_the_text_of_an_exception_is_never_shown"
    (line,) = lines.text
    assert ADDRESS not in line
    assert json.loads(line)["error"] == "ValueError"


@pytest.mark.parametrize(
    ("text", "arguments", "shown"),
    [
        ("sent to %s", (ADDRESS,), "sent to %s"),
        (f"sent: {ADDRESS}", (), "sent"),
        (f"<{ADDRESS}> refused", (), ""),
        (f"Task failed\nfuture: <Task {ADDRESS}>", (), "Task failed"),
        (f"value='{ADDRESS}'", (), "value"),
    ],
)
def test_records_of_others_show_their_constant_part(
    lines: Lines, text: str, arguments: tuple[str, ...], shown: str
) -> None:
    logging.getLogger("another.library").error(text, *arguments)
    (line,) = lines.text
    assert ADDRESS not in line
    assert json.loads(line)["event"] == shown


async def test_a_forgotten_task_does_not_spell_out_its_failure(lines: Lines) -> None:
    async def fail() -> None:
        raise ValueError(ADDRESS)

    task = asyncio.ensure_future(fail())
    await asyncio.sleep(0)
    loop = asyncio.get_running_loop()
    loop.default_exception_handler(
        {"message": "Task exception was never retrieved", "exception": task.exception(), "future": task}
    )
    (line,) = lines.text
    assert ADDRESS not in line
    assert json.loads(line)["event"] == "Task exception was never retrieved"
