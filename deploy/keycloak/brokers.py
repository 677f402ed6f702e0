"""Sign-in elsewhere: Google, Microsoft and any OpenID Connect provider."""

from collections.abc import Iterator
from functools import partial

from deploy.keycloak.door import Door, named
from deploy.keycloak.plan import Change, differences, explained, merged
from deploy.keycloak.wanted import Wanted

_PATH = "identity-provider/instances"


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """The file's brokers. Keycloak never tells a broker's secret, so a secret alone makes no difference;
    it is sent along with any other change."""
    present = {broker["alias"]: broker for broker in door.get(_PATH)}
    for broker in wanted.items("identityProviders"):
        what, found = f"broker {broker['alias']}", present.get(broker["alias"])
        if found is None:
            yield Change("+", what, "", partial(door.post, _PATH, broker))
        elif unlike := differences(broker, found):
            path = f"{_PATH}/{named(broker['alias'])}"
            yield Change("~", what, explained(unlike), partial(door.put, path, merged(found, broker)))
