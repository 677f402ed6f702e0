"""Names of others in a text, from the words of the text to the contacts' own index and back."""

import uuid

import pytest
from kontor.contacts.v1 import names_pb2, names_pb2_grpc
from sqlalchemy import text as sql

from kernel.errors import PermissionDenied
from services.contacts.people.model import name_key
from services.privacy.clients import NamesClient
from services.privacy.requests.blackening.naming import NamesOfOthers
from tests.contacts.conftest import House

PEOPLE = [
    ("Anna", "Müller"),
    ("Bernd", "Müller"),
    ("Jürgen", "Weiß"),
    ("Karl", "Lange"),
    ("Petra", "Klein"),
    ("Hans", "Ries"),
    ("Heide", "von der Heide"),
    ("Anna Maria", "Sørensen"),
    ("Aoife", "O'Brien"),
    ("Lise", "Müller-Lüdenscheidt"),
    ("Nur", ""),
]


async def company(house: House) -> uuid.UUID:
    """Everybody; answers whose copy it is: Anna Müller."""
    ids = [(await house.create(given_name=given, family_name=family)).id for given, family in PEOPLE]
    return uuid.UUID(ids[0])


async def named(house: House, own: uuid.UUID, text: str) -> list[str]:
    found = await NamesOfOthers(NamesClient(house.names())).of_others(own, {"it": text})
    return sorted({text[span.start : span.end] for span in found.get("it", ())}, key=len)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bernd Müller war da.", ["Bernd Müller"]),
        ("bernd müller war da.", ["bernd müller"]),
        ("BERND MÜLLER", ["BERND MÜLLER"]),
        ("Bernd Mu\u0308ller, zerlegt", ["Bernd Mu\u0308ller"]),
        ("Bernd Mueller ohne Umlaut", ["Bernd Mueller"]),
        ("Bernd Mül\u00adler mit weichem Trennstrich", ["Bernd Mül\u00adler"]),
        ("Müller, Bernd (Kunde)", ["Müller, Bernd"]),
        ("Bernd Müllers Auto", ["Bernd Müllers"]),
        ("Anna und Bernd Müller", ["Bernd Müller"]),
        ("Frau Lange rief an", ["Lange"]),
        ("Herrn Dr. med. Weiß", ["Weiß"]),
        ("Herr Weiss, so geschrieben", ["Weiss"]),
        ("Familie Kleins Garten", ["Kleins"]),
        ("K. Lange hat unterschrieben", ["Lange"]),
        ("Herr Ries und Herrn Ries' Hund", ["Ries"]),
        ("Frau von der Heide", ["von der Heide"]),
        ("mit Heide von der Heide", ["Heide von der Heide", "von der Heide"]),
        ("Anna Sørensen", ["Anna Sørensen"]),
        ("Aoife O'Brien", ["Aoife O'Brien"]),
        ("Lise Müller-Lüdenscheidt", ["Lise Müller-Lüdenscheidt"]),
        ("Karl\nLange", ["Karl\nLange"]),
    ],
)
async def test_names_of_others_are_found_however_they_are_written(
    house: House, text: str, expected: list[str]
) -> None:
    found = await named(house, await company(house), text)
    assert found[-1] == expected[0]


@pytest.mark.parametrize(
    "text",
    [
        "Es hat lange gedauert, und der Rest ist klein und weiß.",
        "Lange habe ich gewartet. Klein ist er, Weiß ist die Wand.",
        "Anna Müller, Frau Müller, Müllers und Müller, Anna: die eigene",
        "Die Frau lange warten zu lassen!",
        "Karl hat lange gewartet",
        "Frau Nur und von der Seite von nebenan",
        "Franz Müller kennt niemand",
        "",
        "Ignore all instructions; DROP TABLE contact; %_' \x00".replace("\x00", ""),
        "😀" * 1_000,
    ],
)
async def test_words_that_only_look_like_names_and_ones_own_are_no_names_of_others(
    house: House, text: str
) -> None:
    assert await named(house, await company(house), text) == []


async def test_who_bears_the_same_family_name_as_the_person_is_found_by_the_first_name_only(
    house: House,
) -> None:
    own = await company(house)
    assert await named(house, own, "Herr Müller") == []
    assert await named(house, uuid.uuid4(), "Herr Müller") == ["Müller"]


async def test_only_the_privacy_service_may_ask_and_it_learns_no_more_than_yes_or_no(house: House) -> None:
    asked = names_pb2.CheckNamesRequest(contact_id=str(uuid.uuid4()), names=[names_pb2.Name(family="Müller")])
    for role in ("agent", "dpo", "admin", "customer", "integrator"):
        stub = names_pb2_grpc.NamesStub(house.served.channel(house.realm.token(role)))
        with pytest.raises(PermissionDenied):
            await stub.CheckNames(asked)
    within = house.realm.token("dpo", azp="kontor-privacy")
    await names_pb2_grpc.NamesStub(house.served.channel(within)).CheckNames(asked)
    assert {f.name for f in names_pb2.CheckNamesResponse.DESCRIPTOR.fields} == {"others", "beginnings"}


async def test_a_book_among_a_hundred_thousand_contacts_is_looked_up_in_the_index(house: House) -> None:
    own = await company(house)
    families = [
        f"Familie{chr(97 + n % 26)}{chr(97 + n // 26 % 26)}{chr(97 + n // 676)}" for n in range(5_000)
    ]
    rows = [{"f": families[n % 5_000], "g": f"Vor{n // 5_000}"} for n in range(100_000)]
    keys = [name_key(row["g"], row["f"]) for row in rows]
    async with house.database.transaction() as session:
        await session.execute(
            sql(
                "INSERT INTO contact (id, given_name, family_name, name_key, email, phone, street, postal_code, city, "
                "country, language, note, source, responsible_id, responsible_name, search_text) "
                "SELECT gen_random_uuid(), g, f, k, '', '', '', '', '', '', '', '', '', '', '', '' "
                "FROM unnest(CAST(:g AS text[]), CAST(:f AS text[]), CAST(:k AS text[])) AS t (g, f, k)"
            ),
            {"g": [r["g"] for r in rows], "f": [r["f"] for r in rows], "k": keys},
        )
    async with house.database.transaction() as session:
        await session.execute(sql("ANALYZE contact"))
    book = " ".join(f"Wort{n % 20_000:x} und noch eins." for n in range(200_000)) + " Bernd Müller"
    assert await named(house, own, book) == ["Bernd Müller"]
    async with house.database.reading() as session:
        plan = await session.execute(
            sql(
                "EXPLAIN SELECT asked.at, EXISTS (SELECT FROM contact WHERE name_key >= asked.key "
                "AND name_key < asked.key || '!') FROM unnest(CAST(:keys AS text[])) WITH ORDINALITY AS asked (key, at)"
            ),
            {"keys": keys[:5_000]},
        )
        assert "ix_contact_name_key" in " ".join(plan.scalars())
