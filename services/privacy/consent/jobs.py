"""Timed use cases of the consent ledger: signed tree heads, the check of the tree, short-lived addresses."""

from __future__ import annotations

from kernel import telemetry
from kernel.clock import Clock
from kernel.db import Database
from services.privacy.consent.merkle import Frontier, leaf_hash
from services.privacy.consent.model import leaf_content
from services.privacy.consent.tree import store as trees
from services.privacy.ledger.service import LedgerService

log = telemetry.get_logger(__name__)


class ConsentJobs:
    """What happens to the ledger without anybody asking."""

    def __init__(self, database: Database, ledger: LedgerService, clock: Clock) -> None:
        self._database = database
        self._ledger = ledger
        self._clock = clock

    async def publish_tree_head(self) -> None:
        """Signs the tree once a day, if it has grown, and publishes the statement outside this database."""
        async with self._database.reading() as session:
            last = await trees.last_head(session)
            tree = await trees.read_tree(session)
        now = self._clock.now()
        if tree.size and (last is None or (tree.size > last.size and last.signed_at.date() < now.date())):
            damages = await self.damages()
            if damages:
                # Signing would launder the edit; the last good head stays the one to compare with.
                log.error("consent tree damaged", count=len(damages), number=damages[0])
                return
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

    async def damages(self) -> list[int]:
        """Indices of leaves that no longer hash to what was recorded, and sizes whose signed root differs."""
        found: list[int] = []
        frontier = Frontier()
        async with self._database.transaction() as session:
            await session.take_time(None)
            signed = {head.size: head.root for head in await trees.heads(session)}
            async for leaf, record in trees.all_leaves(session):
                # A record without its salt can no longer be checked: whoever erases takes both, and leaves a mark.
                content_ok = record is None or leaf_hash(leaf.salt, leaf_content(record)) == leaf.hash
                frontier = frontier.append(leaf.hash)
                root_ok = signed.get(frontier.size, frontier.root) == frontier.root
                if leaf.index != frontier.size - 1 or not content_ok or not root_ok:
                    found.append(leaf.index)
            if frontier.size < max(signed, default=0):
                found.append(frontier.size)
        return found
