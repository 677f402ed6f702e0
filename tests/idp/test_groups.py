"""Departments: a person's groups stand in the token that services read, and the realm tells who is in them."""

import json
from pathlib import Path

from devstack.idp.claims import ClaimsBuilder, Subject
from devstack.idp.database import Database
from devstack.idp.realm import load_realm
from devstack.idp.users import Users
from tests.idp import stack


def test_the_groups_of_a_person_stand_in_the_access_token_by_name(tmp_path: Path) -> None:
    raw = json.loads(stack.REALM.read_text())
    raw["groups"] = [{"name": "nord", "path": "/nord", "realmRoles": ["sales"]}]
    file = tmp_path / "realm.json"
    file.write_text(json.dumps(raw))
    realm = load_realm(file, env=stack.environment())
    database = Database(tmp_path / "state")
    users = Users(database)
    nora = users.create({"username": "nora", "enabled": True, "groups": ["/nord"]}, roles=["sales"])
    olaf = users.create({"username": "olaf", "enabled": True}, roles=["sales"])
    builder = ClaimsBuilder(realm, issuer="http://127.0.0.1/realms/kontor", groups_of=users.groups_of)
    gateway = realm.clients["kontor-gateway"]
    told = {
        user.username: builder.access(Subject(user=user), client=gateway, scope="openid")["groups"]
        for user in (nora, olaf)
    }
    assert told == {"nora": ["nord"], "olaf": []}
    assert "groups" not in builder.identity(Subject(user=nora), client=gateway, scope="openid")
    assert [user.username for user in users.in_group("/nord")] == ["nora"]
    users.delete(nora.id)
    assert users.in_group("/nord") == []
    database.close()
