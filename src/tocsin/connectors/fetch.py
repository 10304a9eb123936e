"""Public files of a source, fetched whole or not at all.

The bytes go to ``NAME.part`` beside the place where they belong; only a file of the
stated length and digest gets its name. A connection that breaks is taken up where it
broke, if the other side can and the file has not changed meanwhile; a busy server is
left alone for as long as it asks, and then longer each time. Waiting and the telling of
progress are arguments, so that a test need not wait.

Standard library only: one file, over HTTP, is all that is asked of it.
"""

from __future__ import annotations

import hashlib
import http.client
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any, Final, NoReturn
from urllib.parse import urlsplit

import msgspec

from tocsin.errors import SourceUnusable
from tocsin.evidence import unusable
from tocsin.model import Download, SourceDescription

__all__ = ["LARGEST", "Fetched", "fetch"]

Told = Callable[[str, int, int | None], None]
"""Told a file's name, bytes so far, and bytes in all (None: not stated)."""

LARGEST: Final = 4 * 2**30
"""Bytes that are taken of a file whose length the description does not state."""

ATTEMPTS: Final = 6
FIRST_WAIT_S: Final = 1.0
LONGEST_WAIT_S: Final = 120.0
SILENCE_S: Final = 30.0
BLOCK: Final = 256 * 2**10
FEWEST_TEXT: Final = 512
AGENT: Final = "tocsin (ceasefire monitoring; stdlib urllib)"

OK, PARTIAL, BAD_RANGE = 200, 206, 416
BUSY: Final = frozenset({408, 425, 429, 500, 502, 503, 504})
"""What may go away by itself; every other refusal is final."""


class Fetched(msgspec.Struct, frozen=True, kw_only=True):
    """A file that is whole: where it lies, how long it is, and its digest."""

    path: Path
    bytes: int
    sha256: str
    resumed: bool


class _Again(Exception):
    """This attempt failed; the next may not."""

    def __init__(self, why: str, wait_s: float | None = None) -> None:
        super().__init__(why)
        self.wait_s = wait_s


def fetch(
    source: SourceDescription,
    folder: Path,
    *,
    wait: Callable[[float], None],
    told: Told | None = None,
) -> tuple[Fetched, ...]:
    """Every public file of the source, in this folder.

    Args:
        wait: called with seconds before the next attempt.
        told: told of each block.

    Raises:
        SourceUnusable: the source has no public file (``source_unknown``), it cannot be
            fetched (``download_failed``), or it is not what the description says
            (``file_damaged``). What was there before is still whole.
    """
    if not source.downloads:
        at = f"its publisher's page is {source.url}" if source.url else "ask its owner"
        message = f"no file of `{source.id}` is described that anybody may fetch"
        raise unusable("source_unknown", source.id, message, repair=at)
    folder.mkdir(parents=True, exist_ok=True)
    say = told or (lambda _name, _so_far, _of: None)
    return tuple(_fetch(one, folder / one.name, wait, say) for one in source.downloads)


def _fetch(
    one: Download, path: Path, wait: Callable[[float], None], say: Told
) -> Fetched:
    _check_address(one)
    part = path.with_name(f"{path.name}.part")
    resumed = part.exists()
    for attempt in range(1, ATTEMPTS + 1):
        before = _size(part)
        try:
            _one_attempt(one, part, say)
            break
        except _Again as again:
            if attempt == ATTEMPTS:
                _give_up(one, str(again), part)
            pause = again.wait_s or FIRST_WAIT_S * 2 ** (attempt - 1)
            wait(min(pause, LONGEST_WAIT_S))
            resumed |= before > 0 or _size(part) > 0
    digest = _checked(one, part)
    size = part.stat().st_size
    part.replace(path)
    _mark(part).unlink(missing_ok=True)
    return Fetched(path=path, bytes=size, sha256=digest, resumed=resumed)


def _check_address(one: Download) -> None:
    if urlsplit(one.url).scheme not in {"http", "https"} or Path(one.name).name != (
        one.name
    ):
        message = f"`{one.url}` to `{one.name}`: an http address and a bare name wanted"
        raise unusable("description_invalid", one.name, message)


def _size(part: Path) -> int:
    return part.stat().st_size if part.exists() else 0


def _mark(part: Path) -> Path:
    """Which edition of the file the part belongs to, as the server names it."""
    return part.with_name(f"{part.name}.edition")


# --- one attempt ---------------------------------------------------------------------


def _one_attempt(one: Download, part: Path, say: Told) -> None:
    """Take the file from where the part ends.

    Raises:
        _Again: the connection broke, or the server is busy.
        SourceUnusable: trying again would not help.
    """
    have = _size(part)
    if one.bytes is not None and have == one.bytes:
        return
    if one.bytes is not None and have > one.bytes:
        have = _begin_anew(part)
    try:
        with _opened(one, part, have) as answer:
            _take(one, answer, part, have, say)
    except urllib.error.HTTPError as refused:
        _refused(one, refused, part)
    except urllib.error.URLError as failed:
        _failed(one, failed.reason)
    except (OSError, http.client.HTTPException) as broken:
        raise _Again(_why(broken)) from broken


def _opened(one: Download, part: Path, have: int) -> Any:
    headers = {"User-Agent": AGENT, "Accept-Encoding": "identity"}
    edition = _mark(part)
    if have and edition.exists():
        headers |= {"Range": f"bytes={have}-", "If-Range": edition.read_text()}
    request = urllib.request.Request(one.url, headers=headers)  # noqa: S310  # _check_address
    return _OPENER.open(request, timeout=SILENCE_S)


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follow to http(s) only, and never from https to http."""

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        was, to = urlsplit(req.full_url).scheme, urlsplit(newurl).scheme
        if to not in {"http", "https"} or (was == "https" and to == "http"):
            raise urllib.error.URLError(f"it redirects to `{newurl}`, which is refused")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


_OPENER: Final = urllib.request.build_opener(_SafeRedirects())


def _take(one: Download, answer: Any, part: Path, have: int, say: Told) -> None:
    """Write what comes to the end of the part, or to a new one."""
    if answer.status == PARTIAL and _begins_at(answer) == have and have:
        mode = "ab"
    else:
        have, mode = _begin_anew(part), "wb"
    total = _total(answer, have)
    _check_stated(one, total, part)
    edition = answer.headers.get("ETag") or answer.headers.get("Last-Modified") or ""
    if edition and not edition.startswith("W/"):
        _mark(part).write_text(edition, encoding="utf-8")
    limit = one.bytes if one.bytes is not None else LARGEST
    with part.open(mode) as out:
        while block := answer.read(BLOCK):
            have += len(block)
            if have > limit:
                _drop(part)
                raise _wrong(one, f"it goes on after {limit:,} bytes")
            out.write(block)
            say(one.name, have, one.bytes or total)
    if total is not None and have < total:
        raise _Again(f"it broke off after {have:,} of {total:,} bytes")
    if one.bytes is not None and have < one.bytes:
        raise _Again(f"it ended after {have:,} of {one.bytes:,} bytes")


def _begins_at(answer: Any) -> int | None:
    """Where the sent range begins, of ``bytes 100-199/200``."""
    stated = str(answer.headers.get("Content-Range", ""))
    first = stated.removeprefix("bytes ").partition("-")[0]
    return int(first) if first.isdecimal() else None


def _begin_anew(part: Path) -> int:
    _drop(part)
    return 0


def _drop(part: Path) -> None:
    part.unlink(missing_ok=True)
    _mark(part).unlink(missing_ok=True)


def _total(answer: Any, have: int) -> int | None:
    stated = str(answer.headers.get("Content-Length", ""))
    return have + int(stated) if stated.isdecimal() else None


def _check_stated(one: Download, total: int | None, part: Path) -> None:
    if one.bytes is not None and total is not None and total != one.bytes:
        _drop(part)
        message = f"the server says {total:,} bytes"
        raise _wrong(one, message)


# --- what went wrong -----------------------------------------------------------------


def _refused(one: Download, refused: urllib.error.HTTPError, part: Path) -> NoReturn:
    """A status that is no success: busy, a range that is gone, or a final no."""
    with refused:
        if refused.code == BAD_RANGE:
            _drop(part)
            raise _Again("the part that was there fits no more") from refused
        why = f"{refused.code} {refused.reason}"
        if refused.code in BUSY:
            raise _Again(why, _asked_to_wait(refused)) from refused
    repair = "the address in the description may be out of date; look at the publisher"
    raise _no_download(one, f"the server answers {why}", repair) from refused


def _asked_to_wait(refused: urllib.error.HTTPError) -> float | None:
    """Seconds of the header ``Retry-After``, given as seconds or as a date."""
    asked, now = refused.headers.get("Retry-After", ""), refused.headers.get("Date", "")
    if asked.strip().isdecimal():
        return max(float(asked), FIRST_WAIT_S)
    try:
        gap = parsedate_to_datetime(asked) - parsedate_to_datetime(now)
    except (TypeError, ValueError):
        return None
    return max(gap.total_seconds(), FIRST_WAIT_S)


def _failed(one: Download, reason: object) -> NoReturn:
    """No answer at all: a certificate is final, the rest may be no network."""
    if isinstance(reason, (ssl.SSLCertVerificationError, str)):
        why = f"the connection is refused here: {reason}"
        raise _no_download(one, why, "nothing was fetched; ask the publisher")
    raise _Again(_why(reason))


def _why(broken: object) -> str:
    host = {"gaierror": "the name of the server is not found"}
    return host.get(type(broken).__name__, "") or f"{type(broken).__name__}: {broken}"


def _give_up(one: Download, why: str, part: Path) -> NoReturn:
    host = urlsplit(one.url).hostname
    kept = _size(part)
    message = f"{host} could not be reached or broke off {ATTEMPTS} times; last: {why}"
    repair = "check that this machine has a network (a proxy is read from https_proxy);"
    repair += (
        f" {kept:,} bytes are kept and the same command goes on from there"
        if kept
        else " or fetch the file elsewhere and give it as `--source ID=FILE`"
    )
    raise _no_download(one, message, repair)


def _no_download(one: Download, message: str, repair: str) -> SourceUnusable:
    return unusable("download_failed", one.url, message, repair=repair)


def _wrong(one: Download, message: str) -> SourceUnusable:
    stated = "" if one.bytes is None else f"; the description says {one.bytes:,} bytes"
    repair = "the source has changed, or something stands in between; nothing was kept"
    return unusable("file_damaged", one.url, f"{message}{stated}", repair=repair)


# --- what came -----------------------------------------------------------------------


def _checked(one: Download, part: Path) -> str:
    """The digest of the part, which is whole and what it should be.

    Raises:
        SourceUnusable: it is not; the part is gone.
    """
    with part.open("rb") as came:
        head = came.read(FEWEST_TEXT)
        came.seek(0)
        digest = hashlib.file_digest(came, "sha256").hexdigest()
    wrong = ""
    if one.sha256 is not None and digest != one.sha256:
        wrong = f"its SHA-256 is {digest}, the description says {one.sha256}"
    elif not head:
        wrong = "it is empty"
    elif one.sha256 is None:
        wrong = _no_such_file(one.name, head)
    if wrong:
        _drop(part)
        raise _wrong(one, wrong)
    return digest


_BEGINS: Final = {
    ".gz": b"\x1f\x8b",
    ".zip": b"PK",
    ".parquet": b"PAR1",
    ".json": b"{",
    ".geojson": b"{",
}


def _no_such_file(name: str, head: bytes) -> str:
    """Why these are not the first bytes of such a file, or ""."""
    text = head.lstrip(b"\xef\xbb\xbf \r\n\t").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml")):
        return "a web page came in place of the file"
    wanted = _BEGINS.get(Path(name).suffix.casefold())
    if wanted is not None and not head.lstrip().startswith(wanted):
        return f"it does not begin as a {Path(name).suffix} file does"
    if wanted is None and b"\0" in head:
        return "it holds zero bytes; it is no text file"
    return ""
