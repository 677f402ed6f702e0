"""The four conditions of § 7(3) UWG, without a database: all of them, or no message."""

import itertools
from datetime import date

import pytest

from services.privacy.customers.model import (
    EXISTING_CUSTOMER,
    NO_NOTICE,
    NO_SALE,
    NOT_SIMILAR,
    OBJECTED,
    Advertising,
    judge,
    lapse,
)
from services.privacy.permits.model import About, BasisNotOpen, require_basis
from tests.privacy.giving import EMAIL
from tests.privacy.selling import sale


@pytest.mark.parametrize(
    ("bought", "similar", "silent", "told"), list(itertools.product((True, False), repeat=4))
)
def test_all_four_conditions_or_no_message(bought: bool, similar: bool, silent: bool, told: bool) -> None:
    sales = [sale("respirators" if similar else "helmets", told=told)] if bought else []
    reason, rests_on = judge(Advertising("respirators", carries_notice=True), sales, objected=not silent)
    lacking = (
        OBJECTED if not silent
        else NO_SALE if not bought
        else NOT_SIMILAR if not similar
        else NO_NOTICE if not told
        else EXISTING_CUSTOMER
    )  # fmt: skip
    assert reason == lacking
    assert rests_on == (sales[0].id if reason == EXISTING_CUSTOMER else None)


@pytest.mark.parametrize("told", [True, False])
def test_a_mail_without_the_notice_does_not_go_whatever_was_said_before(told: bool) -> None:
    advertising = Advertising("respirators", carries_notice=False)
    assert judge(advertising, [sale("respirators", told=told)], objected=False) == (NO_NOTICE, None)


def test_one_sale_that_meets_everything_is_enough_and_facts_of_two_do_not_add_up() -> None:
    untold, elsewhere, whole = sale("a", told=False), sale("b", told=True), sale("a", told=True)
    asked = Advertising("a", carries_notice=True)
    assert judge(asked, [untold, elsewhere], objected=False) == (NO_NOTICE, None)
    assert judge(asked, [untold, elsewhere, whole], objected=False) == (EXISTING_CUSTOMER, whole.id)


def test_a_sale_of_29_february_lapses_too() -> None:
    assert lapse(date(2024, 2, 29)) == date(2026, 2, 28)
    assert lapse(date(2025, 12, 31)) == date(2027, 12, 31)


def test_a_question_about_a_consent_never_rests_on_a_sale() -> None:
    about = About(EMAIL, "newsletter", similar=Advertising("chairs", carries_notice=True), renewal=True)
    with pytest.raises(BasisNotOpen):
        require_basis(about)
