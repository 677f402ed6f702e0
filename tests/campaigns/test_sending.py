"""The sender's everyday work: who gets a mail, who does not and why, and what the mail looks like."""

from tests.campaigns.conftest import House


async def test_exactly_the_permitted_get_one_mail_and_everybody_else_has_a_reason(house: House) -> None:
    for number in range(5):
        house.world.add(number)
    house.world.add(5, consent=False)
    house.world.add(6, email="")
    house.world.suppressed.add("person7@demo.example")
    house.world.add(7)
    gone = house.world.add(8)
    campaign = await house.started()
    del house.world.people[gone]
    await house.sending.sender.run()

    assert house.sink.recipients == {f"person{number}@demo.example": 1 for number in range(5)}
    progress = await house.use_cases.campaigns.get_campaign(campaign.id)
    assert progress.campaign.state == "finished"
    assert progress.counts.by_reason == {"no-consent": 1, "no-address": 1, "suppressed": 1, "erased": 1}
    rows = await house.rows("SELECT * FROM message WHERE state = 'sent'")
    assert all(str(row.permit_id) in house.world.permits for row in rows)
    assert await house.facts("campaigns.message.sent") == 5
    assert await house.facts("campaigns.campaign.finished") == 1
