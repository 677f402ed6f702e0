"""What can be chosen is everything that there is, also what stands on a later page of the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from kontor.campaigns.v1 import campaigns_pb2 as m
from kontor.contacts.v1 import contacts_pb2 as c
from kontor.privacy.v1.privacy_pb2 import ConsentText, ListConsentTextsResponse

from tests.gateway.conftest import LogIn
from tests.web.neighbours import Neighbours


def _in_two_pages(answer: Callable[..., Any], field: str, item: Callable[..., Any]) -> Callable[[Any], Any]:
    """The first page holds nobody of interest; "Zuletzt" stands on the second."""

    def page(request: Any) -> Any:
        if request.page_token:
            return answer(**{field: [item(id="last", name="Zuletzt")]})
        return answer(**{field: [item(id="first", name="Anfang")]}, next_page_token="more")

    return page


@pytest.mark.parametrize(
    ("role", "path"), [("agent", "/contacts"), ("agent", "/contacts/new"), ("marketer", "/audiences/new")]
)
def test_every_organisation_can_be_chosen(
    log_in: LogIn, neighbours: Neighbours, role: str, path: str
) -> None:
    neighbours.answers["Contacts.ListOrganisations"] = _in_two_pages(
        c.ListOrganisationsResponse, "organisations", c.Organisation
    )
    texts = ListConsentTextsResponse(texts=[ConsentText(topic="newsletter", title="Newsletter")])
    neighbours.answers["Consents.ListConsentTexts"] = lambda _: texts
    assert '<option value="last">Zuletzt</option>' in log_in(role).get(path).text


def test_every_template_and_audience_can_be_chosen(log_in: LogIn, neighbours: Neighbours) -> None:
    neighbours.answers["Templates.ListTemplates"] = _in_two_pages(
        m.ListTemplatesResponse, "templates", m.Template
    )
    neighbours.answers["Audiences.ListAudiences"] = _in_two_pages(
        m.ListAudiencesResponse, "audiences", m.Audience
    )
    assert log_in("marketer").get("/campaigns/new").text.count(">Zuletzt<") == 2


def test_a_copy_of_what_is_no_template_is_not_found(log_in: LogIn, neighbours: Neighbours) -> None:
    assert log_in("marketer").get("/templates/new?from=nonsense").status_code == 404


@pytest.mark.parametrize(("language", "word"), [("de", "Abbestellen"), ("en", "Unsubscribe")])
def test_a_new_template_begins_in_the_language_that_it_is_marked_with(
    log_in: LogIn, neighbours: Neighbours, language: str, word: str
) -> None:
    page = log_in("marketer", language=language).get("/templates/new").text
    assert word in page.split("<textarea", 1)[1]
    assert f'<option selected value="{language}">' in page
