"""What the steps share: a running stack, a real browser, and people with accounts at the identity provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from playwright.sync_api import Browser, Page, Response

from tests.e2e.authenticator import Authenticator
from tests.e2e.check import holds, same
from tests.e2e.login_page import sign_in
from tests.e2e.realm import PASSWORD, Realm
from tests.e2e.running import Running

Counts = dict[str, int | float]
PEOPLE = {"customer": [], "agent": ["agent"], "marketer": ["marketer"], "dpo": ["dpo"], "admin": ["admin"]}
# A busy machine may let a page wait; a page that waits longer than this hangs.
PATIENCE_MS = 30_000


@dataclass
class Visitor:
    """Somebody at a browser of their own, German, with nothing in it."""

    page: Page
    origin: str

    def open(self, url: str) -> Response:
        """Go there, redirects followed; answers what came in the end."""
        answer = self.page.goto(url)
        assert answer is not None, "only an address with a fragment alone has no answer"
        return answer

    def sign_in(self, email: str, app: Authenticator | None = None) -> None:
        sign_in(self.page, email, PASSWORD, app=app)
        self.page.wait_for_load_state()

    @property
    def is_asked(self) -> bool:
        """Whether the browser stands before the provider's sign-in page."""
        return self.page.url.startswith(self.origin) and self.page.locator("#username").count() == 1

    def sees(self, url: str) -> bool:
        """Whether a page shows itself without a sign-in."""
        return self.open(url).ok and self.page.url == url

    def log_out(self) -> None:
        """By the menu, as a person does."""
        self.page.locator("details.k-menu > summary.k-account").click()
        self.page.locator("form[action='/logout'] button").first.click()
        self.page.wait_for_load_state()


@dataclass
class World:
    """One run."""

    running: Running
    chromium: Browser
    say: Callable[[str], None]

    def __post_init__(self) -> None:
        self.env = env = self.running.env()
        self.portal, self.gateway = env["KONTOR_PORTAL_URL"], env["KONTOR_GATEWAY_URL"]
        self.issuer = env["KONTOR_OIDC_ISSUER"]
        self.realm = Realm(self.running)
        self.ids = {
            name: self.realm.create_account(
                self.email(name), given=name.title(), family="Sonnenau", roles=roles
            )
            for name, roles in PEOPLE.items()
        }

    def email(self, name: str) -> str:
        return f"{name}@anmeldung.example"

    def login_of(self, role: str) -> str:
        """The address of somebody with just this role."""
        return self.email(next(name for name, roles in PEOPLE.items() if list(roles) == [role]))

    def app(self, name: str) -> Authenticator | None:
        """The person's authenticator app, for those who need one."""
        return self.realm.apps.get(self.email(name))

    @contextmanager
    def visitor(self) -> Iterator[Visitor]:
        """A browser without a past."""
        context = self.chromium.new_context(locale="de-DE", viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE_MS)
        yield Visitor(context.new_page(), self.issuer.partition("/realms/")[0])
        context.close()

    def log_in(self, visitor: Visitor, url: str, name: str) -> None:
        """From a page that asks for it, through the provider, back to that page."""
        visitor.open(url)
        holds(visitor.is_asked, f"{url} asks to sign in, but the browser is at {visitor.page.url}")
        visitor.sign_in(self.email(name), self.app(name))
        same(visitor.page.url, url, f"where the sign-in of {name} leads")
