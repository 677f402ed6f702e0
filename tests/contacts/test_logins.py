"""Logins and contacts: joined over a verified address or an invitation, several to one contact, each removable."""

import asyncio
import hashlib
import secrets
import uuid

import pytest
from kontor.contacts.v1 import contacts_pb2, logins_pb2
from kontor.privacy.v1 import holder_pb2
from sqlalchemy import text

from kernel.errors import AlreadyExists, DomainError, FailedPrecondition, NotFound, PermissionDenied
from tests.contacts.conftest import House, request_id, update_request

OWN = contacts_pb2.GetOwnContactRequest()
STATES = logins_pb2.InvitationState


async def facts(house: House) -> list[str]:
    async with house.database.reading() as session:
        return list((await session.execute(text("SELECT subject FROM outbox ORDER BY seq"))).scalars())


async def audited(house: House) -> list[tuple[str, list[uuid.UUID]]]:
    async with house.database.reading() as session:
        found = await session.execute(
            text(
                "SELECT method, subject_ids FROM audit_entry WHERE mutation AND method LIKE '%Logins%' ORDER BY seq"
            )
        )
        return [(row.method.rpartition("/")[2], row.subject_ids) for row in found]


async def invite(house: House, contact_id: str) -> logins_pb2.Invitation:
    invitation: logins_pb2.Invitation = await house.logins().InviteLogin(
        logins_pb2.InviteLoginRequest(request_id=request_id(), contact_id=contact_id)
    )
    return invitation


async def send(house: House, invitation_id: str) -> str:
    """What campaigns does at the moment of sending; answers the token of the link."""
    token = secrets.token_urlsafe(32)
    await house.logins("service").PrepareInvitation(
        logins_pb2.PrepareInvitationRequest(
            request_id=request_id(),
            invitation_id=invitation_id,
            token_sha256=hashlib.sha256(token.encode()).digest(),
        )
    )
    return token


async def accept(house: House, token: str, who: str, **claims: object) -> contacts_pb2.Contact:
    contact: contacts_pb2.Contact = await house.logins(
        "customer", **{"sub": who, "email": f"{who}@post.example", "email_verified": True, **claims}
    ).AcceptInvitation(logins_pb2.AcceptInvitationRequest(request_id=request_id(), token=token))
    return contact


async def doors(house: House, contact_id: str, *roles: str, **claims: str) -> logins_pb2.ListLoginsResponse:
    answer: logins_pb2.ListLoginsResponse = await house.logins(*roles, **claims).ListLogins(
        logins_pb2.ListLoginsRequest(contact_id=contact_id)
    )
    return answer


async def joined(house: House, contact_id: str, who: str) -> logins_pb2.Login:
    """A login that came by an invitation."""
    await accept(house, await send(house, (await invite(house, contact_id)).id), who, name=who.title())
    return next(one for one in (await doors(house, contact_id)).logins if one.name == who.title())


async def test_an_invitation_joins_one_login_whatever_its_address(house: House) -> None:
    contact = await house.create(email="familie@example.org", family_name="Sommer")
    invitation = await invite(house, contact.id)
    assert invitation.state == STATES.INVITATION_STATE_PLANNED
    token = await send(house, invitation.id)
    linked = await accept(house, token, "oma", name="Oma Sommer")
    assert linked.id == contact.id
    oma = house.customer("ganz.anders@example.org", sub="oma")
    assert (await oma.GetOwnContact(OWN)).id == contact.id
    seen = await doors(house, contact.id)
    (login,) = seen.logins
    assert (login.name, login.email, login.linked_by) == ("Oma Sommer", "oma@post.example", "invitation")
    assert login.visibility == logins_pb2.LOGIN_VISIBILITY_OWN
    assert [one.state for one in seen.invitations] == [STATES.INVITATION_STATE_ACCEPTED]
    assert await facts(house) == [
        "contacts.contact.created",
        "contacts.login.invited",
        "contacts.login.linked",
    ]
    assert {method for method, subjects in await audited(house) if subjects == [uuid.UUID(contact.id)]} == {
        "InviteLogin",
        "PrepareInvitation",
        "AcceptInvitation",
    }


async def test_only_the_hash_of_a_link_is_kept(house: House) -> None:
    contact = await house.create(email="a@example.org")
    token = await send(house, (await invite(house, contact.id)).id)
    async with house.database.reading() as session:
        for table in ("login_invitation", "idempotency", "outbox", "audit_entry"):
            rows = await session.execute(text(f"SELECT t::text FROM {table} t"))
            assert not [row for row in rows.scalars() if token in row or token.encode().hex() in row]


async def test_a_link_works_once_and_not_for_a_second_login(house: House) -> None:
    contact = await house.create(email="a@example.org")
    token = await send(house, (await invite(house, contact.id)).id)
    results = await asyncio.gather(
        *(accept(house, token, who) for who in ("eins", "zwei", "drei")), return_exceptions=True
    )
    refused = [one for one in results if isinstance(one, FailedPrecondition)]
    assert [one.metadata["state"] for one in refused] == ["ACCEPTED"] * 2
    assert len((await doors(house, contact.id)).logins) == 1


async def test_who_is_in_already_uses_no_link_up(house: House) -> None:
    contact = await house.create(email="a@example.org")
    await joined(house, contact.id, "eins")
    token = await send(house, (await invite(house, contact.id)).id)
    assert (await accept(house, token, "eins")).id == contact.id
    assert (await accept(house, token, "zwei")).id == contact.id


async def test_a_login_of_another_contact_never_moves(house: House) -> None:
    first, second = await house.create(email="a@example.org"), await house.create(email="b@example.org")
    await joined(house, first.id, "eins")
    token = await send(house, (await invite(house, second.id)).id)
    with pytest.raises(AlreadyExists) as refused:
        await accept(house, token, "eins")
    assert refused.value.reason == "LOGIN_LINKED"
    # The link is still good for whom it was meant.
    assert (await accept(house, token, "zwei")).id == second.id


async def test_an_unknown_link_says_nothing(house: House) -> None:
    with pytest.raises(NotFound):
        await accept(house, secrets.token_urlsafe(32), "eins")


async def test_a_link_ends_after_seven_days(house: House) -> None:
    contact = await house.create(email="a@example.org")
    token = await send(house, (await invite(house, contact.id)).id)
    house.clock.advance(days=7, seconds=-1)
    assert (await doors(house, contact.id)).invitations[0].state == STATES.INVITATION_STATE_SENT
    house.clock.advance(seconds=1)
    assert (await doors(house, contact.id)).invitations[0].state == STATES.INVITATION_STATE_EXPIRED
    with pytest.raises(FailedPrecondition) as late:
        await accept(house, token, "eins")
    assert late.value.metadata["state"] == "EXPIRED"


async def test_a_revoked_link_works_no_more_and_is_not_sent(house: House) -> None:
    contact = await house.create(email="a@example.org")
    sent, planned = await invite(house, contact.id), await invite(house, contact.id)
    token = await send(house, sent.id)
    for one in (sent, planned):
        revocation = logins_pb2.RevokeInvitationRequest(contact_id=contact.id, invitation_id=one.id)
        revocation.request_id = request_id()
        ended = await house.logins("sales").RevokeInvitation(revocation)
        assert ended.state == STATES.INVITATION_STATE_REVOKED
        revocation.request_id = request_id()
        with pytest.raises(FailedPrecondition):
            await house.logins("sales").RevokeInvitation(revocation)
    with pytest.raises(FailedPrecondition):
        await accept(house, token, "eins")
    with pytest.raises(FailedPrecondition):
        await send(house, planned.id)
    assert (await facts(house)).count("contacts.invitation.revoked") == 2


async def test_an_invitation_is_not_revoked_through_another_contact(house: House) -> None:
    contact, other = await house.create(email="a@example.org"), await house.create(email="b@example.org")
    invitation = await invite(house, contact.id)
    with pytest.raises(NotFound):
        await house.logins().RevokeInvitation(
            logins_pb2.RevokeInvitationRequest(
                request_id=request_id(), contact_id=other.id, invitation_id=invitation.id
            )
        )
    assert await send(house, invitation.id)
    revocation = logins_pb2.RevokeInvitationRequest(contact_id=contact.id, invitation_id=invitation.id)
    revocation.request_id = request_id()
    await house.logins().RevokeInvitation(revocation)
    # Nor does it say through another contact that the invitation has ended.
    with pytest.raises(NotFound):
        await house.logins().RevokeInvitation(
            logins_pb2.RevokeInvitationRequest(
                request_id=request_id(), contact_id=other.id, invitation_id=invitation.id
            )
        )


@pytest.mark.parametrize(
    ("email", "reason"), [("", "NO_ADDRESS"), ("gesperrt@example.org", "ADDRESS_SUPPRESSED")]
)
async def test_who_cannot_be_written_to_is_not_invited(house: House, email: str, reason: str) -> None:
    contact = await house.create(family_name="Muster", email=email)
    house.neighbour.suppressed.add("gesperrt@example.org")
    with pytest.raises(FailedPrecondition) as refused:
        await invite(house, contact.id)
    assert refused.value.reason == reason
    assert "contacts.login.invited" not in await facts(house)


async def test_nobodys_mailbox_is_filled(house: House) -> None:
    contact = await house.create(email="a@example.org")
    results = await asyncio.gather(*(invite(house, contact.id) for _ in range(8)), return_exceptions=True)
    assert sum(isinstance(one, logins_pb2.Invitation) for one in results) == 5
    assert {one.reason for one in results if isinstance(one, DomainError)} == {"TOO_MANY_INVITATIONS"}


async def test_why_a_mail_did_not_go_out_is_told(house: House) -> None:
    contact = await house.create(email="a@example.org")
    invitation = await invite(house, contact.id)
    failure = logins_pb2.FailInvitationRequest(
        request_id=request_id(), invitation_id=invitation.id, reason="restricted"
    )
    await house.logins("service").FailInvitation(failure)
    (shown,) = (await doors(house, contact.id)).invitations
    assert (shown.state, shown.reason) == (STATES.INVITATION_STATE_FAILED, "restricted")


async def test_a_login_that_was_taken_away_sees_nothing(house: House) -> None:
    contact = await house.create(email="a@example.org")
    await joined(house, contact.id, "eins")
    two = await joined(house, contact.id, "zwei")
    second = house.contacts("customer", sub="zwei")
    assert (await second.GetContact(contacts_pb2.GetContactRequest(contact_id=contact.id))).id == contact.id
    removal = logins_pb2.RemoveLoginRequest(request_id=request_id(), contact_id=contact.id, login_id=two.id)
    # By the customer, from another login of the same contact.
    await house.logins("customer", sub="eins").RemoveLogin(removal)
    for call in (
        second.GetOwnContact(OWN),
        second.GetContact(contacts_pb2.GetContactRequest(contact_id=contact.id)),
    ):
        with pytest.raises(NotFound):
            await call
    assert (await facts(house))[-1] == "contacts.login.removed"
    removal.request_id = request_id()
    with pytest.raises(NotFound):
        await house.logins().RemoveLogin(removal)


async def test_a_verified_address_does_not_let_in_who_was_taken_away_but_an_invitation_does(
    house: House,
) -> None:
    contact = await house.create(email="zwei@post.example")
    me = {"sub": "zwei", "email": "zwei@post.example", "email_verified": True, "name": "Zwei"}
    second = house.contacts("customer", **me)
    await second.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id()))
    (login,) = (await doors(house, contact.id)).logins
    await house.logins().RemoveLogin(
        logins_pb2.RemoveLoginRequest(request_id=request_id(), contact_id=contact.id, login_id=login.id)
    )
    assert list((await doors(house, contact.id)).logins) == []
    for create in (False, True):
        with pytest.raises(FailedPrecondition) as ended:
            await second.LinkLogin(contacts_pb2.LinkLoginRequest(request_id=request_id(), create=create))
        assert ended.value.reason == "LOGIN_REMOVED"
    async with house.database.reading() as session:
        row = (await session.execute(text("SELECT name, email FROM login"))).one()
    assert tuple(row) == ("", "")
    token = await send(house, (await invite(house, contact.id)).id)
    assert (await accept(house, token, "zwei")).id == contact.id
    assert (await second.GetOwnContact(OWN)).id == contact.id
    (back,) = (await doors(house, contact.id)).logins
    assert (back.linked_by, back.id == login.id) == ("invitation", False)


async def test_customers_keep_their_own_login_and_reach_no_other_contacts(house: House) -> None:
    contact, other = await house.create(email="a@example.org"), await house.create(email="b@example.org")
    one = await joined(house, contact.id, "eins")
    two = await joined(house, other.id, "zwei")
    mine = house.logins("customer", sub="eins")
    with pytest.raises(FailedPrecondition) as own:
        await mine.RemoveLogin(
            logins_pb2.RemoveLoginRequest(request_id=request_id(), contact_id=contact.id, login_id=one.id)
        )
    assert own.value.reason == "LOGIN_IS_YOURS"
    for contact_id, login_id in ((other.id, two.id), (contact.id, two.id)):
        with pytest.raises(NotFound):
            await mine.RemoveLogin(
                logins_pb2.RemoveLoginRequest(
                    request_id=request_id(), contact_id=contact_id, login_id=login_id
                )
            )
    with pytest.raises(NotFound):
        await doors(house, other.id, "customer", sub="eins")
    with pytest.raises(PermissionDenied):
        await mine.InviteLogin(logins_pb2.InviteLoginRequest(request_id=request_id(), contact_id=contact.id))
    with pytest.raises(PermissionDenied):
        await mine.SetLoginVisibility(
            logins_pb2.SetLoginVisibilityRequest(
                request_id=request_id(),
                contact_id=contact.id,
                login_id=one.id,
                visibility=logins_pb2.LOGIN_VISIBILITY_ORGANISATION,
            )
        )
    (seen,) = (await doors(house, contact.id, "customer", sub="eins")).logins
    assert seen.own


async def open_for_organisation(house: House, login: logins_pb2.Login) -> None:
    await house.logins("manager").SetLoginVisibility(
        logins_pb2.SetLoginVisibilityRequest(
            request_id=request_id(),
            contact_id=login.contact_id,
            login_id=login.id,
            visibility=logins_pb2.LOGIN_VISIBILITY_ORGANISATION,
        )
    )


async def employee(
    house: House, organisation_id: str, name: str, *, shared: bool = True
) -> contacts_pb2.Contact:
    relation = contacts_pb2.Relation(organisation_id=organisation_id, role="Einkauf", shared=shared)
    return await house.create(
        family_name=name, email=f"{name.lower()}@firma.example", phone="030 123456", relations=[relation]
    )


async def test_an_opened_login_sees_colleagues_by_name_where_both_relations_share(house: House) -> None:
    firms = [
        await house.contacts().CreateOrganisation(
            contacts_pb2.CreateOrganisationRequest(
                request_id=request_id(), organisation=contacts_pb2.Organisation(name=name)
            )
        )
        for name in ("Werk GmbH", "Verein e.V.")
    ]
    boss = await employee(house, firms[0].id, "Chef")
    kim = await employee(house, firms[0].id, "Kim")
    await employee(house, firms[0].id, "Privat", shared=False)
    await employee(house, firms[1].id, "Fremd")
    login = await joined(house, boss.id, "chef")
    mine = house.logins("customer", sub="chef")
    asked = logins_pb2.GetOwnViewRequest()
    assert list((await mine.GetOwnView(asked)).colleagues) == []
    await open_for_organisation(house, login)
    view = await mine.GetOwnView(asked)
    assert view.visibility == logins_pb2.LOGIN_VISIBILITY_ORGANISATION
    # The name, and nothing else of them.
    assert list(view.colleagues) == [logins_pb2.Colleague(contact_id=kim.id, name="Kim")]
    # Who is seen can see by whom.
    assert [one.name for one in (await doors(house, kim.id)).watchers] == ["Chef"]
    assert list((await doors(house, boss.id)).watchers) == []
    with pytest.raises(NotFound):
        await house.contacts("customer", sub="chef").GetContact(
            contacts_pb2.GetContactRequest(contact_id=kim.id)
        )
    await house.contacts().UpdateContact(
        update_request(kim.id, relations=[contacts_pb2.Relation(organisation_id=firms[0].id, role="Einkauf")])
    )
    assert list((await mine.GetOwnView(asked)).colleagues) == []
    assert (await facts(house)).count("contacts.login.opened") == 1


async def test_erasure_takes_all_links_of_a_contact_and_the_address_of_a_login_elsewhere(
    house: House,
) -> None:
    contact, other = await house.create(email="a@example.org"), await house.create(email="zwei@post.example")
    await joined(house, contact.id, "eins")
    await joined(house, contact.id, "zwei")
    token = await send(house, (await invite(house, contact.id)).id)
    # "zwei" is a login of the first contact and a contact of its own: its erasure takes the login along.
    await erase(house, other.id, "zwei@post.example")
    assert [one.email for one in (await doors(house, contact.id)).logins] == ["eins@post.example"]
    await erase(house, contact.id, "a@example.org")
    with pytest.raises(NotFound):
        await house.contacts("customer", sub="eins").GetOwnContact(OWN)
    with pytest.raises(NotFound):
        await accept(house, token, "drei")
    async with house.database.reading() as session:
        left = await session.execute(text("SELECT count(*) FROM login"))
        assert left.scalar_one() == 0


async def erase(house: House, contact_id: str, email: str) -> None:
    subject = holder_pb2.PlanRequest(
        request_id=request_id(),
        subject_id=contact_id,
        kind=holder_pb2.REQUEST_KIND_ERASURE,
        identifiers=holder_pb2.Identifiers(emails=[email]),
    )
    plan = await house.holder().Plan(subject)
    await house.holder().Execute(
        holder_pb2.ExecuteRequest(request_id=request_id(), plan_id=plan.plan_id, plan_hash=plan.plan_hash)
    )
