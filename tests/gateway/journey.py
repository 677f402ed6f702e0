"""The ways of the people who work here, through a real browser: each does the day's work on the demo data."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.e2e.login_page import demo_app, sign_in

PASSWORD = "kontor-demo"
# All services work on a request; on a busy machine that takes its time.
_PATIENCE_MS = 90_000
_RECORD = re.compile(r"/[0-9a-f]{8}-[0-9a-f-]{27}")

# Called with the name of the page that is open now.
Look = Callable[[str], None]


@dataclass(frozen=True)
class Colleague:
    """Who works, where, and who looks at every page on the way."""

    page: Page
    gateway: str
    look: Look

    def log_in(self, login: str) -> None:
        self.page.goto(f"{self.gateway}/")
        sign_in(self.page, f"{login}@demo.example", PASSWORD, app=demo_app(f"{login}@demo.example"))
        self.page.wait_for_url(f"{self.gateway}/**")
        self.look(f"{login}: home")

    def open(self, path: str, name: str) -> None:
        self.page.goto(f"{self.gateway}{path}")
        self.look(name)

    def first(self, area: str) -> str:
        """The address of the first record that the open page links to."""
        links = self.page.locator("main a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
        return next(str(link) for link in links if re.match(f"{area}{_RECORD.pattern}", link or ""))

    def press(self, name: str, *, button: str = "main form .btn-primary[type=submit]") -> None:
        self.page.locator(button).last.click()
        self.page.wait_for_load_state()
        self.look(name)


def serve_customers(agent: Colleague) -> None:
    """Find somebody by the palette, take a ticket by keys, note, answer, and go on to the next."""
    page = agent.page
    agent.log_in("service")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list .g-hit").first).to_be_visible()
    agent.look("palette")
    page.keyboard.type("annika sommer")
    expect(page.locator("#palette-list .g-hit").first).to_contain_text("Annika Sommer")
    page.keyboard.press("Enter")
    page.wait_for_url("**/contacts/*")
    agent.look("contact")
    page.keyboard.press("Control+k")
    expect(page.locator("#palette-list .g-hit").first).to_contain_text("Annika Sommer")
    page.keyboard.press("Escape")

    agent.open("/tickets?queue=free", "desk")
    page.keyboard.press("n")
    page.wait_for_url("**/tickets/*")
    ticket = page.url.partition("?")[0]
    agent.look("ticket")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    agent.look("keys")
    page.keyboard.press("Escape")
    page.keyboard.press("a")
    expect(page.locator(".k-flash")).to_contain_text("gehört jetzt Ihnen")
    # Keys work as soon as the page's script does.
    page.wait_for_load_state()
    page.keyboard.press("c")
    page.keyboard.type("Nur für uns: heute")
    page.wait_for_timeout(600)
    page.reload()
    # The draft was kept in this tab, and it is still a note.
    expect(page.locator("#body")).to_have_value("Nur für uns: heute")
    expect(page.locator("input[value=note]")).to_be_checked()
    page.click("button[value=next]")
    expect(page.locator(".k-flash")).to_contain_text("Notiz ist gespeichert")
    agent.look("next ticket")
    page.goto(ticket)
    expect(page.locator(".g-message.is-note").last).to_contain_text("heute")
    expect(page.locator("#body")).to_have_value("")
    agent.press("answer without text", button=".g-answer .btn-primary")
    expect(page.locator("#body-error")).to_be_visible()
    agent.open("/campaigns", "closed to service")


def keep_contacts(agent: Colleague, *, folder: Path) -> None:
    """Search while typing, create with an error and without, meet a conflict, import a file."""
    page = agent.page
    agent.open("/contacts", "contacts")
    page.fill("#q", "Somer")
    expect(page.locator("#hits")).to_contain_text("Annika Sommer")
    agent.open("/contacts?city=K%C3%B6ln&with_email=on&order=newest", "contacts, filtered")
    agent.open("/contacts?q=xqzxqz", "contacts, nobody")
    agent.open("/contacts/new", "new contact")
    page.fill("#given_name", "Änne")
    page.fill("#family_name", "Probe heute")
    page.fill("#email", "keine Adresse")
    agent.press("new contact, wrong address")
    expect(page.locator("#email")).to_have_attribute("aria-invalid", "true")
    page.fill("#email", "aenne-heute@post.example")
    agent.press("contact, created")
    _meet_conflict(agent)
    agent.open("/organisations", "organisations")
    agent.open(agent.first("/organisations"), "organisation")
    agent.open("/organisations/new", "new organisation")
    _import(agent, folder=folder)


def _meet_conflict(agent: Colleague) -> None:
    page = agent.page
    page.click("a[href$='/edit']")
    agent.look("edit")
    other = page.context.new_page()
    other.goto(page.url)
    other.fill("#city", "Bonn")
    other.click("main form .btn-primary[type=submit]")
    other.wait_for_load_state()
    other.close()
    page.fill("#city", "Köln")
    agent.press("conflict")
    expect(page.locator(".g-conflict")).to_contain_text("Bonn")
    # What was entered is still there, and storing again settles it.
    expect(page.locator("#city")).to_have_value("Köln")
    agent.press("contact, conflict settled")
    _invite(agent)
    expect(page.locator(".g-pairs").first).to_contain_text("Köln")


def _invite(agent: Colleague) -> None:
    """A link for one more login goes out and is taken back."""
    page = agent.page
    page.click("form[action$='/logins/invite'] button")
    expect(page.locator(".k-flash")).to_contain_text("Die Einladung ist unterwegs")
    agent.look("contact, invited")
    page.click("form[action$='/revoke'] button")
    expect(page.locator(".k-flash")).to_contain_text("Der Link gilt nicht mehr")
    expect(page.locator(".g-logins")).to_contain_text("widerrufen")
    agent.look("contact, invitation revoked")


def _import(agent: Colleague, *, folder: Path) -> None:
    page = agent.page
    file = folder / "neue-heute.csv"
    rows = [
        "Vorname;Nachname;E-Mail",
        "Jörg;Import heute;joerg-heute@post.example",
        "Ute;Falsch;ute(at)nix",
    ]
    file.write_text("\r\n".join(rows), encoding="cp1252")
    agent.open("/imports", "imports")
    agent.open("/imports/new", "upload")
    agent.press("upload without a file")
    page.set_input_files("input[type=file]", str(file))
    agent.press("dry run")
    expect(page.locator(".k-stat").first).to_contain_text("1")
    with page.expect_download() as download:
        page.click("a[href$='rejected.csv']")
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert "die E-Mail-Adresse ist ungültig" in text
    page.click("a[href$='/commit']")
    agent.look("commit")
    agent.press("import, taken over")
    expect(page.locator(".k-flash")).to_contain_text("1 Kontakt ist neu")


def campaign(marketer: Colleague) -> None:
    """A template with its live preview, an audience with its numbers, a campaign to its end."""
    page = marketer.page
    marketer.log_in("marketing")
    marketer.open("/templates", "templates")
    marketer.open(marketer.first("/templates"), "template")
    marketer.open("/templates/new", "new template")
    page.fill("#name", "Vorlage heute")
    page.fill("#subject", "Guten Abend")
    source = page.input_value("#mjml").replace("<mj-text></mj-text>", "<mj-text>Probe heute</mj-text>")
    page.fill("#mjml", source)
    expect(page.frame_locator("iframe[name=preview]").locator("body")).to_contain_text("Probe heute")
    marketer.press("template, stored")
    marketer.open("/audiences", "audiences")
    marketer.open("/audiences/new", "new audience")
    page.fill("#name", "Zielgruppe heute")
    page.select_option("#topic", "events")
    page.fill("#city", "Bonn")
    marketer.press("audience, stored")
    expect(page.locator(".k-stat").first).to_be_visible(timeout=_PATIENCE_MS)
    marketer.look("audience, counted")
    page.click("main a[href^='/campaigns/new']")
    marketer.look("new campaign")
    page.fill("#name", "Kampagne heute")
    page.select_option("#template_id", label="Vorlage heute")
    marketer.press("campaign, draft")
    page.click(".k-head a[href$='/start']")
    marketer.look("start")
    page.click("main form .btn-primary[type=submit]")
    expect(page.locator(".g-strip")).to_contain_text("Beendet", timeout=_PATIENCE_MS)
    marketer.look("campaign, finished")
    marketer.open("/campaigns", "campaigns")


def protect_data(dpo: Colleague) -> None:
    """Look at what a consent rests on, at a plan, give the word, and read the certificate."""
    page = dpo.page
    dpo.log_in("datenschutz")
    dpo.open("/contacts?q=annika+sommer", "contacts")
    contact = dpo.first("/contacts")
    dpo.open(contact, "contact with proofs")
    expect(page.locator(".g-strip")).to_contain_text("Double-Opt-in")
    dpo.open(dpo.first("/consents"), "consent with its evidence")
    dpo.open(f"{contact}/withdraw/newsletter", "withdraw")
    dpo.open("/requests?all=yes", "requests")
    dpo.open("/retention", "deletion concept")
    dpo.open("/suppressions", "suppressions")
    dpo.open("/records", "record of processing")
    dpo.open("/records/activities/service", "context of an activity")
    dpo.press("stored context")
    dpo.open("/breaches", "breaches")
    dpo.open(dpo.first("/breaches"), "breach")
    dpo.open("/privacy", "overview of data protection")
    dpo.open("/assessments", "assessments")
    dpo.open("/assessments/new", "new assessment")
    dpo.press("refused assessment")
    dpo.open("/breaches/new", "new breach")
    dpo.press("refused breach")
    for register in ("transfers", "measures", "processors"):
        dpo.open(f"/registers?register={register}", register)
    dpo.open(dpo.first("/registers"), "register entry")
    dpo.open("/registers/new", "new register entry")
    dpo.press("refused register entry")
    dpo.open("/suppressions/new", "new suppression")
    dpo.open("/contacts?city=Leipzig", "contacts of Leipzig")
    person = dpo.first("/contacts").rpartition("/")[2]
    dpo.open(f"/requests/new?contact_id={person}&kind=erasure", "record a request")
    page.check("input[name=vouched_by][value=in-doubt]")
    page.click(".k-confirm button[type=submit]")
    dpo.look("a request in doubt")
    for act, reason in (("refuse", ""), ("extend", "complexity"), ("verify", "called-back")):
        page.click(f"a[href$='/{act}']")
        dpo.look(f"{act} a request")
        if not reason:
            page.click(".k-confirm a.btn")
            continue
        page.check(f"input[name=reason][value={reason}]")
        page.click(".k-confirm button[type=submit]")
    # The plan comes by itself; the page asks again until it is there.
    expect(page.locator(".g-plan").first).to_be_visible(timeout=_PATIENCE_MS)
    page.reload()
    dpo.look("plan")
    page.click("a.btn-danger")
    dpo.look("last look")
    page.click(".k-confirm button[type=submit]")
    expect(page.locator("a[href$='document.pdf']")).to_be_visible(timeout=_PATIENCE_MS)
    dpo.look("certificate")
    with page.expect_download() as download:
        page.click("a[href$='document.pdf']")
    assert Path(download.value.path()).read_bytes().startswith(b"%PDF")


def administer(admin: Colleague) -> None:
    """See who may do what, for all roles and for one; a masked field says that it is masked."""
    page = admin.page
    admin.log_in("admin")
    admin.open("/rights", "rights")
    expect(page.locator("#role-agent")).to_contain_text("Kundenservice")
    expect(page.locator(".g-people").first).to_contain_text("Jonas Weber")
    page.select_option("#role", "marketer")
    admin.press("rights of one role", button=".g-filter button[type=submit]")
    expect(page.locator("main")).to_contain_text("Contact.note")
    admin.open("/contacts?q=annika+sommer", "contacts")
    admin.open(admin.first("/contacts"), "contact without its note")
    expect(page.locator(".g-masked").first).to_contain_text("nicht für Ihre Rolle")
    page.click("a[href$='/edit']")
    admin.look("edit without the note")
    expect(page.locator("#note")).to_have_count(0)


def look_around(manager: Colleague) -> None:
    """Management sees everything; the pages that nobody else has met yet."""
    manager.log_in("leitung")
    manager.open("/requests", "open requests")
    manager.open("/contacts", "contacts")
    contact = manager.first("/contacts")
    manager.open(f"/tickets/new?contact_id={contact.rpartition('/')[2]}", "new ticket")
    manager.open("/tickets?queue=done", "done tickets")
    manager.open(manager.first("/tickets"), "closed ticket")
    manager.open("/sessions", "own logins")
    manager.open("/no-such-page", "not found")
    manager.open("/?lang=en", "home in English")
    manager.open("/?lang=de", "home in German")
