"""Logins on the wire: `kontor.contacts.v1.Logins`, and the part of Contacts that is about the own login."""

from __future__ import annotations

import uuid
from typing import Any

from kontor.contacts.v1 import contacts_pb2, logins_pb2, logins_pb2_grpc

from kernel.clock import Clock, to_timestamp
from kernel.rpc.call import current_principal
from kernel.rpc.rows import narrowed_caller
from services.contacts.logins.model import Invitation, Login, Visibility
from services.contacts.logins.service import LoginsService
from services.contacts.people.model import Colleague
from services.contacts.people.rpc import contact_message


class OwnLoginRpc:
    """Handlers of Contacts that begin with the caller's login."""

    def __init__(self, service: LoginsService) -> None:
        self._logins = service

    async def LinkLogin(self, request: contacts_pb2.LinkLoginRequest, context: Any) -> contacts_pb2.Contact:
        return contact_message(await self._logins.link_login(narrowed_caller(), create=request.create))

    async def GetOwnContact(
        self, request: contacts_pb2.GetOwnContactRequest, context: Any
    ) -> contacts_pb2.Contact:
        return contact_message(await self._logins.get_own_contact(narrowed_caller()))


class LoginsRpc(logins_pb2_grpc.LoginsServicer):
    """Handlers of Logins."""

    def __init__(self, service: LoginsService, clock: Clock) -> None:
        self._logins = service
        self._clock = clock

    async def ListLogins(
        self, request: logins_pb2.ListLoginsRequest, context: Any
    ) -> logins_pb2.ListLoginsResponse:
        doors = await self._logins.list_logins(uuid.UUID(request.contact_id))
        return logins_pb2.ListLoginsResponse(
            logins=[_login(login) for login in doors.logins],
            invitations=[self._invitation(one) for one in doors.invitations],
            watchers=[_colleague(one) for one in doors.watchers],
        )

    async def InviteLogin(
        self, request: logins_pb2.InviteLoginRequest, context: Any
    ) -> logins_pb2.Invitation:
        return self._invitation(await self._logins.invite_login(uuid.UUID(request.contact_id)))

    async def RevokeInvitation(
        self, request: logins_pb2.RevokeInvitationRequest, context: Any
    ) -> logins_pb2.Invitation:
        contact_id, invitation_id = uuid.UUID(request.contact_id), uuid.UUID(request.invitation_id)
        return self._invitation(await self._logins.revoke_invitation(contact_id, invitation_id))

    async def AcceptInvitation(
        self, request: logins_pb2.AcceptInvitationRequest, context: Any
    ) -> contacts_pb2.Contact:
        return contact_message(await self._logins.accept_invitation(narrowed_caller(), request.token))

    async def RemoveLogin(self, request: logins_pb2.RemoveLoginRequest, context: Any) -> logins_pb2.Login:
        contact_id, login_id = uuid.UUID(request.contact_id), uuid.UUID(request.login_id)
        return _login(await self._logins.remove_login(contact_id, login_id, caller=current_principal()))

    async def SetLoginVisibility(
        self, request: logins_pb2.SetLoginVisibilityRequest, context: Any
    ) -> logins_pb2.Login:
        contact_id, login_id = uuid.UUID(request.contact_id), uuid.UUID(request.login_id)
        visibility = Visibility(request.visibility)
        return _login(await self._logins.set_login_visibility(contact_id, login_id, visibility))

    async def PrepareInvitation(
        self, request: logins_pb2.PrepareInvitationRequest, context: Any
    ) -> logins_pb2.Invitation:
        invitation_id = uuid.UUID(request.invitation_id)
        return self._invitation(await self._logins.prepare_invitation(invitation_id, request.token_sha256))

    async def FailInvitation(
        self, request: logins_pb2.FailInvitationRequest, context: Any
    ) -> logins_pb2.Invitation:
        invitation_id = uuid.UUID(request.invitation_id)
        return self._invitation(await self._logins.fail_invitation(invitation_id, request.reason))

    async def GetOwnView(self, request: logins_pb2.GetOwnViewRequest, context: Any) -> logins_pb2.OwnView:
        view = await self._logins.get_own_view(narrowed_caller())
        return logins_pb2.OwnView(
            contact_id=str(view.contact_id),
            visibility=view.visibility,  # type: ignore[arg-type]
            colleagues=[_colleague(one) for one in view.colleagues],
        )

    def _invitation(self, invitation: Invitation) -> logins_pb2.Invitation:
        return logins_pb2.Invitation(
            id=str(invitation.id),
            contact_id=str(invitation.contact_id),
            state=invitation.state_at(self._clock.now()),  # type: ignore[arg-type]
            reason=invitation.reason,
            create_time=to_timestamp(invitation.created_at),
            expire_time=to_timestamp(invitation.expires_at),
            end_time=to_timestamp(invitation.ended_at),
        )


def _login(login: Login) -> logins_pb2.Login:
    return logins_pb2.Login(
        id=str(login.id),
        contact_id=str(login.contact_id),
        name=login.name,
        email=login.email,
        visibility=login.visibility,  # type: ignore[arg-type]
        linked_by=login.linked_by,
        link_time=to_timestamp(login.linked_at),
        own=login.subject == current_principal().subject,
    )


def _colleague(colleague: Colleague) -> logins_pb2.Colleague:
    return logins_pb2.Colleague(contact_id=str(colleague.contact_id), name=colleague.name)
