"""Every variable that the chart renders is one that the process reads, and none that it needs is missing."""

import importlib
import json
from collections import Counter
from importlib.util import find_spec

import pytest
from pydantic_settings import BaseSettings

from tests.chart.rendering import (
    BACKENDS,
    PROCESSES,
    RELEASE,
    ROOT,
    Manifest,
    containers,
    env_names,
    example_values,
    full_values,
    merged,
    of_kind,
    process,
    render,
)

PREFIX = "KONTOR_"


@pytest.mark.parametrize("name", PROCESSES)
def test_every_rendered_variable_is_read(full_release: list[Manifest], name: str) -> None:
    assert set(env_names(process(full_release, name).main)) - known(name) == set()


@pytest.mark.parametrize("name", PROCESSES)
def test_every_required_variable_is_rendered(manifests: list[Manifest], name: str) -> None:
    assert known(name, required=True) - set(env_names(process(manifests, name).main)) == set()


@pytest.mark.parametrize("name", PROCESSES)
def test_every_setting_can_be_reached_through_the_chart(full_release: list[Manifest], name: str) -> None:
    """An operator who cannot set a setting would have to patch the chart."""
    assert known(name) - set(env_names(process(full_release, name).main)) == set()


@pytest.mark.parametrize("name", PROCESSES)
def test_commands_are_modules_that_exist(manifests: list[Manifest], name: str) -> None:
    found = process(manifests, name)
    assert found.main["command"] == ["python", "-m", f"services.{name}"]
    assert (ROOT / "services" / name / "__main__.py").is_file()
    assert found.migrate["command"] == ["python", "-m", "kernel.migrate", f"services.{name}"]
    assert find_spec("kernel.migrate") is not None
    assert (ROOT / "services" / name / "migrations").is_dir()


@pytest.mark.parametrize("name", PROCESSES)
def test_migration_gets_its_database_and_nothing_else(manifests: list[Manifest], name: str) -> None:
    assert env_names(process(manifests, name).migrate) == ["KONTOR_DATABASE_URL"]


def test_no_variable_is_rendered_twice_or_without_the_prefix(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        for variable, times in Counter(env_names(container)).items():
            assert variable.startswith(PREFIX), name
            assert times == 1, f"{name}: {variable}"


def test_secrets_are_named_and_never_written_out(manifests: list[Manifest]) -> None:
    for name, container in containers(manifests):
        for variable in container["env"]:
            assert ("value" in variable) != (variable["name"] in SECRETS), f"{name}: {variable['name']}"


@pytest.mark.parametrize("name", PROCESSES)
def test_what_is_rendered_makes_valid_settings(
    manifests: list[Manifest], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that matches is not enough: lists and numbers must also come in the form that is read."""
    main = process(manifests, name).main
    secret = json.dumps({"2026-1": "a-secret-of-more-than-32-characters"})
    several = {"KONTOR_PREVIOUS_SECRET_KEYS": json.dumps([secret])}
    for variable in main["env"]:
        monkeypatch.setenv(variable["name"], variable.get("value", several.get(variable["name"], secret)))
    assert all(len(variable["value"]) > 0 for variable in main["env"] if "value" in variable)
    settings_class(name)()


def test_recipients_arrive_as_the_operator_wrote_them(full_release: list[Manifest]) -> None:
    rendered = plain_values(process(full_release, "privacy").main)
    assert json.loads(rendered["KONTOR_CONTROLLER_PROCESSORS"]) == full_values()["controller"]["processors"]
    assert rendered["KONTOR_CONTROLLER_STATE"] == "BE"


@pytest.mark.parametrize("name", BACKENDS)
def test_every_stream_keeps_a_place_for_each_reader(full_release: list[Manifest], name: str) -> None:
    rendered = plain_values(process(full_release, name).main)
    assert json.loads(rendered["KONTOR_FACT_READERS"]) == full_values()["nats"]["factReaders"]


@pytest.mark.parametrize("name", PROCESSES)
def test_every_target_is_a_service_of_the_release(manifests: list[Manifest], name: str) -> None:
    services = of_kind(manifests, "Service")
    for variable, value in plain_values(process(manifests, name).main).items():
        if variable.endswith("_TARGET"):
            host, _, port = value.rpartition(":")
            assert host == f"{RELEASE}-{variable.removeprefix(PREFIX).removesuffix('_TARGET').lower()}"
            assert int(port) in [found["port"] for found in services[host]["spec"]["ports"]]
            assert host != f"{RELEASE}-{name}", "a process reaches itself without leaving its pod"


@pytest.mark.parametrize(
    ("changes", "trusted"),
    [
        ({}, "1"),
        ({"ingress": {"enabled": False}}, "0"),
        ({"trustedProxies": 2}, "2"),
        ({"trustedProxies": 0}, "0"),
    ],
)
def test_pages_trust_the_ingress_and_whom_the_operator_names(changes: Manifest, trusted: str) -> None:
    """One too many, and a visitor could write the address that is kept as proof of a consent."""
    release = render(merged(example_values(), {"portal": changes}))
    assert plain_values(process(release, "portal").main)["KONTOR_TRUSTED_PROXIES"] == trusted


# Holds credentials or lets somebody forge evidence: never a plain value in a manifest.
SECRETS = {
    "KONTOR_DATABASE_URL",
    "KONTOR_NATS_URL",
    "KONTOR_CLIENT_SECRET",
    "KONTOR_SECRET_KEY",
    "KONTOR_PREVIOUS_SECRET_KEYS",
    "KONTOR_SIGNING_KEY",
    "KONTOR_SUPPRESSION_PEPPERS",
}


def known(name: str, *, required: bool = False) -> set[str]:
    """The variables that a process's settings class reads."""
    settings = settings_class(name)
    assert settings.model_config.get("env_prefix") == PREFIX
    return {
        PREFIX + field.upper()
        for field, info in settings.model_fields.items()
        if info.is_required() or not required
    }


def settings_class(name: str) -> type[BaseSettings]:
    """The one settings class that a process's `config` module defines."""
    module = importlib.import_module(f"services.{name}.config")
    (found,) = (
        value
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, BaseSettings) and value.__module__ == module.__name__
    )
    return found


def plain_values(container: Manifest) -> dict[str, str]:
    """The variables whose values stand in the manifest."""
    return {found["name"]: found["value"] for found in container["env"] if "value" in found}
