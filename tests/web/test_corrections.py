"""What a correction changes: only what is different, with what stood there."""

from flask import Flask
from kontor.contacts.v1.contacts_pb2 import Contact
from werkzeug.datastructures import MultiDict

from kernel.web.corrections import CORRECTABLE, OTHER, corrections_in, standing
from services.gateway.requests.forms import Correcting
from services.portal.rights.forms import Corrections

GROSS = Contact(given_name="Zoë", family_name="Groß", email="zoe@example.org", city="Ulm", note="heimlich")
FORMS = (Corrections, Correcting)


def written(**changes: str) -> list[list[tuple[str, str, str]]]:
    """What portal and desk understand of the same form."""
    found = []
    with Flask("forms").test_request_context():
        for kind in FORMS:
            form = kind(MultiDict({**standing(GROSS), **changes}), meta={"csrf": False})
            found.append([(c.field, c.before, c.after) for c in corrections_in(form, GROSS)])
    return found


def test_portal_and_desk_understand_the_same_of_the_same_form() -> None:
    for changes, expected in (
        ({}, []),
        ({"city": " Köln "}, [("city", "Ulm", "Köln")]),
        ({"email": ""}, [("email", "zoe@example.org", "")]),
        ({"given_name": "Zoë ", OTHER: " \n"}, []),
        (
            {"phone": "0301", OTHER: "Mein Titel:\r\nDr."},
            [("phone", "", "0301"), (OTHER, "", "Mein Titel:\nDr.")],
        ),
    ):
        assert written(**changes) == [expected, expected]


def test_what_no_form_shows_is_no_part_of_a_correction() -> None:
    assert "note" not in standing(GROSS)
    for kind in FORMS:
        fields = [f for f in CORRECTABLE if hasattr(kind, f)]
        assert [*fields, OTHER] == [*CORRECTABLE, OTHER]
        assert hasattr(kind, OTHER)
