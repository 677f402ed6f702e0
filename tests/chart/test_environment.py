"""Every variable that the chart renders is one that the process reads, and none that it needs is missing."""

import importlib
from collections import Counter
from importlib.util import find_spec

import pytest
from pydantic_settings import BaseSettings

from tests.chart.rendering import PROCESSES, ROOT, Manifest, containers, env_names, process

PREFIX = "KONTOR_"


@pytest.mark.parametrize("name", PROCESSES)
def test_every_rendered_variable_is_read(full_release: list[Manifest], name: str) -> None:
    assert set(env_names(process(full_release, name).main)) - known(name) == set()


@pytest.mark.parametrize("name", PROCESSES)
def test_every_required_variable_is_rendered(manifests: list[Manifest], name: str) -> None:
    assert known(name, required=True) - set(env_names(process(manifests, name).main)) == set()


@pytest.mark.parametrize("name", PROCESSES)
def test_every_setting_can_be_reached_through_the_chart(full_release: list[Manifest], name: str) -> None:
    """An operator who cannot set a setting would have to patch the chart; the few internal ones are listed."""
    assert known(name) - set(env_names(process(full_release, name).main)) - INTERNAL == set()


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


# Holds credentials or lets somebody forge evidence: never a plain value in a manifest.
SECRETS = {
    "KONTOR_DATABASE_URL",
    "KONTOR_NATS_URL",
    "KONTOR_CLIENT_SECRET",
    "KONTOR_SECRET_KEY",
    "KONTOR_SIGNING_KEY",
    "KONTOR_SUPPRESSION_PEPPERS",
}

# Set by tests and the embedded stack only.
INTERNAL: set[str] = set()


def known(name: str, *, required: bool = False) -> set[str]:
    """The variables that a process's settings class reads."""
    settings: type[BaseSettings] = importlib.import_module(f"services.{name}.config").Settings
    assert settings.model_config.get("env_prefix") == PREFIX
    return {
        PREFIX + field.upper()
        for field, info in settings.model_fields.items()
        if info.is_required() or not required
    }
