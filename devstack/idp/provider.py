"""Everything the grants and pages share: realm, state, keys, claims. Built once, by the app."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from devstack.idp.backchannel import Backchannel
from devstack.idp.claims import ClaimsBuilder, Subject
from devstack.idp.database import Database
from devstack.idp.keys import Signer
from devstack.idp.realm import Realm
from devstack.idp.second_factor import SecondFactors
from devstack.idp.sessions import Sessions
from devstack.idp.throttle import Throttle
from devstack.idp.users import Users


@dataclass(frozen=True, slots=True)
class Provider:
    """The parts, wired."""

    realm: Realm
    issuer: str
    database: Database
    users: Users
    factors: SecondFactors
    sessions: Sessions
    throttle: Throttle
    signer: Signer
    backchannel: Backchannel
    claims: ClaimsBuilder

    @classmethod
    def open(cls, realm: Realm, *, people: Iterable[Mapping[str, Any]], origin: str, state: Path) -> Self:
        """Open the state, bring in the accounts of the files, and wire the parts. `origin` is scheme, host and port."""
        database = Database(state)
        signer, sessions = Signer(database), Sessions(database, realm)
        users, factors = Users(database), SecondFactors(database, realm)
        for raw in [*realm.users, *people]:
            factors.take_over(users.sync(raw, roles=realm.assigned_roles(raw)), raw)
        issuer = f"{origin}/realms/{realm.name}"
        return cls(
            realm=realm,
            issuer=issuer,
            database=database,
            users=users,
            factors=factors,
            sessions=sessions,
            throttle=Throttle(database, realm.lockout),
            signer=signer,
            backchannel=Backchannel(sessions, signer, clients=realm.clients.values(), issuer=issuer),
            claims=ClaimsBuilder(realm, issuer=issuer, groups_of=users.groups_of),
        )

    def subject_of(self, sid: str, *, acr: str) -> Subject | None:
        """Who is signed in under this session, unless it ended or the account was locked meanwhile."""
        session = self.sessions.get(sid)
        user = self.users.get(session.user_id) if session else None
        if session is None or user is None or not user.enabled:
            return None
        return Subject(user=user, sid=sid, auth_time=session.auth_time, acr=acr)
