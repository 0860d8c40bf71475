"""Figures for Prometheus: how the process stands and what its databases hold. No figure is about one person."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from lazpool import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator

    from prometheus_client import Metric

    from lazpool.actions.standing import Held, Live
    from lazpool.config import Config

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"


class _Figures(Collector):
    def __init__(self, config: Config, live: Live, held: Held) -> None:
        self._config, self._live, self._held = config, live, held

    def collect(self) -> Iterator[Metric]:
        """Yield every figure with its help."""
        yield GaugeMetricFamily(
            "lazpool_ready", "1 while the network is open, 0 while it is being opened again.", int(self._live.ready)
        )
        version = GaugeMetricFamily("lazpool_version", "Always 1; the label tells which lazpool.", labels=["version"])
        version.add_metric([__version__], 1)
        yield version
        yield from self._network()
        yield from self._holdings()

    def _network(self) -> Iterator[Metric]:
        live = self._live
        for name, text, value in (
            ("uptime_seconds", "Seconds since the process began.", live.uptime_s),
            ("peers", "Nodes that are connected.", live.peers),
            ("areas", "Areas that are followed.", len(live.areas)),
            ("relay_places", "Nodes without an open port that have a place here and are connected.", live.places),
            ("relay_circuits", "Circuits between two nodes that the relay carries.", live.circuits),
        ):
            yield GaugeMetricFamily(f"lazpool_{name}", text, value)
        for name, text, total in (
            ("sync_rounds", "Comparisons of boards with a neighbour that came to their end.", live.sync_rounds),
            (
                "dropped_posts",
                "Posts heard and lost since the machine was too slow; sync fetches them.",
                live.dropped_posts,
            ),
            ("faults", "Faults of connections and neighbours, most of them harmless.", live.faults),
            (
                "network_restarts",
                "How often the network failed inside the process and was opened again.",
                live.restarts,
            ),
        ):
            yield CounterMetricFamily(f"lazpool_{name}", text, total)

    def _holdings(self) -> Iterator[Metric]:
        held, limits = self._held, self._config.hub
        posts = GaugeMetricFamily("lazpool_posts", "Posts on the board.", labels=["kind"])
        posts.add_metric(["offer"], held.offers)
        posts.add_metric(["request"], held.requests)
        yield posts
        for name, text, value in (
            ("posts_limit", "Posts that the board has room for.", limits.posts),
            ("withdrawals", "Withdrawals that are kept until their posts would have expired.", held.withdrawn),
            ("letters", "Sealed letters that are held for members.", held.letters),
            ("letters_bytes", "Bytes of these letters.", held.letter_bytes),
            ("letters_limit_bytes", "Bytes of letters that there is room for.", limits.letters_mb << 20),
            ("letterboxes", "Letterboxes that members have opened here.", held.tags),
            ("letterbox_owners", "Nodes that have opened one.", held.owners),
            ("outbox", "Posts and letters of this home's own that wait to leave.", held.outbox),
        ):
            yield GaugeMetricFamily(f"lazpool_{name}", text, value)


def exposition(config: Config, live: Live, held: Held) -> bytes:
    """Return all figures as text, with those of the process itself: memory, files, time of the processor."""
    registry = CollectorRegistry()
    registry.register(_Figures(config, live, held))
    ProcessCollector(registry=registry)
    return generate_latest(registry)
