"""Runs a web process: one gunicorn worker with threads, no access log."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from flask import Flask
from gunicorn.app.base import BaseApplication

from kernel import telemetry
from kernel.web.config import WebSettings

Settings = TypeVar("Settings", bound=WebSettings)
_SHM = Path("/dev/shm")  # noqa: S108 - memory for the heartbeat file, not a secret's home


def serve(create_app: Callable[[Settings], Flask], settings: Settings, *, service: str) -> None:
    """Serve until SIGTERM; in-flight requests get 25 s to finish."""

    class Runner(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _options(settings).items():
                self.cfg.set(name, value)

        def load(self) -> Flask:
            # Called in the worker, after the fork: channels and the database engine
            # must not be shared with the arbiter, and exporter threads do not survive it.
            telemetry.set_up(service=service, level=settings.log_level, otlp_endpoint=settings.otlp_endpoint)
            return create_app(settings)

    Runner().run()


def _options(settings: WebSettings) -> dict[str, Any]:
    return {
        "bind": [settings.listen],
        "workers": 1,
        "worker_class": "gthread",
        "threads": settings.threads,
        "timeout": 60,
        "graceful_timeout": 25,
        "keepalive": 5,
        # Paths hold mail tokens and requests hold addresses: nothing of it is logged.
        "accesslog": None,
        "errorlog": "-",
        "loglevel": settings.log_level.lower(),
        "worker_tmp_dir": str(_SHM) if _SHM.is_dir() else None,
        "control_socket_disable": True,
        "limit_request_line": 8190,
    }
