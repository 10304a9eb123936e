"""What others make of the same observations: labels, one for each observation.

Peers know place, time and (splink) the kind. Those with a radius take places in units
of a radius and of a span of time, so that 1 is the limit in each.
"""

from __future__ import annotations

import logging

import numpy as np
import polars as pl
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

METRES_PER_DEGREE = 111_195.0


def places(table) -> np.ndarray:
    """East, north and time of each event; without a place far from all others."""
    rows = pl.DataFrame(table)
    lost = pl.int_range(pl.len()) * 1e6
    where = (pl.col("nature") == "event") & pl.col("lon").is_not_null()
    cosine = np.cos(np.radians(rows["lat"].median()))
    east = pl.col("lon") * METRES_PER_DEGREE * cosine
    return rows.select(
        east=pl.when(where).then(east).otherwise(1e9 + lost),
        north=pl.when(where).then(pl.col("lat") * METRES_PER_DEGREE).otherwise(0.0),
        t=pl.col("t_start").cast(pl.Int64) / 1e6,
    ).to_numpy()


def components(at: np.ndarray, radius: float, span: float) -> np.ndarray:
    """scipy: pairs within one radius and span by a k-d tree, joined."""
    tree = cKDTree(at / np.array([radius, radius, span]))
    i, j = tree.query_pairs(1.0, output_type="ndarray").T
    graph = coo_matrix((np.ones(len(i), dtype=bool), (i, j)), shape=(len(at),) * 2)
    return connected_components(graph, directed=False)[1]


def dbscan(at: np.ndarray, radius: float, span: float) -> np.ndarray:
    """scikit-learn's DBSCAN; of groups of about three, two make a core."""
    from sklearn.cluster import DBSCAN

    scaled = at / np.array([radius, radius, span])
    return alone(
        DBSCAN(eps=1.0, min_samples=2, algorithm="kd_tree").fit_predict(scaled)
    )


def hdbscan(at: np.ndarray, radius: float, span: float, method: str) -> np.ndarray:
    import hdbscan as library

    scaled = at / np.array([radius, radius, span])
    model = library.HDBSCAN(
        min_cluster_size=2,
        min_samples=1,
        cluster_selection_method=method,
        cluster_selection_epsilon=0.5,
        core_dist_n_jobs=1,
    )
    return alone(model.fit_predict(scaled))


def incdbscan(at: np.ndarray, radius: float, span: float, batch: int = 50):
    """Incremental DBSCAN, by arrival in batches; exact, so DBSCAN's partition."""
    from incdbscan import IncrementalDBSCAN

    scaled = at / np.array([radius, radius, span])
    model = IncrementalDBSCAN(eps=1.0, min_pts=2)
    for k in range(0, len(scaled), batch):
        model.insert(scaled[k : k + batch])
    return alone(model.get_cluster_labels(scaled).astype(np.int64))


def splink_pairs(table):
    """Pairs with the probability that a trained splink model gives them."""
    from splink import Linker, SettingsCreator, block_on
    from splink import comparison_library as compare
    from splink.internals.duckdb.database_api import DuckDBAPI

    logging.disable(logging.WARNING)
    clock = "%Y-%m-%d %H:%M:%S"
    second = pl.col("t_start").dt.epoch("s")
    rows = pl.DataFrame(table).select(
        "lon", "lat", "kind",
        unique_id=pl.int_range(pl.len()),
        at=pl.col("t_start").dt.strftime(clock),
        hour=second // 3600, shifted=(second + 1800) // 3600,
        cell=_cell(0.0), moved=_cell(0.5),
    )  # fmt: skip
    blocks = [block_on(t, c) for t in ("hour", "shifted") for c in ("cell", "moved")]
    settings = SettingsCreator(
        link_type="dedupe_only",
        comparisons=[
            compare.DistanceInKMAtThresholds("lat", "lon", [0.5, 1, 2, 4]),
            compare.AbsoluteTimeDifferenceAtThresholds(
                "at",
                input_is_string=True,
                datetime_format=clock,
                metrics=["second"] * 4,
                thresholds=[60, 300, 900, 2400],
            ),
            compare.ExactMatch("kind"),
        ],
        blocking_rules_to_generate_predictions=blocks,
    )
    database = DuckDBAPI()
    linker = Linker(database.register(rows.to_pandas()), settings)
    train = linker.training
    train.estimate_u_using_random_sampling(max_pairs=1e6)
    train.estimate_probability_two_random_records_match([blocks[0]], recall=0.8)
    train.estimate_parameters_using_expectation_maximisation(block_on("hour"))
    train.estimate_parameters_using_expectation_maximisation(block_on("cell"))
    found = linker.inference.predict(threshold_match_probability=0.01)
    frame = found.as_pandas_dataframe()
    columns = ("unique_id_l", "unique_id_r", "match_probability")
    return tuple(frame[name].to_numpy() for name in columns)


def _cell(shift: float) -> pl.Expr:
    east = (pl.col("lon") / 0.1 + shift).floor()
    north = (pl.col("lat") / 0.07 + shift).floor()
    return (east * 10_000 + north).cast(pl.Int64)


def joined(pairs, n: int, threshold: float) -> np.ndarray:
    """Labels of the components of pairs that are likely enough."""
    left, right, probability = pairs
    kept = probability >= threshold
    ends = (left[kept], right[kept])
    graph = coo_matrix((np.ones(kept.sum(), dtype=bool), ends), shape=(n, n))
    return connected_components(graph, directed=False)[1]


def alone(label: np.ndarray) -> np.ndarray:
    """Noise stands alone: what is -1 gets a label of its own."""
    noise = label < 0
    label = label.copy()
    label[noise] = label.max(initial=0) + 1 + np.arange(noise.sum())
    return label


def pairwise_f1(event: np.ndarray, label: np.ndarray) -> float:
    """F1 over pairs of observations; what is false has an event of its own."""

    def pairs(key: np.ndarray) -> int:
        sizes = np.unique(key, return_counts=True)[1].astype(np.int64)
        return int((sizes * (sizes - 1) // 2).sum())

    truth = np.unique(event, return_inverse=True)[1].astype(np.int64)
    found = np.unique(label, return_inverse=True)[1].astype(np.int64)
    both = pairs(truth * (found.max() + 1) + found)
    return 2 * both / max(pairs(truth) + pairs(found), 1)
