"""Foreign lists as they come: every encoding and separator, a head or none, huge, empty, hostile."""

from types import SimpleNamespace

import pytest
from kontor.privacy.v1 import privacy_pb2

from services.gateway.suppressions import lists

OUTCOME = privacy_pb2.SuppressionOutcome


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every address that reaches the service, which takes what has an @ or digits."""
    values: list[str] = []

    def take(asked: privacy_pb2.ImportSuppressionsRequest) -> privacy_pb2.ImportSuppressionsResponse:
        assert 1 <= len(asked.addresses) <= 1000
        values.extend(address.value for address in asked.addresses)
        good = ["@" in address.value or address.value[-1].isdigit() for address in asked.addresses]
        return privacy_pb2.ImportSuppressionsResponse(
            outcomes=[
                OUTCOME.SUPPRESSION_OUTCOME_ADDED if each else OUTCOME.SUPPRESSION_OUTCOME_INVALID
                for each in good
            ]
        )

    stub = SimpleNamespace(suppressions=SimpleNamespace(ImportSuppressions=take))
    monkeypatch.setattr(lists, "clients", lambda: stub)
    return values


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"a@example.org\nb@example.org\n", ["a@example.org", "b@example.org"]),
        ("\ufeffName;E-Mail\r\nJörg;j@example.org\r\n".encode(), ["j@example.org"]),
        ("Name,E-Mail\nJörg,jörg@example.org\n".encode("latin-1"), ["jörg@example.org"]),
        ("E-Mail\nj@example.org\n".encode("utf-16"), ["j@example.org"]),
        (b"Adresse\na@example.org", ["a@example.org"]),
        (b"Name;PLZ;Telefon\nAnna;10115;030 123456\n", ["030 123456"]),
        (b'"a@example.org";"x"\n\n ; \n"b@example.org"', ["a@example.org", "b@example.org"]),
    ],
)
def test_lists_are_read_as_they_come(content: bytes, expected: list[str], sent: list[str]) -> None:
    result = lists.take_over(content, privacy_pb2.CHANNEL_EMAIL)
    assert sent == expected
    assert (result.added, result.invalid) == (len(expected), 0)


def test_wrong_lines_are_named_by_their_number_and_stop_nothing(sent: list[str]) -> None:
    content = "E-Mail\na@example.org\n=cmd|'/C calc'!A\n" + "x" * 400 + "@example.org\nb@example.org\n"
    result = lists.take_over(content.encode(), privacy_pb2.CHANNEL_EMAIL)
    assert (result.added, result.invalid, result.invalid_lines) == (2, 2, [3, 4])


def test_a_huge_list_goes_in_parts(sent: list[str]) -> None:
    content = "".join(f"{number}@example.org\n" for number in range(120_001)).encode()
    result = lists.take_over(content, privacy_pb2.CHANNEL_EMAIL)
    assert result.added == len(sent) == 120_001


@pytest.mark.parametrize("content", [b"a\0b@example.org", b"\xff\xfea", b'"' + b"a" * 200_000])
def test_what_is_no_list_is_refused(content: bytes, sent: list[str]) -> None:
    with pytest.raises(lists.Unreadable):
        lists.take_over(content, privacy_pb2.CHANNEL_EMAIL)
    assert sent == []
