"""What the steps share: the stack, its doors, and what earlier steps left for later ones."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from tests.e2e.calls import Caller
from tests.e2e.files import ImportFile, google_file, outlook_file
from tests.e2e.kills import Kills
from tests.e2e.mailbox import Mailbox
from tests.e2e.people import People, Person, invent
from tests.e2e.realm import Realm
from tests.e2e.running import Running

Counts = dict[str, int | float | str]
TOPIC = "newsletter"
STAFF = ("agent", "marketer", "dpo", "manager")


@dataclass
class World:
    """One run."""

    running: Running
    say: Callable[[str], None]
    people: People = field(default_factory=invent)
    # Filled by the steps. Contacts by the address (or the number, where there is none) they came with.
    contact_ids: dict[str, str] = field(default_factory=dict)
    visitor_id: str = ""
    audience_id: str = ""
    template_id: str = ""
    campaign_id: str = ""
    ticket_id: str = ""
    customer_login: str = ""
    # Free texts that somebody typed: they must stay in the database of their service.
    texts: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.env = self.running.env()
        self.realm = Realm(self.running)
        self.mailbox = Mailbox(self.env["KONTOR_MAIL_URL"])
        self.kills = Kills(self.running)
        self.portal = self.env["KONTOR_PORTAL_URL"]
        self.gateway = self.env["KONTOR_GATEWAY_URL"]

    @cached_property
    def google(self) -> ImportFile:
        return google_file(self.people)

    @cached_property
    def outlook(self) -> ImportFile:
        return outlook_file(self.people)

    @cached_property
    def service(self) -> Caller:
        """The portal's own account: what the pages use for visitors."""
        return Caller(self.env, self.realm.service("portal"))

    @cached_property
    def agent(self) -> Caller:
        return self._staff("agent")

    @cached_property
    def marketer(self) -> Caller:
        return self._staff("marketer")

    @cached_property
    def dpo(self) -> Caller:
        return self._staff("dpo")

    def login_of(self, role: str) -> str:
        """The address with which the staff member of this role logs in."""
        return f"{role}@haus.example"

    def hire(self) -> None:
        """Accounts for the staff of this run."""
        for role in STAFF:
            person = self.people.agent
            self.realm.create_account(
                self.login_of(role), given=person.given, family=person.family, roles=[role]
            )

    def contact_id(self, person: Person) -> str:
        return self.contact_ids[person.email or person.phone]

    def _staff(self, role: str) -> Caller:
        return Caller(self.env, self.realm.person(self.login_of(role)))
