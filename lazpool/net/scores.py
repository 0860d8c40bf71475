"""Peer scores: who passes on what no honest peer passes on is not listened to for a while.

libp2p's own weights are 0 and its thresholds minus infinity. Ours make two things count: bad messages, which the
validator tells from those that are merely of no use, and floods of control messages, which the router counts. Good
deliveries are worth little: a peer cannot earn the right to misbehave. Source: GossipSub 1.1, peer scoring.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from libp2p.pubsub.score import PeerScorer, ScoreParams, TopicScoreParams

if TYPE_CHECKING:
    from libp2p.peer.id import ID

DECAY: Final = 0.98
"""Of all counts at each heartbeat, a second: half is forgotten after 34."""
GOSSIP_BELOW, LISTEN_BELOW, MESH_BELOW = -5.0, -10.0, -20.0
"""Below these we tell a peer of nothing, take nothing from it, and do not let it into a mesh."""
_BAD = TopicScoreParams(weight=1.0, cap=100.0, decay=DECAY)
_GOOD = TopicScoreParams(weight=0.02, cap=100.0, decay=DECAY)


class Scores(PeerScorer):
    """Counts what peers do in each topic."""

    def __init__(self) -> None:
        """Begin with nobody known."""
        params = ScoreParams(
            p2_first_message_deliveries=_GOOD,
            p4_invalid_messages=_BAD,
            p5_behavior_penalty_weight=1.0,
            p5_behavior_penalty_decay=DECAY,
            p5_behavior_penalty_threshold=20.0,
            publish_threshold=LISTEN_BELOW,
            gossip_threshold=GOSSIP_BELOW,
            graylist_threshold=MESH_BELOW,
        )
        super().__init__(params)

    def on_invalid_message(self, peer: ID, topic: str) -> None:
        """Do nothing: libp2p counts all that was not accepted."""

    def count_bad(self, peer: ID, topic: str) -> None:
        """Count a message that no honest peer passes on."""
        super().on_invalid_message(peer, topic)

    def penalize_equivocation(self, peer: ID, amount: float = 100.0) -> None:
        """Do nothing: it would count against authors, whose keys are made for one message, and keep each for ever."""
