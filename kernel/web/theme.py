"""Light or dark: the visitor's choice in a cookie, else what the system prefers."""

from flask import Flask, request

COOKIE = "kontor-theme"


def install(app: Flask) -> None:
    """Tell templates the chosen theme, so that no page flashes in the wrong one."""

    @app.context_processor
    def chosen() -> dict[str, str]:
        value = request.cookies.get(COOKIE, "")
        return {"theme": value if value in {"light", "dark"} else ""}
