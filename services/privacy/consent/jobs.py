"""Timed use cases of the consent ledger: signed tree heads, the check of the tree, short-lived addresses."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from services.privacy.consent.merkle import Frontier, leaf_hash
from services.privacy.consent.model import leaf_content
from services.privacy.consent.tree import store as trees
from services.privacy.ledger.service import LedgerService

log = telemetry.get_logger(__name__)

# However little was recorded: an edit by the database's owner is noticed by then.
_ALL_AGAIN = timedelta(days=1)


class ConsentJobs:
    """What happens to the ledger without anybody asking."""

    def __init__(self, database: Database, ledger: LedgerService, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock
        # What this process has seen to be whole, and when it last looked at every leaf. In memory and nowhere else:
        # whoever can edit the tree could edit a note about it, too.
        self._whole = Frontier()
        self._all_at: datetime | None = None

    async def publish_tree_head(self) -> None:
        """Looks at what is new, and daily at everything; signs once a day, if the tree has grown, and publishes."""
        async with self._database.reading() as session:
            last = await trees.last_head(session)
            size = (await trees.read_tree(session)).size
        now = self._clock.now()
        due = size > 0 and (last is None or (size > last.size and last.signed_at.date() < now.date()))
        if not await self._is_whole(everything=due):
            # Signing would launder the edit; the last good head stays the one to compare with.
            return
        if due:
            # Exactly what was looked at, and nothing that was appended since.
            tree = self._whole
            statement = self._ledger.signed_statement(
                {
                    "kind": "consent-tree-head",
                    "size": tree.size,
                    "root": tree.root.hex(),
                    "time": now.isoformat(),
                }
            )
            last = trees.Head(tree.size, tree.root, now, statement, published=False)
            async with self._database.transaction() as session:
                await trees.add_head(session, last)
        if last is not None and not last.published:
            await self._ledger.publish("consent-head", f"consent-head-{last.size}", last.statement)
            async with self._database.transaction() as session:
                await trees.mark_published(session, last.size, self._clock.now())

    async def _is_whole(self, *, everything: bool) -> bool:
        now = self._clock.now()
        everything = everything or self._all_at is None or now - self._all_at >= _ALL_AGAIN
        damages, seen = await self._walked(Frontier() if everything else self._whole)
        if damages:
            # From the first leaf again at the next turn, and so on until somebody has put it right.
            self._all_at = None
            log.error("consent tree damaged", count=len(damages), number=damages[0])
            return False
        self._whole, self._all_at = seen, now if everything else self._all_at
        return True

    async def damages(self) -> list[int]:
        """Indices of leaves that no longer hash to what was recorded, and sizes whose signed root differs."""
        return (await self._walked(Frontier()))[0]

    async def _walked(self, since: Frontier) -> tuple[list[int], Frontier]:
        """What is wrong behind the leaves that `since` ends with, and the tree as far as it was seen."""
        found: list[int] = []
        frontier = since
        async with self._database.transaction() as session:
            await session.take_time(None)
            # The tree first: what is appended meanwhile is left to the next turn.
            tree = await trees.read_tree(session)
            roots = [(head.size, head.root) for head in await trees.heads(session)]
            # What this process has seen before counts as if it were signed.
            roots += [(seen.size, seen.root) for seen in (tree, self._whole)]
            promised = max(size for size, _ in roots)
            agrees = _agreeing(roots)
            if not agrees(since):
                found.append(since.size)
            async for leaf, record in trees.leaves(session, start=since.size, end=promised):
                # A record without its salt can no longer be checked: whoever erases takes both, and leaves a mark.
                content_ok = record is None or leaf_hash(leaf.salt, leaf_content(record)) == leaf.hash
                frontier = frontier.append(leaf.hash)
                if leaf.index != frontier.size - 1 or not content_ok or not agrees(frontier):
                    found.append(leaf.index)
            if min(frontier.size, tree.size) < promised:
                found.append(frontier.size)
        return found, frontier


def _agreeing(roots: Iterable[tuple[int, bytes]]) -> Callable[[Frontier], bool]:
    """Whether a tree of that size is what was signed and what is kept; nothing is said of other sizes."""
    known: dict[int, set[bytes]] = {}
    for size, root in roots:
        known.setdefault(size, set()).add(root)
    return lambda frontier: known.get(frontier.size, {frontier.root}) == {frontier.root}
