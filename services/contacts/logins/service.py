"""Use cases of logins: join, invite, accept, list, remove, open."""

from __future__ import annotations

import uuid
from collections.abc import Callable

from kernel.addresses import normal_email
from kernel.clock import Clock
from kernel.db import Database, WriteSession
from kernel.errors import Aborted
from kernel.identity import Principal
from kernel.ids import new_id
from kernel.outbox import emit
from kernel.rpc.call import note_subjects
from services.contacts import events
from services.contacts.clients import Reach, Suppressions
from services.contacts.logins import store
from services.contacts.logins.model import (
    BY_EMAIL,
    BY_INVITATION,
    INVITATION_LIFE,
    MOST_OPEN,
    OPEN,
    Doors,
    EmailNotVerified,
    Invitation,
    InvitationEnded,
    InvitationNotFound,
    Login,
    LoginIsYours,
    LoginLinked,
    LoginNotFound,
    LoginRemoved,
    NoAddress,
    OwnView,
    State,
    TooManyInvitations,
    Visibility,
    token_hash,
)
from services.contacts.people.model import AddressSuppressed, ContactNotFound, ContactView, Person
from services.contacts.people.service import PeopleService
from services.contacts.text import clean


class LoginsService:
    """A login and a contact find each other over a verified address or an invitation, and in no other way.

    `forget` drops what this process remembers of a contact's logins.
    """

    def __init__(
        self,
        database: Database,
        people: PeopleService,
        suppressions: Suppressions,
        *,
        clock: Clock,
        forget: Callable[[uuid.UUID], None],
    ) -> None:
        self._database = database
        self._people = people
        self._suppressions = suppressions
        self._clock = clock
        self._forget = forget

    async def link_login(self, caller: Principal, *, create: bool) -> ContactView:
        """Joins the caller's login to the contact with the caller's verified address.

        Without `create` nobody becomes a contact by logging in. Suppression is not asked: whoever comes
        of their own will may do so. Errors: EmailNotVerified, ContactNotFound, LoginRemoved.
        """
        email = normal_email(caller.email) if caller.email_verified else None
        if email is None:
            raise EmailNotVerified
        async with self._database.transaction() as session:
            login = await store.by_subject(session, caller.subject)
            if login is None:
                if await store.was_removed(session, caller.subject):
                    raise LoginRemoved
                contact_id = await self._people.id_of_email(session, email)
                if contact_id is None and create:
                    given, _, family = clean(caller.name).rpartition(" ")
                    person = Person(given_name=given[:100], family_name=family[:100], email=email)
                    contact_id = await self._people.ensure(session, person, source="portal")
                # Held, so that an erasure that runs just now does not leave a login without its contact.
                if contact_id is None or not await self._people.lock(session, contact_id):
                    raise ContactNotFound
                login = await self._join(session, caller, contact_id, by=BY_EMAIL)
            note_subjects([login.contact_id])
            return await self._people.view(session, login.contact_id)

    async def get_own_contact(self, caller: Principal) -> ContactView:
        """Errors: ContactNotFound if the login belongs to nobody."""
        async with self._database.reading() as session:
            login = await store.by_subject(session, caller.subject)
            if login is None:
                raise ContactNotFound
            note_subjects([login.contact_id])
            return await self._people.view(session, login.contact_id)

    async def get_own_view(self, caller: Principal) -> OwnView:
        """What the caller's login sees. Errors: ContactNotFound if it belongs to nobody."""
        async with self._database.reading() as session:
            login = await store.by_subject(session, caller.subject)
            if login is None:
                raise ContactNotFound
            note_subjects([login.contact_id])
            opened = login.visibility is Visibility.ORGANISATION
            colleagues = await self._people.colleagues(session, login.contact_id) if opened else []
        return OwnView(login.contact_id, login.visibility, colleagues)

    async def list_logins(self, contact_id: uuid.UUID) -> Doors:
        """Who sees a contact, and who may yet come. Errors: ContactNotFound."""
        async with self._database.reading() as session:
            await self._people.view(session, contact_id)
            colleagues = await self._people.colleagues(session, contact_id)
            watching = await store.with_opened_login(session, [c.contact_id for c in colleagues])
            return Doors(
                logins=await store.logins_of(session, contact_id),
                invitations=await store.invitations_of(session, contact_id),
                watchers=[c for c in colleagues if c.contact_id in watching],
            )

    async def invite_login(self, contact_id: uuid.UUID) -> Invitation:
        """Plans a mail with a link. Errors: ContactNotFound, NoAddress, AddressSuppressed, TooManyInvitations."""
        email = (await self._people.get_contact(contact_id)).email
        if not email:
            raise NoAddress
        # Said at once to whoever invites; the permit at the moment of sending decides once more.
        if await self._suppressions.is_suppressed(Reach(email, "")):
            raise AddressSuppressed
        now = self._clock.now()
        invitation = Invitation(new_id(), contact_id, State.PLANNED, "", now, now + INVITATION_LIFE, None)
        async with self._database.transaction() as session:
            # Held, so that two colleagues at once do not both find room for one more.
            if not await self._people.lock(session, contact_id):
                raise ContactNotFound
            if await store.open_invitations(session, contact_id, now) >= MOST_OPEN:
                raise TooManyInvitations
            await store.add_invitation(session, invitation)
            await emit(session, events.login_invited(contact_id, invitation.id))
        return invitation

    async def prepare_invitation(self, invitation_id: uuid.UUID, token_sha256: bytes) -> Invitation:
        """The link is about to be sent; an earlier one of the same invitation is void.

        Errors: InvitationNotFound, InvitationEnded.
        """
        async with self._database.transaction() as session:
            self._require_open(await self._locked(session, invitation_id))
            return await store.change_invitation(
                session, invitation_id, state=State.SENT, token_sha256=token_sha256
            )

    async def fail_invitation(self, invitation_id: uuid.UUID, reason: str) -> Invitation:
        """The mail did not go out; nothing to do if the invitation has ended meanwhile.

        Errors: InvitationNotFound.
        """
        async with self._database.transaction() as session:
            found = await self._locked(session, invitation_id)
            if found.state not in OPEN:
                return found
            return await self._end(session, found, State.FAILED, reason=reason)

    async def revoke_invitation(self, contact_id: uuid.UUID, invitation_id: uuid.UUID) -> Invitation:
        """Errors: InvitationNotFound, InvitationEnded."""
        async with self._database.transaction() as session:
            found = await self._locked(session, invitation_id)
            # First of all: how somebody else's invitation stands is not this contact's business.
            if found.contact_id != contact_id:
                raise InvitationNotFound
            self._require_open(found)
            ended = await self._end(session, found, State.REVOKED)
            await emit(session, events.invitation_revoked(contact_id, invitation_id))
            return ended

    async def accept_invitation(self, caller: Principal, token: str) -> ContactView:
        """Joins the caller's login to the contact of the invitation, and uses the invitation up.

        Errors: InvitationNotFound, InvitationEnded, LoginLinked.
        """
        async with self._database.transaction() as session:
            named = await store.invitation_by_token(session, token_hash(token))
            # The contact is held before the invitation, in the order in which an erasure takes them.
            if named is None or not await self._people.lock(session, named.contact_id):
                raise InvitationNotFound
            found = await self._locked(session, named.id)
            login = await store.by_subject(session, caller.subject)
            if login is not None and login.contact_id == found.contact_id:
                # Who is in already needs no key; it stays good for whom it is meant.
                return await self._people.view(session, found.contact_id)
            self._require_open(found)
            if login is not None:
                raise LoginLinked
            login = await self._join(session, caller, found.contact_id, by=BY_INVITATION)
            if login.contact_id != found.contact_id:
                raise LoginLinked
            await self._end(session, found, State.ACCEPTED)
            return await self._people.view(session, found.contact_id)

    async def remove_login(self, contact_id: uuid.UUID, login_id: uuid.UUID, *, caller: Principal) -> Login:
        """Takes a login away from a contact. Errors: LoginNotFound, LoginIsYours."""
        async with self._database.transaction() as session:
            removed = await store.remove(session, login_id, contact_id, at=self._clock.now())
            if removed is None:
                raise LoginNotFound
            if removed.subject == caller.subject:
                raise LoginIsYours
            await emit(session, events.login_removed(contact_id, login_id))
        self._forget(contact_id)
        return removed

    async def set_login_visibility(
        self, contact_id: uuid.UUID, login_id: uuid.UUID, visibility: Visibility
    ) -> Login:
        """Opens a login for the tickets of its organisations, or closes it again. Errors: LoginNotFound."""
        async with self._database.transaction() as session:
            before = await store.find(session, login_id, contact_id)
            changed = await store.open_to(session, login_id, contact_id, visibility)
            if before is None or changed is None:
                raise LoginNotFound
            if before.visibility is not visibility:
                await emit(session, events.login_opened(contact_id, login_id, visibility.name.lower()))
        self._forget(contact_id)
        return changed

    async def _join(
        self, session: WriteSession, caller: Principal, contact_id: uuid.UUID, *, by: str
    ) -> Login:
        """The caller's login as it is joined now: a call at the same time may have been faster."""
        email = normal_email(caller.email) if caller.email_verified else None
        login = Login(
            id=new_id(),
            contact_id=contact_id,
            subject=caller.subject,
            name=clean(caller.name)[:200],
            email=(email or "").lower(),
            visibility=Visibility.OWN,
            linked_by=by,
            linked_at=self._clock.now(),
        )
        if await store.link(session, login):
            await emit(session, events.login_linked(contact_id, login.id))
            return login
        faster = await store.by_subject(session, caller.subject)
        if faster is None:
            raise Aborted("Somebody else changes this login right now; try again.", reason="LOGIN_CONTESTED")
        return faster

    async def _locked(self, session: WriteSession, invitation_id: uuid.UUID) -> Invitation:
        found = await store.lock_invitation(session, invitation_id)
        if found is None:
            raise InvitationNotFound
        note_subjects([found.contact_id])
        return found

    def _require_open(self, invitation: Invitation) -> None:
        state = invitation.state_at(self._clock.now())
        if state not in OPEN:
            raise InvitationEnded(state)

    async def _end(
        self, session: WriteSession, invitation: Invitation, state: State, *, reason: str = ""
    ) -> Invitation:
        return await store.change_invitation(
            session, invitation.id, state=state, reason=reason, ended_at=self._clock.now()
        )
