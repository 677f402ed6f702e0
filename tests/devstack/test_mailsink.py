"""The mail sink: what counts as accepted, what survives a crash, what is refused."""

import asyncio
import smtplib
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from devstack.mailsink.smtp import Connection
from devstack.mailsink.store import Store
from devstack.mailsink.web import create_app
from devstack.ports import LOOPBACK

MAIL = "Message-ID: <{0}@demo.example>\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nFrom: a@demo.example\r\n\r\nHallo\r\n"


@asynccontextmanager
async def listening(store: Store) -> AsyncIterator[int]:
    server = await asyncio.get_running_loop().create_server(lambda: Connection(store), LOOPBACK, 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def speak(port: int, talk: Callable[[smtplib.SMTP], None]) -> None:
    def run() -> None:
        with smtplib.SMTP(LOOPBACK, port, timeout=5) as client:
            talk(client)

    await asyncio.to_thread(run)


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


@pytest.fixture
def page(store: Store) -> FlaskClient:
    return create_app(store).test_client()


def get(page: FlaskClient, path: str) -> str:
    answer = page.get(path, base_url="http://127.0.0.1:8003")
    assert answer.status_code == 200
    return answer.get_data(as_text=True)


async def test_a_mail_counts_as_accepted_only_after_the_final_dot(store: Store) -> None:
    async with listening(store) as port:
        reader, writer = await asyncio.open_connection(LOOPBACK, port)
        body = MAIL.format("one")
        writer.write(f"EHLO x\r\nMAIL FROM:<a@b.example>\r\nRCPT TO:<c@d.example>\r\nDATA\r\n{body}".encode())
        while not (await reader.readline()).startswith(b"354"):
            pass
        assert store.accepted(["<one@demo.example>"]) == []
        writer.write(b".\r\n")
        assert (await reader.readline()).startswith(b"250")
        assert store.accepted(["<one@demo.example>", "other@demo.example"]) == ["<one@demo.example>"]
        writer.close()
        await writer.wait_closed()


async def test_pipelined_mails_in_any_chunks_arrive_whole(store: Store) -> None:
    lines = "".join(
        f"MAIL FROM:<a@b.example>\r\nRCPT TO:<c{n}@d.example>\r\nDATA\r\n{MAIL.format(n)}..dots..\r\n.\r\n"
        for n in range(3)
    )
    stream = f"EHLO x\r\n{lines}QUIT\r\n".encode()
    for size in (1, 3, 7, len(stream)):
        store.clear()
        async with listening(store) as port:
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            for start in range(0, len(stream), size):
                writer.write(stream[start : start + size])
                await writer.drain()
            await reader.read()
            writer.close()
        mails = store.find()
        assert [mail.recipients for mail in mails] == [(f"c{n}@d.example",) for n in (2, 1, 0)]
        assert all(
            store.text(mail) == (MAIL.format(2 - n) + ".dots..\r\n").encode() for n, mail in enumerate(mails)
        )


async def test_bounce_example_is_refused_at_once_and_others_are_not(store: Store) -> None:
    def talk(client: smtplib.SMTP) -> None:
        refused = client.sendmail(
            "a@b.example", ["gone@bounce.example", "here@demo.example"], MAIL.format("two")
        )
        assert refused["gone@bounce.example"][0] == 550

    async with listening(store) as port:
        await speak(port, talk)
    assert [mail.recipients for mail in store.find()] == [("here@demo.example",)]


def test_mails_survive_a_restart_and_a_torn_tail_does_not(tmp_path: Path) -> None:
    before = Store(tmp_path)
    before.add(sender="a@b.example", recipients=["c@d.example"], text=MAIL.format("kept").encode())
    before.close()
    for name in ("mails.data", "index.jsonl"):
        with (tmp_path / name).open("ab") as torn:
            torn.write(b'{"id": "2", "rece')
    after = Store(tmp_path)
    after.add(sender="a@b.example", recipients=["c@d.example"], text=MAIL.format("later").encode())
    assert after.accepted(["kept@demo.example", "later@demo.example"]) == [
        "kept@demo.example",
        "later@demo.example",
    ]
    assert [after.text(mail).decode() for mail in after.find()] == [MAIL.format("later"), MAIL.format("kept")]


def test_a_thousand_mails_cost_less_than_a_third_of_a_second(store: Store) -> None:
    text = (MAIL.format("x") + "x" * 70 + "\r\n").encode() * 1 + b"y" * 6000
    started = time.process_time()
    for _ in range(1000):
        store.add(sender="a@b.example", recipients=["c@d.example"], text=text)
    assert time.process_time() - started < 0.33


def test_the_page_shows_a_mail_and_its_html_cannot_run_scripts(store: Store, page: FlaskClient) -> None:
    html = MAIL.format("h").replace("From:", "Content-Type: text/html; charset=utf-8\r\nFrom:")
    store.add(
        sender="a@b.example", recipients=["Anna@demo.example"], text=(html + "<script>1</script>").encode()
    )
    assert "Grüße" in get(page, "/?recipient=anna")
    assert "sandbox=" in get(page, "/messages/1")
    answer = page.get("/messages/1/html", base_url="http://127.0.0.1:8003")
    assert answer.headers["Content-Security-Policy"].startswith("sandbox ")
    assert "allow-scripts" not in answer.headers["Content-Security-Policy"]


def test_the_api_finds_by_recipient_and_message_id_and_forgets_on_request(
    store: Store, page: FlaskClient
) -> None:
    for name in ("one", "two"):
        store.add(sender="", recipients=[f"{name}@demo.example"], text=MAIL.format(name).encode())
    assert '"total":1' in get(page, "/api/messages?recipient=one@demo.example")
    assert '"total":1' in get(page, "/api/messages?message_id=<two@demo.example>")
    assert get(page, "/api/messages/2/raw") == MAIL.format("two")
    asked = "/api/accepted?message_id=one@demo.example&message_id=none@demo.example"
    assert get(page, asked).strip() == '{"accepted":["one@demo.example"]}'
    page.delete("/api/messages", base_url="http://localhost:8003")
    assert '"total":0' in get(page, "/api/messages")


def test_a_name_that_only_resolves_to_loopback_is_refused(page: FlaskClient) -> None:
    assert page.get("/api/messages", base_url="http://evil.example:8003").status_code == 403
