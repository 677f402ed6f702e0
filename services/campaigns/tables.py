"""All tables of this service, for migrations and for the holder."""

from services.campaigns.askings import tables as askings
from services.campaigns.audiences import tables as audiences
from services.campaigns.base import Base
from services.campaigns.campaigns import tables as campaigns
from services.campaigns.forms import tables as forms
from services.campaigns.invitations import tables as invitations
from services.campaigns.notices import tables as notices
from services.campaigns.renewals import tables as renewals
from services.campaigns.sender import tables as sender
from services.campaigns.templates import tables as templates

__all__ = [
    "askings",
    "audiences",
    "campaigns",
    "forms",
    "invitations",
    "metadata",
    "notices",
    "renewals",
    "sender",
    "templates",
]

metadata = Base.metadata
