"""Lists shown as a whole: every page is asked for, and a list without an end is cut."""

from __future__ import annotations

from kontor.tickets.v1.tickets_pb2 import ListMessagesRequest, ListMessagesResponse, Message

from kernel.web.paging import MOST_PAGES, every_item


def answer_of(last: int) -> tuple[list[str], list[Message]]:
    asked: list[str] = []

    def ask(request: ListMessagesRequest) -> ListMessagesResponse:
        asked.append(request.page_token)
        number = len(asked)
        return ListMessagesResponse(
            messages=[Message(id=str(number))], next_page_token=str(number) if number < last else ""
        )

    found = every_item(ask, ListMessagesRequest(ticket_id="t"), lambda answer: list(answer.messages))
    return asked, found


def test_the_newest_message_is_on_the_last_page_and_is_shown() -> None:
    asked, found = answer_of(3)
    assert asked == ["", "1", "2"]
    assert [m.id for m in found] == ["1", "2", "3"]


def test_a_list_that_does_not_end_is_cut() -> None:
    _, found = answer_of(10_000)
    assert len(found) == MOST_PAGES
