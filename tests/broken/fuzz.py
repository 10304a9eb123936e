"""Readers against damaged files, by hand: python tests/broken/fuzz.py SECONDS [SEED].

Whole files of each format are damaged at random: bytes flipped, cut, doubled, replaced
by what readers stumble over. A reader must give a reading that adds up, or say in a
SourceUnusable why it cannot; anything else is printed with the file that did it.
"""

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tocsin.connectors import read_places, read_source
from tocsin.errors import SourceUnusable

TROUBLE = [
    b'"', b"'", b"\n", b"\r", b"\r\n", b",", b";", b"\t", b"\x00", b"\xff", b"\xfe\xff",
    b"\xef\xbb\xbf", b"NaN", b"inf", b"-1", b"1e999", b"9" * 40, b"0001-01-01", b"{",
    b"}", b"[", b"]", b"null", b"\\u0000", "Ї".encode(), "\u202e".encode(), b"PAR1",
    b"2025-03-30T03:30:00", b"24:00", b"99:99", b"(((", b" " * 50, b"\x1f\x8b", b"#",
]  # fmt: skip
CSV = (
    b"observation_id,origin,source_id,nature,kind,t_start,t_end,lon,lat,sigma_m,count\n"
    + b"".join(
        b"%d,exercise,s,event,shot,2025-03-03T1%d:00:00Z,2025-03-03T1%d:30:00Z,"
        b'-25.%d,"1.5",500,%d\n' % (n, n, n, n, n)
        for n in range(6)
    )
)
OSCE = (
    b"report_no,issued,period_start,period_end,period_days,region,"
    b"ceasefire_violations,explosions,previous_period_violations,url\n"
    b"1/2021,2021-01-02,2021-01-01,2021-01-02,1,Donetsk,5,,3,u\n"
    b"2/2021,2021-01-03,2021-01-02,2021-01-03,1,Donetsk,7,1,5,u\n"
)
ALERTS = (
    b"oblast,raion,hromada,level,started_at,finished_at,source\n"
    + b"Kyivska oblast,,,oblast,2022-03-15 16:10:30+00:00,2022-03-15 17:00:00+00:00,o\n"
    * 3
)
PLACES = (
    "name,level,variants,formerly,lon,lat,sigma_m\nAlv,settlement,Альв|Alw,Old,1,2,50\n"
).encode()
LOG = b"".join(
    b'{"origin":"exercise","nature":"event","kind":"shot","count":%d,"t_start":'
    b'"2025-03-03T10:00:00Z","t_end":"2025-03-03T10:00:00Z","observer_lon":-25.0,'
    b'"observer_lat":-3.0,"bearing_deg":45,"width_deg":22.5,"range_max_m":4000,'
    b'"detail":"{\\"entry\\":\\"a\\"}"}\n' % n
    for n in range(4)
)
CONTROL = (
    b'{"type":"FeatureCollection","publisher":"P","origin":"exercise","features":['
    b'{"type":"Feature","properties":{"ADMIN_1":"A","party":"N"},"geometry":{"type":'
    b'"Polygon","coordinates":[[[0,0],[1,0],[1,1],[0,0]]]}}]}'
)


def parquet() -> bytes:
    rows = {
        "datetime": pa.array([0, 1, 2], pa.timestamp("us")),
        "lon": [30.0, 31.0, None],
        "lat": [50.0, 51.0, 52.0],
        "place_name": ["Kyiv", None, "X"],
        "event_type": ["loc|artillery", "", "uav"],
        "headline": ["a", "b", "b"],
    }
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(rows), sink, write_page_checksum=True)
    return sink.getvalue().to_pybytes()


def cases():
    return [
        ("tocsin-observations", "f.csv", CSV, read_source),
        ("osce-smm-daily", "f.csv", OSCE, read_source),
        ("alerts-official", "f.csv", ALERTS, read_source),
        ("viina", "f.parquet", parquet(), read_source),
        ("manual-log", "f.jsonl", LOG, read_source),
        ("tocsin-places", "f.csv", PLACES, read_places),
        ("minregion-oblasts", "f.geojson", CONTROL, read_places),
    ]


def damaged(data: bytes, rng: np.random.Generator) -> bytes:
    out = bytearray(data)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(0, len(out) + 1))
        match int(rng.integers(0, 6)):
            case 0:
                out[at : at + 1] = bytes([int(rng.integers(0, 256))])
            case 1:
                del out[at : at + int(rng.integers(1, 40))]
            case 2:
                out[at:at] = TROUBLE[int(rng.integers(0, len(TROUBLE)))]
            case 3:
                out[at : at + 4] = TROUBLE[int(rng.integers(0, len(TROUBLE)))]
            case 4:
                del out[at:]
            case _:
                end = at + int(rng.integers(1, 60))
                out[at:at] = out[at:end]
    return bytes(out)


def main(seconds: float, seed: int) -> int:
    rng = np.random.default_rng(seed)
    seen: Counter[str] = Counter()
    every = cases()
    end = time.monotonic() + seconds
    with tempfile.TemporaryDirectory() as folder:
        while time.monotonic() < end:
            source, name, whole, read = every[int(rng.integers(0, len(every)))]
            data = damaged(whole, rng)
            file = Path(folder) / name
            file.write_bytes(data)
            try:
                reading = read(source, file)
                assert reading.adds_up, "rows read = rows kept + refused"
                for issue in reading.issues:
                    str(issue)
                seen["read"] += 1
            except SourceUnusable as refused:
                seen[refused.issue.code] += 1
            except BaseException as error:  # noqa: BLE001  # that is what is looked for
                seen["BROKEN"] += 1
                kept = (
                    Path(tempfile.gettempdir())
                    / f"fuzz-{seed}-{sum(seen.values())}-{name}"
                )
                kept.write_bytes(data)
                print(f"{source}: {type(error).__name__}: {error} ({kept})", flush=True)
                if isinstance(error, KeyboardInterrupt):
                    break
    print(f"{sum(seen.values())} files: {dict(seen)}")
    return int(bool(seen["BROKEN"]))


if __name__ == "__main__":
    given = [float(word) for word in sys.argv[1:]] or [60.0]
    raise SystemExit(main(given[0], int(given[1]) if len(given) > 1 else 1))
