"""The ten steps of the main job, in the order in which they are done and read."""

from __future__ import annotations

from collections.abc import Callable

from tests.e2e.steps import (
    s01_import,
    s02_sign_up,
    s03_campaign,
    s04_unsubscribe,
    s05_ticket,
    s06_access,
    s07_erasure,
    s08_import_again,
    s09_nothing_personal,
    s10_nothing_lost,
)
from tests.e2e.world import Counts, World

Step = Callable[[World], Counts]

STEPS: dict[str, Step] = {
    "import": s01_import.run,
    "sign_up": s02_sign_up.run,
    "campaign": s03_campaign.run,
    "unsubscribe": s04_unsubscribe.run,
    "ticket": s05_ticket.run,
    "access": s06_access.run,
    "erasure": s07_erasure.run,
    "import_again": s08_import_again.run,
    "nothing_personal": s09_nothing_personal.run,
    "nothing_lost": s10_nothing_lost.run,
}
