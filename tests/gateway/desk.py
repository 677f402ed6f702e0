"""What the tests of pages share: who is meant, and a form sent as its page does."""

from __future__ import annotations

import re
import uuid
from typing import Any

from flask.testing import FlaskClient
from kontor.privacy.v1 import holder_pb2

REQUEST = "018f0000-0000-7000-8000-000000000001"
CONTACT = "018f0000-0000-7000-8000-000000000002"
ACCESS = holder_pb2.REQUEST_KIND_ACCESS
# How a request came, as the form says it.
NOTED = {"channel": "letter", "vouched_by": "known-address"}


def post(client: FlaskClient, path: str, *, form_at: str, **data: Any) -> Any:
    """As the form of a page does."""
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', client.get(form_at).text)
    assert token is not None
    return client.post(path, data={"csrf_token": token[1], "request_id": str(uuid.uuid4()), **data})
