"""Fetching from a server that cuts, lies, is busy, or sends something else.

The server is real and stands on the loopback; each script says what it does with one
request after the other.
"""

import hashlib
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from tocsin.connectors import description
from tocsin.connectors.fetch import fetch
from tocsin.errors import SourceUnusable
from tocsin.model import Download

WHOLE = b"a,b\n" + b"".join(b"%d,%d\n" % (n, n * n) for n in range(20_000))
DIGEST = hashlib.sha256(WHOLE).hexdigest()
HALF = len(WHOLE) // 2


class Server:
    """Answers each request by the next step of its script, the last one for ever."""

    def __init__(self, *script):
        self.script = list(script)
        self.asked = []


@contextmanager
def serving(*script):
    server = Server(*script)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            server.asked.append(dict(self.headers))
            step = server.script.pop(0) if len(server.script) > 1 else server.script[0]
            step(self)

        def log_message(self, *args):
            pass

    listening = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=listening.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    server.url = f"http://127.0.0.1:{listening.server_port}/f.csv"
    try:
        yield server
    finally:
        listening.shutdown()
        listening.server_close()


def answer(handler, status, body=b"", **headers):
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), str(value))
    handler.end_headers()
    handler.wfile.write(body)


def send(body=WHOLE, *, status=200, **headers):
    stated = {"Content_Length": len(body), "ETag": '"one"', **headers}
    return lambda handler: answer(handler, status, body, **stated)


def cut(handler):
    send(WHOLE[:HALF], Content_Length=len(WHOLE))(handler)


def by_range(handler):
    """Sends what is asked for, as a good server does."""
    first = int(handler.headers["Range"].removeprefix("bytes=").rstrip("-"))
    stated = f"bytes {first}-{len(WHOLE) - 1}/{len(WHOLE)}"
    send(WHOLE[first:], status=206, Content_Range=stated)(handler)


def get(url, folder, *, waits=None, name="f.csv", told=None, **stated):
    one = Download(url=url, name=name, **stated)
    source = msgspec.structs.replace(description("viina"), downloads=(one,))
    wait = (lambda _s: None) if waits is None else waits.append
    (fetched,) = fetch(source, folder, wait=wait, told=told)
    return fetched


def test_a_file_comes_whole_with_its_digest_and_its_progress(tmp_path):
    seen = []
    with serving(send()) as server:
        told = lambda name, so_far, of: seen.append((name, so_far, of))  # noqa: E731
        fetched = get(server.url, tmp_path / "in", told=told, sha256=DIGEST)
    assert fetched.path.read_bytes() == WHOLE
    assert (fetched.sha256, fetched.bytes) == (DIGEST, len(WHOLE))
    assert seen[-1] == ("f.csv", len(WHOLE), len(WHOLE))
    assert [p.name for p in (tmp_path / "in").iterdir()] == ["f.csv"]


def test_a_connection_that_is_cut_is_taken_up_where_it_broke(tmp_path):
    with serving(cut, by_range) as server:
        fetched = get(server.url, tmp_path, bytes=len(WHOLE), sha256=DIGEST)
    assert fetched.path.read_bytes() == WHOLE
    assert fetched.resumed
    assert server.asked[1]["Range"] == f"bytes={HALF}-"
    assert server.asked[1]["If-Range"] == '"one"'


def test_a_part_of_an_earlier_command_is_gone_on_with(tmp_path):
    with serving(cut) as server, pytest.raises(SourceUnusable, match="goes on from"):
        get(server.url, tmp_path, bytes=len(WHOLE))
    assert not (tmp_path / "f.csv").exists()
    assert (tmp_path / "f.csv.part").stat().st_size == HALF
    with serving(by_range) as server:
        assert get(server.url, tmp_path, sha256=DIGEST).resumed


def test_a_server_that_ignores_the_range_is_read_from_the_start(tmp_path):
    with serving(cut, send()) as server:
        fetched = get(server.url, tmp_path, sha256=DIGEST)
    assert fetched.path.read_bytes() == WHOLE


def test_a_range_that_begins_elsewhere_is_not_pasted_on(tmp_path):
    def wrong(handler):
        send(WHOLE[10:], status=206, Content_Range="bytes 10-99/100")(handler)

    with serving(cut, wrong) as server, pytest.raises(SourceUnusable):
        get(server.url, tmp_path, sha256=DIGEST)
    assert not (tmp_path / "f.csv").exists()


def test_a_file_that_changed_meanwhile_is_not_pasted_together(tmp_path):
    other = WHOLE.replace(b"1", b"2")
    with serving(cut, send(other, ETag='"two"')) as server:
        fetched = get(server.url, tmp_path)
    assert fetched.path.read_bytes() == other


def test_without_an_edition_nothing_is_resumed(tmp_path):
    with serving(
        send(WHOLE[:HALF], Content_Length=len(WHOLE), ETag='W/"weak"'), send()
    ) as server:
        get(server.url, tmp_path, sha256=DIGEST)
    assert "Range" not in server.asked[1]


def test_a_range_that_no_longer_fits_begins_anew(tmp_path):
    with serving(cut, send(b"", status=416), send()) as server:
        assert get(server.url, tmp_path, sha256=DIGEST).path.read_bytes() == WHOLE


def test_a_length_that_differs_from_the_description_is_refused(tmp_path):
    with serving(send()) as server, pytest.raises(SourceUnusable) as caught:
        get(server.url, tmp_path, bytes=len(WHOLE) + 1)
    assert caught.value.issue.code == "file_damaged"
    assert list(tmp_path.iterdir()) == []
    assert len(server.asked) == 1


def test_a_stream_without_a_length_that_does_not_end_is_stopped(tmp_path):
    def endless(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(WHOLE)
        except OSError:
            pass

    with serving(endless) as server, pytest.raises(SourceUnusable, match="goes on"):
        get(server.url, tmp_path, bytes=len(WHOLE))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("name", "body", "words"),
    [
        ("f.csv", b"<!DOCTYPE html><title>Log in</title>", "web page"),
        ("f.csv", b"\n <HTML>", "web page"),
        ("f.csv", b"\x00\x01\x02\x03", "zero bytes"),
        ("f.csv.gz", b"no archive", "does not begin"),
        ("f.parquet", b"no parquet", "does not begin"),
        ("f.csv", b"", "empty"),
    ],
)
def test_something_else_in_place_of_the_file_is_refused(tmp_path, name, body, words):
    with serving(send(body)) as server, pytest.raises(SourceUnusable, match=words):
        get(server.url, tmp_path, name=name)
    assert list(tmp_path.iterdir()) == []


def test_another_digest_is_refused_and_the_old_file_stays(tmp_path):
    (tmp_path / "f.csv").write_bytes(b"old")
    with serving(send()) as server, pytest.raises(SourceUnusable, match="SHA-256"):
        get(server.url, tmp_path, sha256="0" * 64)
    assert (tmp_path / "f.csv").read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["f.csv"]


def test_a_busy_server_is_left_alone_for_as_long_as_it_asks(tmp_path):
    waits = []
    busy = send(b"", status=429, Retry_After=7)
    with serving(busy, send(b"", status=503), send()) as server:
        get(server.url, tmp_path, waits=waits, sha256=DIGEST)
    assert waits == [7.0, 2.0]


def test_a_server_that_asks_for_an_hour_gets_two_minutes_and_then_up(tmp_path):
    waits = []
    busy = send(b"", status=503, Retry_After=3600)
    with serving(busy) as server, pytest.raises(SourceUnusable, match="503"):
        get(server.url, tmp_path, waits=waits)
    assert waits == [120.0] * 5


def test_waiting_grows_between_attempts(tmp_path):
    waits = []
    with serving(send(b"", status=500)) as server, pytest.raises(SourceUnusable):
        get(server.url, tmp_path, waits=waits)
    assert waits == [1.0, 2.0, 4.0, 8.0, 16.0]


def test_a_file_that_is_not_there_is_asked_for_once(tmp_path):
    with serving(send(b"", status=404)) as server, pytest.raises(SourceUnusable) as no:
        get(server.url, tmp_path)
    assert "404" in str(no.value)
    assert len(server.asked) == 1


def test_without_a_network_it_says_so(tmp_path):
    with serving(send()) as server:
        url = server.url
    with pytest.raises(SourceUnusable) as caught:
        get(url, tmp_path)
    assert caught.value.issue.code == "download_failed"
    assert "has a network" in str(caught.value)


def test_a_name_that_no_server_has_is_said_in_words(tmp_path):
    with pytest.raises(SourceUnusable, match="name of the server is not found"):
        get("http://no-such-host.invalid/f.csv", tmp_path)


def test_a_redirect_to_another_kind_of_address_is_refused(tmp_path):
    away = send(b"", status=302, Location="file:///etc/passwd")
    with serving(away) as server, pytest.raises(SourceUnusable):
        get(server.url, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("url", "name"), [("file:///etc/passwd", "f"), ("http://x/", "../f")]
)
def test_an_address_or_a_name_that_leads_elsewhere_is_refused(tmp_path, url, name):
    with pytest.raises(SourceUnusable) as caught:
        get(url, tmp_path, name=name)
    assert caught.value.issue.code == "description_invalid"


def test_a_source_without_public_files_says_where_to_ask(tmp_path):
    with pytest.raises(SourceUnusable, match="zhukovyuri"):
        fetch(description("viina"), tmp_path, wait=lambda _s: None)
