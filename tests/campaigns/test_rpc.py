"""The contract through all eight stages: roles, validation, pages, repeated requests, erasure."""

import base64
import uuid
from dataclasses import dataclass

import pytest
from kontor.campaigns.v1 import campaigns_pb2 as pb
from kontor.campaigns.v1 import campaigns_pb2_grpc as services
from kontor.contacts.v1 import contacts_pb2
from kontor.privacy.v1 import holder_pb2, holder_pb2_grpc
from sqlalchemy import text

from kernel.errors import FailedPrecondition, InvalidArgument, NotFound, PermissionDenied
from kernel.pages import Pages
from kernel.signing import Signer
from services.campaigns.audiences.rpc import AudiencesRpc
from services.campaigns.campaigns.rpc import CampaignsRpc
from services.campaigns.forms.rpc import FormsRpc
from services.campaigns.holder import make_holder
from services.campaigns.links.rpc import LinksRpc
from services.campaigns.tables import metadata
from services.campaigns.templates.rpc import TemplatesRpc
from tests.campaigns.conftest import MJML, SECRET, House
from tests.campaigns.neighbours import TEXTS, TOPIC
from tests.fixtures.realm import Realm
from tests.fixtures.serving import Serve, Served


@dataclass
class Doors:
    """The service's public doors."""

    house: House
    served: Served
    realm: Realm

    def templates(self, role: str = "marketer") -> "services.TemplatesAsyncStub":
        return services.TemplatesStub(self.served.channel(self.realm.token(role)))

    def audiences(self, role: str = "marketer") -> "services.AudiencesAsyncStub":
        return services.AudiencesStub(self.served.channel(self.realm.token(role)))

    def campaigns(self, role: str = "marketer") -> "services.CampaignsAsyncStub":
        return services.CampaignsStub(self.served.channel(self.realm.token(role)))

    def forms(self, role: str = "service") -> "services.FormsAsyncStub":
        return services.FormsStub(self.served.channel(self.realm.token(role)))

    def links(self, role: str = "service") -> "services.LinksAsyncStub":
        return services.LinksStub(self.served.channel(self.realm.token(role)))

    def holder(self) -> "holder_pb2_grpc.DataHolderAsyncStub":
        return holder_pb2_grpc.DataHolderStub(self.served.channel(self.realm.token("service")))


@pytest.fixture
async def doors(house: House, serve: Serve, realm: Realm) -> Doors:
    pages, cases = Pages(SECRET), house.use_cases
    signer = Signer(base64.b64encode(b"k" * 32).decode())
    served = await serve(
        (services.add_TemplatesServicer_to_server, TemplatesRpc(cases.templates, pages)),
        (services.add_AudiencesServicer_to_server, AudiencesRpc(cases.audiences, pages)),
        (services.add_CampaignsServicer_to_server, CampaignsRpc(cases.campaigns, pages)),
        (services.add_FormsServicer_to_server, FormsRpc(cases.forms)),
        (services.add_LinksServicer_to_server, LinksRpc(cases.links)),
        (holder_pb2_grpc.add_DataHolderServicer_to_server, make_holder(house.database, metadata, signer)),
        database=house.database,
        audience="kontor-campaigns",
    )
    return Doors(house, served, realm)


def fresh() -> str:
    return str(uuid.uuid4())


def template(subject: str = "Neues") -> pb.Template:
    return pb.Template(name="V", subject=subject, mjml=MJML, language="de")


async def campaign_of(doors: Doors) -> pb.Campaign:
    made = await doors.templates().CreateTemplate(
        pb.CreateTemplateRequest(request_id=fresh(), template=template())
    )
    audience = await doors.audiences().CreateAudience(
        pb.CreateAudienceRequest(request_id=fresh(), audience=pb.Audience(name="Alle", topic=TOPIC))
    )
    return await doors.campaigns().CreateCampaign(
        pb.CreateCampaignRequest(
            request_id=fresh(),
            campaign=pb.Campaign(name="Frühling", template_id=made.id, audience_id=audience.id),
        )
    )


async def test_a_campaign_from_template_to_its_messages(doors: Doors) -> None:
    for number in range(5):
        doors.house.world.add(number)
    doors.house.world.add(9, consent=False)
    campaign = await campaign_of(doors)
    assert campaign.state == pb.CAMPAIGN_STATE_DRAFT
    start = pb.StartCampaignRequest(request_id=fresh(), campaign_id=campaign.id)
    assert (await doors.campaigns().StartCampaign(start)).state == pb.CAMPAIGN_STATE_SENDING
    # The same request gets the same answer; another start is too late.
    assert (await doors.campaigns().StartCampaign(start)).state == pb.CAMPAIGN_STATE_SENDING
    again = pb.StartCampaignRequest(request_id=fresh(), campaign_id=campaign.id)
    with pytest.raises(FailedPrecondition):
        await doors.campaigns().StartCampaign(again)
    await doors.house.freeze.run()
    await doors.house.sending.sender.run()

    done = await doors.campaigns("dpo").GetCampaign(pb.GetCampaignRequest(campaign_id=campaign.id))
    assert done.state == pb.CAMPAIGN_STATE_FINISHED
    assert (done.counts.audience, done.counts.sent, done.counts.denied) == (6, 5, 1)
    assert [(one.reason, one.count) for one in done.counts.reasons] == [("no-consent", 1)]
    asked = pb.ListMessagesRequest(campaign_id=campaign.id, page_size=4)
    first = await doors.campaigns().ListMessages(asked)
    asked.page_token = first.next_page_token
    second = await doors.campaigns().ListMessages(asked)
    assert len({one.id for one in (*first.messages, *second.messages)}) == 6
    assert not second.next_page_token
    await doors.served.audit.flush()
    async with doors.house.database.reading() as session:
        statement = text(
            "SELECT subject_ids FROM audit_entry WHERE method LIKE '%/ListMessages' ORDER BY seq"
        )
        noted = [set(ids) for ids in (await session.execute(statement)).scalars()]
    # Whoever was not shown was not read.
    assert noted == [{uuid.UUID(one.contact_id) for one in page.messages} for page in (first, second)]
    denied = await doors.campaigns().ListMessages(
        pb.ListMessagesRequest(campaign_id=campaign.id, states=[pb.MESSAGE_STATE_DENIED])
    )
    assert [one.reason for one in denied.messages] == ["no-consent"]
    for reason, many in (("no-consent", 1), ("withdrawn", 0)):
        of_reason = pb.ListMessagesRequest(campaign_id=campaign.id, reason=reason)
        assert len((await doors.campaigns().ListMessages(of_reason)).messages) == many
    (sent, *_) = [one for one in (*first.messages, *second.messages) if one.permit_id]
    wanted = pb.GetPermittedMessageRequest(contact_id=sent.contact_id, permit_id=sent.permit_id)
    found = await doors.campaigns("dpo").GetPermittedMessage(wanted)
    assert (found.id, found.campaign_id) == (sent.id, campaign.id)
    wanted.contact_id = denied.messages[0].contact_id
    with pytest.raises(NotFound):
        await doors.campaigns("dpo").GetPermittedMessage(wanted)
    asked.states.append(pb.MESSAGE_STATE_SENT)
    with pytest.raises(InvalidArgument):
        await doors.campaigns().ListMessages(asked)


async def test_lists_are_paged_newest_first(doors: Doors) -> None:
    for _ in range(3):
        await campaign_of(doors)
    everything = await doors.campaigns().ListCampaigns(pb.ListCampaignsRequest())
    first = await doors.campaigns().ListCampaigns(pb.ListCampaignsRequest(page_size=2))
    rest = await doors.campaigns().ListCampaigns(
        pb.ListCampaignsRequest(page_size=2, page_token=first.next_page_token)
    )
    ids = [one.id for one in everything.campaigns]
    assert [one.id for one in (*first.campaigns, *rest.campaigns)] == ids == sorted(ids, reverse=True)
    assert len((await doors.templates().ListTemplates(pb.ListTemplatesRequest(page_size=2))).templates) == 2
    assert len((await doors.audiences().ListAudiences(pb.ListAudiencesRequest(page_size=2))).audiences) == 2


async def test_an_audience_is_previewed_by_reason_and_asks_for_no_permit(doors: Doors) -> None:
    doors.house.world.add(1, city="Köln")
    doors.house.world.add(2, city="Köln", consent=False)
    doors.house.world.add(3, city="Köln", email="")
    doors.house.world.add(4, city="Bonn")
    audience = pb.Audience(name="Köln", topic=TOPIC, filter=contacts_pb2.ContactFilter(city="Köln"))
    made = await doors.audiences().CreateAudience(
        pb.CreateAudienceRequest(request_id=fresh(), audience=audience)
    )
    assert made.filter.city == "Köln"
    shown = await doors.audiences().PreviewAudience(pb.PreviewAudienceRequest(audience_id=made.id))
    assert (shown.contacts, shown.permitted) == (3, 1)
    assert {one.reason: one.count for one in shown.denied} == {"no-consent": 1, "no-address": 1}
    assert doors.house.world.calls["Authorize"] == 0


async def test_a_preview_shows_an_invented_person(doors: Doors) -> None:
    shown = await doors.templates().PreviewTemplate(pb.PreviewTemplateRequest(template=template()))
    assert "Sehr geehrte Frau Mustermann" in shown.html
    assert "Sehr geehrte Frau Mustermann" in shown.text
    with pytest.raises(InvalidArgument) as refused:
        await doors.templates().PreviewTemplate(
            pb.PreviewTemplateRequest(template=template(subject="{{ iban }}"))
        )
    assert refused.value.violations == {"template.subject": "unknown placeholder: iban"}


async def test_who_may_do_what_stands_on_the_contract(doors: Doors) -> None:
    with pytest.raises(PermissionDenied):
        await doors.templates("customer").ListTemplates(pb.ListTemplatesRequest())
    with pytest.raises(PermissionDenied):
        await doors.templates("dpo").CreateTemplate(
            pb.CreateTemplateRequest(request_id=fresh(), template=template())
        )
    with pytest.raises(PermissionDenied):
        await doors.links("marketer").Unsubscribe(pb.UnsubscribeRequest(request_id=fresh(), token="x"))


async def test_what_is_not_there_is_not_found(doors: Doors) -> None:
    for call in (
        doors.templates().GetTemplate(pb.GetTemplateRequest(template_id=fresh())),
        doors.audiences().PreviewAudience(pb.PreviewAudienceRequest(audience_id=fresh())),
        doors.campaigns().GetCampaign(pb.GetCampaignRequest(campaign_id=fresh())),
        doors.campaigns().ListMessages(pb.ListMessagesRequest(campaign_id=fresh())),
        doors.campaigns().StartCampaign(pb.StartCampaignRequest(request_id=fresh(), campaign_id=fresh())),
        doors.links().GetPreferences(pb.GetPreferencesRequest(token="A" * 43)),
        doors.forms().ConfirmSignUp(pb.ConfirmSignUpRequest(request_id=fresh(), token="A" * 43)),
    ):
        with pytest.raises(NotFound):
            await call


async def test_sign_up_confirm_and_erasure_leave_nothing_behind(doors: Doors) -> None:
    house, email = doors.house, "neu@demo.example"
    await doors.forms().SubmitSignUp(
        pb.SubmitSignUpRequest(
            request_id=fresh(),
            email=email,
            given_name="Änne",
            family_name="Größl",
            language="de",
            topics=[TOPIC],
            text_id=TEXTS[TOPIC, "de"],
        )
    )
    await house.sending.confirmations.run()
    part = house.sink.mail_to(email).get_body(("plain",))
    assert part is not None
    token = part.get_content().split("/newsletter/confirm/")[1].split()[0]
    confirm = pb.ConfirmSignUpRequest(request_id=fresh(), token=token, ip_address="192.0.2.2")
    for _ in range(2):
        assert list((await doors.forms().ConfirmSignUp(confirm)).topics) == [TOPIC]
    await house.started()
    await house.sending.sender.run()

    (contact,) = house.world.people
    who = holder_pb2.Identifiers(emails=[email], names=["Änne Größl"])
    records = [
        one
        async for one in doors.holder().Collect(
            holder_pb2.CollectRequest(subject_id=contact, identifiers=who)
        )
    ]
    assert {one.dataset for one in records} >= {"sign_up", "message"}
    plan = await doors.holder().Plan(
        holder_pb2.PlanRequest(
            request_id=fresh(), subject_id=contact, identifiers=who, kind=holder_pb2.REQUEST_KIND_ERASURE
        )
    )
    await doors.holder().Execute(
        holder_pb2.ExecuteRequest(request_id=fresh(), plan_id=plan.plan_id, plan_hash=plan.plan_hash)
    )
    left = await doors.holder().Probe(holder_pb2.ProbeRequest(subject_id=contact, identifiers=who))
    assert [one for one in left.findings if not one.law] == []
    assert await house.rows("SELECT 1 FROM sign_up") == []
    assert [row.contact_id for row in await house.rows("SELECT contact_id FROM message")] == [None]
