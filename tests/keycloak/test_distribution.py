"""Where Keycloak comes from, and the sentence that says what is missing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from deploy.keycloak import __main__ as program
from deploy.keycloak.plan import differences
from devstack.code import demo_secrets
from devstack.keycloak import distribution, java
from devstack.keycloak.errors import KeycloakFailed
from devstack.keycloak.server import FILES, Keycloak, realm_with_demo_users


@pytest.fixture(autouse=True)
def _nothing_cached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.delenv("KEYCLOAK_HOME", raising=False)


def test_without_maven_and_without_a_folder_the_sentence_names_both(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(KeycloakFailed, match=r"no `mvn` on this machine.*KEYCLOAK_HOME=/path/to/keycloak"):
        distribution.built()


def test_what_maven_says_is_passed_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = tmp_path / "mvn"
    fake.write_text("#!/bin/sh\necho '[ERROR] no route to host' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(
        KeycloakFailed, match=r"could not fetch .*keycloak-quarkus-dist.*\n.*no route to host"
    ):
        distribution.built()


def test_another_file_than_the_reviewed_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake = tmp_path / "mvn"
    fake.write_text(
        '#!/bin/sh\nfor a; do case $a in -DoutputDirectory=*) echo x > "${a#*=}/k.zip";; esac; done\n'
    )
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(KeycloakFailed, match="not the file that was reviewed"):
        distribution.built()
    assert list((tmp_path / "cache" / "kontor").glob("keycloak-*[!k]")) == []


def test_a_folder_that_is_no_keycloak_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEYCLOAK_HOME", str(tmp_path))
    with pytest.raises(KeycloakFailed, match="is no unpacked Keycloak"):
        distribution.built()


@pytest.mark.parametrize("release", ["24.0.5", "26.3.9", "27.0.0"])
def test_a_release_that_does_not_know_our_realm_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, release: str
) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "kc.sh").touch()
    (tmp_path / "version.txt").write_text(f"Keycloak - Version {release}\n")
    monkeypatch.setenv("KEYCLOAK_HOME", str(tmp_path))
    with pytest.raises(KeycloakFailed, match=r"Kontor needs Keycloak 26, from 26\.4 on"):
        distribution.built()


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ("echo 'cannot allocate memory' >&2; exit 3", "exit code 3.*cannot allocate memory"),
        ("echo 'openjdk version \"17.0.15\" 2025-04-15' >&2", "Java 21 or newer; .* is 17"),
    ],
)
def test_a_java_that_fails_is_one_sentence(tmp_path: Path, script: str, said: str) -> None:
    fake = tmp_path / "java"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    with pytest.raises(KeycloakFailed, match=said):
        java.check(fake)


def test_a_missing_java_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(KeycloakFailed, match="Java does not start"):
        java.check(tmp_path / "java")


def test_the_wheels_java_is_new_enough() -> None:
    assert (java.java_home() / "bin" / "java").is_file()


def test_keycloak_listens_where_the_issuer_is_and_in_no_cluster(tmp_path: Path) -> None:
    server = Keycloak(tmp_path, "http://127.0.0.1:8002", "127.0.0.1:8032/kontor_keycloak", "r", "p", "b")
    env = server.environment({"KONTOR_PORTAL_SECRET": "x"})
    assert (env["KC_HTTP_HOST"], env["KC_HTTP_PORT"]) == ("127.0.0.1", "8002")
    assert env["KC_HOSTNAME"] == "http://127.0.0.1:8002"
    assert env["KC_CACHE"] == "local"
    assert env["KONTOR_PORTAL_SECRET"] == "x"


def test_only_the_demo_knows_passwords_and_second_factors() -> None:
    file = json.loads((FILES / "realm-kontor.json").read_text())
    assert not any("credentials" in user for user in file["users"])
    people = [user for user in realm_with_demo_users()["users"] if "credentials" in user]
    assert {"datenschutz@demo.example", "admin@demo.example"} == demo_secrets().keys()
    assert len(people) == 7


def test_brokers_are_prepared_and_off() -> None:
    file = json.loads((FILES / "realm-kontor.json").read_text())
    brokers = {broker["alias"]: broker for broker in file["identityProviders"]}
    assert brokers.keys() == {"google", "microsoft", "oidc"}
    for broker in brokers.values():
        assert broker["enabled"].endswith("_ENABLED:false}")
        assert broker["config"]["clientSecret"].startswith("${KONTOR_BROKER_")
        assert broker["trustEmail"] is False
        assert broker["postBrokerLoginFlowAlias"] == "kontor after broker"


def test_differences_ignore_order_and_what_keycloak_adds() -> None:
    wanted = {"a": ["x", "y"], "b": {"c": "1"}, "d": "true", "e": ""}
    assert differences(wanted, {"a": ["y", "x"], "b": {"c": "1", "own": "2"}, "d": True, "z": 1}) == []
    found = differences(wanted, {"a": ["x"], "b": {"c": "2"}, "d": False, "e": "set"})
    assert [difference.key for difference in found] == ["a", "b.c", "d", "e"]


def test_every_missing_variable_is_named(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("KONTOR_KEYCLOAK_URL", raising=False)
    assert program.main(["sync"]) == 1
    assert "KONTOR_PORTAL_SECRET" in capsys.readouterr().err
