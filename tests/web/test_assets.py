"""Static files: immutable under today's hash, never outside their folders."""

import gzip
import re

import pytest
from flask.testing import FlaskClient

from kernel.web.assets import icon


def _stylesheet(client: FlaskClient) -> str:
    found = re.search(r'href="(/static/[0-9a-f]{12}/kontor/kontor.css)"', client.get("/").text)
    assert found is not None
    return found.group(1)


def test_a_file_under_todays_hash_is_kept_for_ever(client: FlaskClient) -> None:
    answer = client.get(_stylesheet(client))
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "Set-Cookie" not in answer.headers


def test_yesterdays_hash_is_served_and_not_remembered(client: FlaskClient) -> None:
    answer = client.get("/static/000000000000/kontor/kontor.css")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "public, no-cache"


def test_text_is_sent_compressed_to_who_can_read_it(client: FlaskClient) -> None:
    path = _stylesheet(client)
    plain = client.get(path)
    packed = client.get(path, headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert len(packed.data) < len(plain.data) / 2


def test_no_path_leads_out_of_the_folders(client: FlaskClient) -> None:
    for path in ("../config.py", "..%2f..%2fconfig.py", "kontor/../../config.py", "/etc/passwd"):
        assert client.get(f"/static/x/{path}").status_code in {404, 308}


def test_an_icon_name_is_no_path() -> None:
    with pytest.raises(ValueError, match="not an icon name"):
        icon("../../config")
