"""The certificate of an erasure: whoever has it can check it, and a forged one is noticed."""

import json
from pathlib import Path

import pytest

from services.privacy import verify_certificate
from services.privacy.requests.certificate import faults
from tests.privacy.holders import add_person
from tests.privacy.machine import Machine, signer
from tests.privacy.pdftext import text_of


async def test_certificate_verifies_and_names_nobody(machine: Machine) -> None:
    anna = await add_person(machine.contacts, email="anna@example.org")
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    statement = await machine.document(request_id, anna, 1)
    assert faults(statement, certificate_key=signer("privacy").public_key, holder_keys=machine.keys) == []
    shown = text_of(await machine.document(request_id, anna, 2))
    for word in ("Bescheinigung über die Löschung", "§ 147 AO", "gelöscht", str(request_id)):
        assert word in shown
    for secret in (str(anna), "anna", "Meier", "901820"):
        assert secret not in statement.decode()
        assert secret not in shown.replace("Müller", "")


async def test_anybody_can_check_a_certificate_on_the_command_line(
    machine: Machine, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    certificate, keys = tmp_path / "certificate.json", tmp_path / "keys.json"
    keys.write_text(json.dumps(machine.keys))
    certificate.write_bytes(await machine.document(request_id, anna, 1))
    capsys.readouterr()
    assert verify_certificate.main([str(certificate), "--keys", str(keys)]) == 0
    certificate.write_text(certificate.read_text().replace("delete_row", "null"))
    assert verify_certificate.main([str(certificate), "--keys", str(keys)]) == 1
    certificate.write_text("{}")
    assert verify_certificate.main([str(certificate), "--keys", str(keys)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "The certificate and every receipt in it hold.",
        "certificate: the signature does not hold",
        "the file is no certificate (KeyError)",
    ]


@pytest.mark.parametrize("part", ["rows", "plan", "receipt", "signature"])
async def test_a_forged_certificate_is_noticed(machine: Machine, part: str) -> None:
    anna = await add_person(machine.contacts)
    request_id = await machine.confirmed(anna)
    await machine.jobs().work()
    statement = json.loads(await machine.document(request_id, anna, 1))
    holder = statement["content"]["holders"][0]
    if part == "rows":
        holder["done"][0]["rows"] += 1
    elif part == "plan":
        holder["plan"] = "00" * 32
    elif part == "receipt":
        holder["receipt"] = statement["content"]["holders"][1]["receipt"]
    else:
        statement["signature"] = "A" * 86 + "=="
    forged = json.dumps(statement).encode()
    assert faults(forged, certificate_key=signer("privacy").public_key, holder_keys=machine.keys)
