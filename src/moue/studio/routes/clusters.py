"""Clusters of near-duplicates."""

from __future__ import annotations

from moue.dataset.duplicate_clusters import ClusterMember, DuplicateCluster, duplicate_clusters
from moue.http_api.endpoint import Endpoint
from moue.studio.endpoint import Call
from moue.studio.readers import Reader
from moue.studio.rows import pictures_named
from moue.studio.schema_labels import Cluster, ClusterItem, Clusters, PageQuery


def clusters(call: Call[PageQuery, None]) -> Clusters:
    """Return a part of the clusters, each with its best picture first."""
    query = call.query
    with call.studio.readers.reading() as reader:
        total, found = duplicate_clusters(reader.catalog, query.offset, query.limit)
        items = [_cluster(reader, one) for one in found]
    return Clusters(total, query.offset, items)


def _cluster(reader: Reader, cluster: DuplicateCluster) -> Cluster:
    names = [member.name for member in cluster.members]
    briefs = {one.name: one for one in pictures_named(reader, names)}
    labels: dict[str, list[str | None]] = {name: [] for name in names}
    for mouth in reader.catalog.mouths(sample=names):
        labels[mouth.sample].append(mouth.label)
    items = [
        ClusterItem(
            **{field: getattr(briefs[m.name], field) for field in briefs[m.name].__struct_fields__},
            **{field: getattr(m, field) for field in _COMPARED},
            labels=labels[m.name],
        )
        for m in cluster.members
        if m.name in briefs
    ]
    return Cluster(cluster.group, cluster.kind, items)


_COMPARED = tuple(name for name in ClusterMember.__dataclass_fields__ if name != "name")

ROUTES = (
    Endpoint(
        method="GET", path="/clusters", handler=clusters, query=PageQuery, response=Clusters,
        summary="Return a part of the clusters of near-duplicates.",
    ),
)  # fmt: skip
