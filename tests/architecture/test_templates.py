"""Pages speak of drafts and replies, not of numbers: what a number of the contract means, Python knows."""

from __future__ import annotations

import re

import pytest

from tests.architecture.tree import ROOT

_NUMBERED = re.compile(
    r"\b(state|kind|author_kind|visibility|priority|channel|action)\b"
    r'(?:"\s*,\s*"(?:eq|ne|in)"\s*,\s*|\s*(?:==|!=|<=|>=|<|>|\bnot in\b|\bin\b)\s*)[(\[]?\s*\d'
)


def numbered(text: str) -> list[str]:
    """Where a template compares an enum value with a number."""
    return [found.group() for found in _NUMBERED.finditer(text)]


def test_no_template_compares_with_a_number_of_the_contract() -> None:
    pages = [*ROOT.glob("services/**/templates/**/*.html"), *ROOT.glob("kernel/web/templates/**/*.html")]
    assert len(pages) > 50
    found = {str(page.relative_to(ROOT)): numbered(page.read_text()) for page in pages}
    assert {page: texts for page, texts in found.items() if texts} == {}


@pytest.mark.parametrize(
    "text",
    ["ticket.state in (4, 5)", "campaign.state == 1", 'selectattr("state", "eq", 2)', "entry.priority >= 3"],
)
def test_a_comparison_with_a_number_is_found(text: str) -> None:
    assert numbered("{% if " + text + " %}") != []
