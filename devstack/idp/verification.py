"""Confirming an e-mail address: the mailed link, and what it proves."""

import logging
import smtplib
import time
from email.message import EmailMessage
from email.utils import formataddr, make_msgid

from flask import g, render_template

from devstack.idp.client import Client
from devstack.idp.provider import Provider
from devstack.idp.texts import Texts
from devstack.idp.users import User

log = logging.getLogger(__name__)
_KIND = "verify-email"
_TIMEOUT = 10


class Verification:
    """Mails links and reads them back."""

    def __init__(self, provider: Provider) -> None:
        self._provider = provider

    def ask(self, user: User, texts: Texts, *, client: Client) -> tuple[str, int]:
        """Mail the link and say so. The page does not tell whether the address was known before."""
        now = int(time.time())
        claims = {
            "iss": self._provider.issuer,
            "typ": _KIND,
            "sub": user.id,
            "email": user.email,
            "azp": client.client_id,
            "iat": now,
            "exp": now + self._provider.realm.action_lifespan,
        }
        link = f"{self._provider.issuer}/login-actions/action-token?key={self._provider.signer.sign(claims)}"
        text = texts["verify_mail"].format(name=user.full_name, link=link)
        return self._send(user, texts, subject=texts["verify_subject"], text=text)

    def already_known(self, user: User, texts: Texts) -> tuple[str, int]:
        """Tell the owner of the address, and nobody else, that there is an account already."""
        text = texts["known_mail"].format(name=user.full_name)
        return self._send(user, texts, subject=texts["known_subject"], text=text)

    def read(self, key: str) -> tuple[User, Client] | None:
        """Whose address the link proves, and the client that the person came from."""
        claims = self._provider.signer.read(key, issuer=self._provider.issuer, kind=_KIND)
        user = self._provider.users.get(claims["sub"]) if claims else None
        # An address that was changed after the mail went out is not proven by that mail.
        if claims is None or user is None or user.email != claims["email"]:
            return None
        return user, self._provider.realm.clients[claims["azp"]]

    def _send(self, user: User, texts: Texts, *, subject: str, text: str) -> tuple[str, int]:
        mail = self._provider.realm.mail
        message = EmailMessage()
        message["From"] = formataddr((mail.sender_name, mail.sender))
        message["To"] = user.email or ""
        message["Subject"] = subject
        message["Message-ID"] = make_msgid(domain=mail.sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(text)
        try:
            with smtplib.SMTP(mail.host, mail.port, timeout=_TIMEOUT) as smtp:
                smtp.send_message(message)
        except OSError as error:
            log.warning("the mail server %s:%s took no mail: %s", mail.host, mail.port, type(error).__name__)
            return self._page(texts, title="mail_failed", text="mail_failed_text"), 503
        return self._page(texts, title="check_mail", text="check_mail_text"), 200

    def _page(self, texts: Texts, *, title: str, text: str) -> str:
        return render_template(
            "message.html", t=texts, realm=self._provider.realm, nonce=g.nonce, title=title, text=text
        )
