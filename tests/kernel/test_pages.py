"""Page tokens: nobody makes one, and none works for another list, filter or caller."""

import base64

import pytest
from kontor.tickets.v1 import tickets_pb2

from kernel.errors import InvalidArgument
from kernel.pages import Pages, page_size

PAGES = Pages("a secret of at least 32 letters!!")
LIST = tickets_pb2.ListTicketsRequest(owner_id="jana", page_size=10)


def asked(token: str, **changes: object) -> tickets_pb2.ListTicketsRequest:
    request = tickets_pb2.ListTicketsRequest(owner_id="jana", page_size=10, page_token=token)
    request.MergeFrom(tickets_pb2.ListTicketsRequest(**changes))  # type: ignore[arg-type]
    return request


def test_a_token_leads_back_to_its_position() -> None:
    token = PAGES.token(LIST, ["Müller", 17])
    assert PAGES.position(asked(token)) == ["Müller", 17]


def test_the_first_page_needs_none() -> None:
    assert PAGES.position(LIST) is None


def test_the_page_size_may_change_between_pages() -> None:
    assert PAGES.position(asked(PAGES.token(LIST, [17]), page_size=50)) == [17]


def flipped(token: str) -> str:
    raw = bytearray(base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)))
    raw[-1] ^= 1
    return base64.urlsafe_b64encode(bytes(raw)).decode().rstrip("=")


@pytest.mark.parametrize(
    "token",
    [
        "x",
        "ä",
        "AAAA",
        "%%%",
        base64.urlsafe_b64encode(b"\0" * 16 + b"[17]").decode(),
        flipped(PAGES.token(LIST, [17])),
        Pages("another secret of 32 letters and more").token(LIST, [17]),
    ],
)
def test_a_forged_token_is_refused(token: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        PAGES.position(asked(token))
    assert refused.value.reason == "PAGE_TOKEN_INVALID"


@pytest.mark.parametrize("changes", [{"owner_id": "ben"}, {"states": [1]}, {"contact_id": "x"}])
def test_a_token_of_another_filter_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(InvalidArgument):
        PAGES.position(asked(PAGES.token(LIST, [17]), **changes))


def test_a_token_of_another_list_is_refused() -> None:
    other = tickets_pb2.ListMessagesRequest()
    other.page_token = PAGES.token(tickets_pb2.ListTicketsRequest(), [17])
    with pytest.raises(InvalidArgument):
        PAGES.position(other)


def test_no_size_means_the_default() -> None:
    assert (page_size(0), page_size(7), page_size(0, default=20)) == (50, 7, 20)
