"""Short lists that several areas choose from: organisations, topics, audiences, templates of mails."""

from __future__ import annotations

from flask_babel import get_locale, ngettext
from kontor.campaigns.v1.campaigns_pb2 import (
    Audience,
    ListAudiencesRequest,
    ListTemplatesRequest,
    Template,
)
from kontor.contacts.v1.contacts_pb2 import ListOrganisationsRequest, Organisation
from kontor.privacy.v1.customers_pb2 import ListSoldCategoriesRequest
from kontor.privacy.v1.privacy_pb2 import ListConsentTextsRequest

from kernel.web.paging import every_item
from services.gateway.clients import clients, unless_down
from services.gateway.session import may

_PAGE = 200


def organisations() -> list[Organisation]:
    """All of them; none while the service is down: the rest of a form can still be filled in."""
    asked, stub = ListOrganisationsRequest(page_size=_PAGE), clients().contacts
    found = unless_down(
        lambda: every_item(stub.ListOrganisations, asked, lambda answer: list(answer.organisations))
    )
    return found or []


def topics() -> dict[str, str]:
    """The title of each topic in the language of the page; none for roles that may not see them."""
    if not may("Consents.ListConsentTexts"):
        return {}
    asked = ListConsentTextsRequest(language=str(get_locale()))
    answer = unless_down(lambda: clients().consents.ListConsentTexts(asked))
    return {text.topic: text.title for text in answer.texts} if answer is not None else {}


def sold_categories() -> list[tuple[str, str]]:
    """What has been sold, with how many customers; none while the service is down: a form can do without."""
    answer = unless_down(lambda: clients().customers.ListSoldCategories(ListSoldCategoriesRequest()))
    if answer is None:
        return []
    return [
        (
            each.category,
            ngettext(
                "%(category)s: %(num)s customer",
                "%(category)s: %(num)s customers",
                each.customers,
                category=each.category,
            ),
        )
        for each in answer.categories
    ]


def audiences() -> list[Audience]:
    """All of them, newest first as the service answers them."""
    asked = ListAudiencesRequest(page_size=_PAGE)
    return every_item(clients().audiences.ListAudiences, asked, lambda answer: list(answer.audiences))


def templates() -> list[Template]:
    """All of them, newest first as the service answers them."""
    asked = ListTemplatesRequest(page_size=_PAGE)
    return every_item(clients().templates.ListTemplates, asked, lambda answer: list(answer.templates))
