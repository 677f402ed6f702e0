"""Customer and staff come in through the provider, in their language, and a wrong password lets nobody in."""

from __future__ import annotations

from tests.e2e.check import holds, same
from tests.e2e.realm import PASSWORD
from tests.e2e.sso.world import Counts, World


def run(world: World) -> Counts:
    doors = {
        "customer": f"{world.portal}/tickets",
        "agent": f"{world.gateway}/tickets",
        "marketer": f"{world.gateway}/campaigns",
        "dpo": f"{world.gateway}/requests",
    }
    for name, url in doors.items():
        with world.visitor() as visitor:
            world.log_in(visitor, url, name)
            shown = visitor.page.locator("summary.k-account").inner_text()
            holds(f"{name.title()} Sonnenau" in shown, f"the page of {name} shows {shown!r}")
            cookies = {cookie.get("name"): cookie for cookie in visitor.page.context.cookies(url)}
            logins = [cookie for found, cookie in cookies.items() if found and found.endswith("-login")]
            same(
                [cookie.get("httpOnly") for cookie in logins], [True], "the login cookie is closed to scripts"
            )
    _wrong_password(world)
    _languages(world)
    return {"logins": len(doors)}


def _wrong_password(world: World) -> None:
    with world.visitor() as visitor:
        visitor.open(f"{world.portal}/tickets")
        visitor.page.fill("#username", world.email("customer"))
        visitor.page.fill("#password", f"{PASSWORD}!")
        visitor.page.click("#kc-login")
        visitor.page.wait_for_load_state()
        holds(visitor.is_asked, "a wrong password leads nowhere")
        same(visitor.page.input_value("#username"), world.email("customer"), "the name that was typed")
        holds(not visitor.sees(f"{world.portal}/tickets"), "a wrong password opened a session")


def _languages(world: World) -> None:
    """The page that the person comes from decides, not the browser."""
    for language, word in {"de": "Passwort", "en": "Password"}.items():
        with world.visitor() as visitor:
            visitor.open(f"{world.issuer}/protocol/openid-connect/auth?{_question(world, language)}")
            text = visitor.page.locator("body").inner_text()
            holds(word in text, f"the {language} sign-in page says {text[:200]!r}")
            same(visitor.page.locator("html").get_attribute("lang"), language, "the page's language")


def _question(world: World, language: str) -> str:
    return (
        f"response_type=code&client_id=kontor-portal&scope=openid&state=s&ui_locales={language}"
        f"&redirect_uri={world.portal}/login/callback&code_challenge={'a' * 43}&code_challenge_method=S256"
    )
