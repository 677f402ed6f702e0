"""Sealed identifiers: readable under every secret that is still known, and under no other."""

import pytest
from cryptography.fernet import InvalidToken

from services.privacy.requests.model import Identifiers
from services.privacy.requests.sealing import Seal

ANNA = Identifiers(emails=("anna@example.org",), phones=("+4930123456",), names=("Anna Krüger",))


def test_an_erasure_that_runs_survives_an_exchange_of_the_secret() -> None:
    sealed = Seal(["old" * 12]).close(ANNA)
    assert Seal(["new" * 12, "older" * 8, "old" * 12]).open(sealed) == ANNA


def test_the_current_secret_seals() -> None:
    sealed = Seal(["new" * 12, "old" * 12]).close(ANNA)
    assert Seal(["new" * 12]).open(sealed) == ANNA
    with pytest.raises(InvalidToken):
        Seal(["old" * 12]).open(sealed)
