"""The rendered release, once with the fewest values and once with everything switched on."""

import pytest

from tests.chart.rendering import Manifest, example_values, full_values, render


@pytest.fixture(scope="session", params=["example", "full"])
def manifests(request: pytest.FixtureRequest) -> list[Manifest]:
    return render(example_values() if request.param == "example" else full_values())


@pytest.fixture(scope="session")
def full_release() -> list[Manifest]:
    return render(full_values())
