"""The doors that the demo data goes through: gRPC with tokens from the identity provider, and the mail page."""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
import uuid
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from html import unescape
from typing import TypeVar
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import grpc
import httpx
from kontor.campaigns.v1.campaigns_pb2_grpc import AudiencesStub, CampaignsStub, FormsStub, TemplatesStub
from kontor.contacts.v1.contacts_pb2_grpc import ContactsStub
from kontor.contacts.v1.imports_pb2_grpc import ImportsStub
from kontor.privacy.v1.assessments_pb2_grpc import AssessmentsStub
from kontor.privacy.v1.breaches_pb2_grpc import BreachesStub
from kontor.privacy.v1.privacy_pb2_grpc import ConsentsStub, RequestsStub, SuppressionsStub
from kontor.privacy.v1.registers_pb2_grpc import RegistersStub
from kontor.tickets.v1.tickets_pb2_grpc import TicketsStub

from devstack.code import demo_secrets
from devstack.idp import totp
from kernel.channel import SyncChannel
from kernel.ids import derived_id

PASSWORD = "kontor-demo"
# Loading twice sends the same commands, and the services answer what they answered before.
_REQUESTS = uuid.UUID("6a2f1c9e-54d7-5b0c-9f0e-3d2b7c1a8e40")
_AT_ONCE = 8
_FORM = re.compile(r'<form[^>]*\baction="([^"]*)"')
_HIDDEN = re.compile(r'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(r'\b(name|value)="([^"]*)"')

Given = TypeVar("Given")
Answer = TypeVar("Answer")


def request_id(*parts: object) -> str:
    """The id of a command: the same in every run."""
    return str(derived_id(_REQUESTS, "/".join(str(part) for part in parts)))


def side_by_side(call: Callable[[Given], Answer], given: Iterable[Given]) -> list[Answer]:
    """Many calls, some at a time; the answers in order."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(call, given))


class Caller:
    """Stubs of the services for one token."""

    def __init__(self, channels: Mapping[str, grpc.Channel]) -> None:
        self._channels = channels

    @cached_property
    def contacts(self) -> ContactsStub:
        return ContactsStub(self._channels["contacts"])

    @cached_property
    def imports(self) -> ImportsStub:
        return ImportsStub(self._channels["contacts"])

    @cached_property
    def templates(self) -> TemplatesStub:
        return TemplatesStub(self._channels["campaigns"])

    @cached_property
    def audiences(self) -> AudiencesStub:
        return AudiencesStub(self._channels["campaigns"])

    @cached_property
    def campaigns(self) -> CampaignsStub:
        return CampaignsStub(self._channels["campaigns"])

    @cached_property
    def forms(self) -> FormsStub:
        return FormsStub(self._channels["campaigns"])

    @cached_property
    def tickets(self) -> TicketsStub:
        return TicketsStub(self._channels["tickets"])

    @cached_property
    def consents(self) -> ConsentsStub:
        return ConsentsStub(self._channels["privacy"])

    @cached_property
    def requests(self) -> RequestsStub:
        return RequestsStub(self._channels["privacy"])

    @cached_property
    def suppressions(self) -> SuppressionsStub:
        return SuppressionsStub(self._channels["privacy"])

    @cached_property
    def registers(self) -> RegistersStub:
        return RegistersStub(self._channels["privacy"])

    @cached_property
    def breaches(self) -> BreachesStub:
        return BreachesStub(self._channels["privacy"])

    @cached_property
    def assessments(self) -> AssessmentsStub:
        return AssessmentsStub(self._channels["privacy"])


class Doors:
    """The stack from outside, as its environment describes it."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self._env = env
        self._endpoint = f"{env['KONTOR_OIDC_ISSUER']}/protocol/openid-connect"
        self.portal = env["KONTOR_PORTAL_URL"]
        self.mail = httpx.Client(base_url=env["KONTOR_MAIL_URL"], timeout=20)
        self._http = httpx.Client(timeout=20)

    def service(self, client: str) -> Caller:
        """As a client's own service account."""
        return self._caller(self._service_token(client))

    def person(self, email: str) -> Caller:
        """As somebody with an account, by code and PKCE through the login page."""
        return self._caller(self._code_flow(email))

    def _caller(self, token: str) -> Caller:
        names = ("contacts", "campaigns", "tickets", "privacy")
        targets = {name: self._env[f"KONTOR_{name.upper()}_TARGET"] for name in names}
        return Caller({name: SyncChannel(t, own_token=lambda: token).get() for name, t in targets.items()})

    def _service_token(self, client: str) -> str:
        return self._token(client, {"grant_type": "client_credentials"})

    def _code_flow(self, email: str) -> str:
        """RFC 6749, 4.1 with RFC 7636, as the gateway's client; the code is taken before the gateway sees it."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).decode().rstrip("=")
        callback = f"{self._env['KONTOR_GATEWAY_URL']}/login/callback"
        question = {
            "response_type": "code",
            "client_id": "kontor-gateway",
            "redirect_uri": callback,
            "scope": "openid profile email",
            "state": secrets.token_urlsafe(16),
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        landed = _sign_in(f"{self._endpoint}/auth?{urlencode(question)}", email=email, until=callback)
        code = parse_qs(urlsplit(landed).query)["code"][0]
        form = {"grant_type": "authorization_code", "code": code, "redirect_uri": callback}
        return self._token("gateway", {**form, "code_verifier": verifier})

    def _token(self, client: str, form: dict[str, str]) -> str:
        secret = self._env[f"KONTOR_{client.upper()}_SECRET"]
        answer = self._http.post(f"{self._endpoint}/token", data=form, auth=(f"kontor-{client}", secret))
        answer.raise_for_status()
        return str(answer.json()["access_token"])


def _sign_in(url: str, *, email: str, until: str) -> str:
    """Fill in the provider's pages, second factor included; answers the address it sends the browser back to."""
    with httpx.Client(timeout=20) as browser:
        page = browser.get(url, follow_redirects=True)
        page.raise_for_status()
        page = _submit(browser, page, until=until, username=email, password=PASSWORD)
        secret = demo_secrets().get(email, "")
        while secret and "location" not in page.headers:
            # A code serves once, and the last run may have used this one: then the next one has to come.
            typed = totp.code(secret)
            page = _submit(browser, page, until=until, otp=typed)
            while "location" not in page.headers and totp.code(secret) == typed:
                time.sleep(0.5)
    return str(page.headers["location"])


def _submit(browser: httpx.Client, page: httpx.Response, *, until: str, **fields: str) -> httpx.Response:
    """Send the page's form and follow where it leads, but not back to the client."""
    # Browsers take a loopback address for a secure place and send it cookies marked Secure.
    for cookie in browser.cookies.jar:
        cookie.secure = False
    data = {**_hidden_fields(page.text), **fields}
    answer = browser.post(urljoin(str(page.url), _form_action(page.text)), data=data)
    while answer.next_request is not None and not str(answer.next_request.url).startswith(until):
        answer = browser.send(answer.next_request)
    return answer


def _form_action(html: str) -> str:
    found = _FORM.search(html)
    return unescape(found.group(1)) if found else ""


def _hidden_fields(html: str) -> dict[str, str]:
    # Of the first form only: Keycloak's page has another one behind it, for passkeys.
    form = html.partition("</form>")[0]
    fields = [dict(_ATTRIBUTE.findall(tag)) for tag in _HIDDEN.findall(form)]
    return {field["name"]: unescape(field.get("value", "")) for field in fields if "name" in field}
