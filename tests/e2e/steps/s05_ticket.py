"""Step 5: a customer logs in, sees what is held, asks something; an agent answers; the customer reads it."""

from __future__ import annotations

from kernel.web.i18n import phone
from tests.e2e.browser import Browser, Page
from tests.e2e.check import holds, same
from tests.e2e.realm import PASSWORD
from tests.e2e.world import Counts, World

QUESTION_SUBJECT = "Frage zur Lieferung der Schlehentorte"
QUESTION = "Guten Tag,\nkommt die Schlehentorte noch vor dem Wochenende an?\nDie Klingel am Tor ist kaputt."
ANSWER = "Ja, der Fahrer ist am Freitag da.\nEr klopft am Küchenfenster."
SECOND_QUESTION = "Vielen Dank, das Küchenfenster steht offen."


def run(world: World) -> Counts:
    world.texts += [QUESTION_SUBJECT, QUESTION, ANSWER, SECOND_QUESTION]
    customer = world.people.customer
    world.customer_login = world.realm.create_account(
        customer.email, given=customer.given, family=customer.family
    )
    with Browser() as browser, Browser() as desk:
        held = _see_own_data(world, browser)
        ticket = _ask(world, browser)
        world.ticket_id = ticket.path.rpartition("/")[2]
        _answer(world, desk)
        _read(browser, ticket.url)
    return {"shown_values": held, "messages": 3}


def log_in(browser: Browser, start: str, email: str) -> Page:
    """From a page that asks for it, through the provider's form, back to the page (code + PKCE)."""
    page = browser.get(start)
    holds("code_challenge=" in page.url and "S256" in page.url, "the page asks with PKCE")
    return page.form(field="password").submit(username=email, password=PASSWORD)


def _see_own_data(world: World, browser: Browser) -> int:
    customer = world.people.customer
    page = log_in(browser, f"{world.portal}/rights", customer.email)
    same((page.status, page.path), (200, "/rights"), "where the login leads")
    shown = (
        customer.given,
        customer.family,
        customer.email,
        phone(customer.phone_e164),
        customer.street,
        customer.city,
    )
    for value in (*shown, *customer.note.splitlines()):
        holds(value in page.text, f"'Ihr Recht' does not show {value!r}")
    stranger = world.people.google[31]
    holds(
        stranger.family not in page.text and stranger.email not in page.text, "somebody else's data is shown"
    )
    return len(shown)


def _ask(world: World, browser: Browser) -> Page:
    form = browser.get(f"{world.portal}/tickets/new").form(field="subject")
    page = form.submit(subject=QUESTION_SUBJECT, body=QUESTION)
    same(page.status, 200, "opening a ticket")
    holds(page.path.startswith("/tickets/") and QUESTION_SUBJECT in page.text, "the new ticket is shown")
    # The browser's "send again?" after a reload: the form's request id makes it one ticket.
    again = form.submit(subject=QUESTION_SUBJECT, body=QUESTION)
    same(again.path, page.path, "the same form sent a second time")
    return page


def _answer(world: World, desk: Browser) -> None:
    """In the gateway: the agent finds the ticket in the queue and replies."""
    queue = log_in(desk, f"{world.gateway}/tickets", world.login_of("agent"))
    holds(QUESTION_SUBJECT in queue.text, "the ticket is in the agent's queue")
    page = desk.get(f"{world.gateway}/tickets/{world.ticket_id}")
    holds("Schlehentorte noch vor dem Wochenende" in page.text, "the agent reads the question")
    holds(world.people.customer.family in page.text, "the agent sees who asks")
    answered = page.form(field="body").submit(body=ANSWER)
    same(answered.status, 200, "sending the answer")
    holds("klopft am Küchenfenster" in answered.text, "the answer is part of the conversation")


def _read(browser: Browser, ticket_url: str) -> None:
    page = browser.get(ticket_url)
    holds("klopft am Küchenfenster" in page.text, "the customer reads the answer")
    done = page.form(field="body").submit(body=SECOND_QUESTION)
    holds(SECOND_QUESTION in done.text, "the customer's second message is shown")
