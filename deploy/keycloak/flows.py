"""Kontor's own sign-in flows, mended step by step. Keycloak's built-in ones are Keycloak's business."""

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from deploy.keycloak.door import Door, named
from deploy.keycloak.plan import Change, differences, explained
from deploy.keycloak.wanted import Wanted

_FLOWS = "authentication/flows"
# Lets everybody in whom the steps around it do not stop.
_OPEN_DOOR = "allow-access-authenticator"
_Step = Mapping[str, Any]


class _Present:
    """The flows that are there, in the shape of the realm file."""

    def __init__(self, door: Door) -> None:
        exported = door.ask("partial-export", exportClients="false", exportGroupsAndRoles="false")
        self.flows = {flow["alias"]: flow for flow in exported["authenticationFlows"]}
        self.configs = {item["alias"]: item["config"] for item in exported.get("authenticatorConfig", ())}


def changes(wanted: Wanted, door: Door) -> Iterator[Change]:
    """From the outermost flow inwards: a flow that is missing is made as a step of the one around it."""
    present = _Present(door)
    configs = {item["alias"]: item["config"] for item in wanted.items("authenticatorConfig")}
    late: list[Change] = []
    for flow in wanted.items("authenticationFlows"):
        found = present.flows.get(flow["alias"])
        if found is None and flow["topLevel"]:
            body = {key: flow[key] for key in ("alias", "description", "providerId", "topLevel", "builtIn")}
            yield Change("+", f"flow {flow['alias']}", "", partial(door.post, _FLOWS, body))
        there = {_key(step): step for step in found["authenticationExecutions"]} if found else {}
        yield from _steps(flow, there, present.configs, configs, door=door)
        late += _openings(flow, there, door)
    # From the inside out, when everything is in place: a flow that is half built must let nobody in.
    yield from reversed(late)


def _steps(
    flow: Mapping[str, Any],
    there: Mapping[str, _Step],
    present: Mapping[str, Any],
    configs: Mapping[str, Any],
    *,
    door: Door,
) -> Iterator[Change]:
    names = set()
    for step in flow["authenticationExecutions"]:
        key, found = _key(step), there.get(_key(step))
        names.add(key)
        what, config = f"flow {flow['alias']}, step {key}", configs.get(step.get("authenticatorConfig", ""))
        if found is None:
            yield Change("+", what, step["requirement"], partial(_add, door, flow["alias"], step, config))
            continue
        shown = {name: step[name] for name in ("requirement", "priority")}
        if unlike := differences(shown, found):
            yield Change("~", what, explained(unlike), partial(_require, door, flow["alias"], step))
        if config is not None and (unlike := differences(config, present.get(_config_of(found), {}))):
            yield Change("~", what, explained(unlike), partial(_configure, door, flow["alias"], step, config))
    for key in sorted(there.keys() - names):
        yield Change("-", f"flow {flow['alias']}, step {key}", "", partial(_remove, door, flow["alias"], key))


def _openings(flow: Mapping[str, Any], there: Mapping[str, _Step], door: Door) -> list[Change]:
    """Switching on what lets people through and is made in this run; Keycloak makes every step disabled."""
    return [
        Change(
            "~",
            f"flow {flow['alias']}, step {_key(step)}",
            step["requirement"],
            partial(_require, door, flow["alias"], step),
        )
        for step in flow["authenticationExecutions"]
        if _lets_through(step) and _key(step) not in there
    ]


def _lets_through(step: _Step) -> bool:
    return "flowAlias" in step or step["authenticator"] == _OPEN_DOOR


def _key(step: _Step) -> str:
    """What a step is: the flow that it opens, or its authenticator. None of our flows has one twice."""
    return str(step.get("flowAlias") or step["authenticator"])


def _config_of(step: _Step) -> str:
    return str(step.get("authenticatorConfig", ""))


def _add(door: Door, flow: str, step: _Step, config: Mapping[str, Any] | None) -> None:
    base = f"{_FLOWS}/{named(flow)}/executions"
    if "flowAlias" in step:
        body = {"alias": step["flowAlias"], "type": "basic-flow", "provider": "", "description": ""}
        door.post(f"{base}/flow", body)
        return
    door.post(f"{base}/execution", {"provider": step["authenticator"]})
    if config is not None:
        _configure(door, flow, step, config)
    if not _lets_through(step):
        _require(door, flow, step)


def _require(door: Door, flow: str, step: _Step) -> None:
    found = _execution(door, flow, _key(step))
    body = {**found, "requirement": step["requirement"], "priority": step["priority"]}
    door.put(f"{_FLOWS}/{named(flow)}/executions", body)


def _configure(door: Door, flow: str, step: _Step, config: Mapping[str, Any]) -> None:
    found = _execution(door, flow, _key(step))
    body = {"alias": step["authenticatorConfig"], "config": dict(config)}
    if known := found.get("authenticationConfig"):
        door.put(f"authentication/config/{known}", {**body, "id": known})
    else:
        door.post(f"authentication/executions/{found['id']}/config", body)


def _remove(door: Door, flow: str, key: str) -> None:
    door.delete(f"authentication/executions/{_execution(door, flow, key)['id']}")


def _execution(door: Door, flow: str, key: str) -> dict[str, Any]:
    """A step as the administration lists it: flat, with the steps of inner flows behind it."""
    listed: list[dict[str, Any]] = door.get(f"{_FLOWS}/{named(flow)}/executions")
    own = [step for step in listed if step["level"] == 0]
    return next(step for step in own if key in (step.get("providerId"), step["displayName"]))
