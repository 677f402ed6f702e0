"""`${NAME}` and `${NAME:default}` in realm files, filled from the environment as Keycloak does."""

import re
from collections.abc import Mapping
from typing import Any

from deploy.keycloak.errors import SetupError

_PLACEHOLDER = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}")


def resolve(document: Any, *, env: Mapping[str, str], source: str) -> Any:
    """Fill every placeholder of a parsed JSON document, or raise SetupError naming all that are unset."""
    missing: set[str] = set()
    filled = _walk(document, env, missing)
    if missing:
        # Keycloak would silently keep the text "${NAME}" as a client secret that everybody can read.
        raise SetupError(
            f"{source} needs these environment variables, which are not set: {', '.join(sorted(missing))}"
        )
    return filled


def _walk(value: Any, env: Mapping[str, str], missing: set[str]) -> Any:
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda match: _fill(match, env, missing), value)
    if isinstance(value, list):
        return [_walk(item, env, missing) for item in value]
    if isinstance(value, dict):
        return {key: _walk(item, env, missing) for key, item in value.items()}
    return value


def _fill(match: re.Match[str], env: Mapping[str, str], missing: set[str]) -> str:
    name, default = match.group(1), match.group(2)
    found = env.get(name) or default
    if found is None:
        missing.add(name)
        return match.group(0)
    return found
