"""Liveness and readiness, for the cluster and for the embedded stack."""

from collections.abc import Callable

from flask import Flask, Response

from kernel.web.access import public


def install(app: Flask, *, ready: Callable[[], bool]) -> None:
    """`/healthz` says the process lives; `/readyz` that it can hold a session."""

    @public
    def healthz() -> Response:
        return Response("ok\n", mimetype="text/plain")

    @public
    def readyz() -> Response:
        if ready():
            return Response("ready\n", mimetype="text/plain")
        return Response("the session database does not answer\n", 503, mimetype="text/plain")

    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)
