"""Every bound the network floor keeps, in one place, each with its reason.

Sizes are bytes, times are seconds, rates are per second.
"""

from __future__ import annotations

from typing import Final

MAX_CONNECTIONS: Final = 200
"""Connections at once, both directions; a hub of a town fits, and a flood of identities stops here."""

HANDSHAKES: Final = 64
"""Callers who have not shown who they are; one more, and the one who has taken longest is cut off, so that silence
keeps nobody out. An honest one takes a tenth of a second."""

MAX_CONNECTIONS_PER_PEER: Final = 3
"""Two people dialling each other at once make two; one more leaves room for a restart not yet noticed."""

MAX_STREAMS_PER_CONNECTION: Final = 64
"""Streams one peer may hold open at us; ours hold two and open a few more for a moment."""

MAX_BUFFERED_PER_CONNECTION: Final = 2 * 1024 * 1024
"""Bytes a peer may have sent that nobody has read yet; libp2p only warns when a peer ignores its window."""

MAX_REQUEST: Final = 64 * 1024
"""Largest request frame of an exchange."""

MAX_RESPONSE: Final = 256 * 1024
"""Largest response frame of an exchange."""

MAX_EXCHANGES: Final = 64
"""Requests answered at the same time, over all peers."""

MAX_EXCHANGES_PER_PEER: Final = 8
"""Requests answered at the same time for one peer; more are reset."""

MAX_ASKS_PER_PEER: Final = 4
"""Our own requests under way to one peer; half of what it answers, so that an honest node is never reset."""

REQUEST_READ_S: Final = 10.0
"""How long a peer may take to send its request."""

ANSWER_S: Final = 30.0
"""How long our handler may take, and the sending of its answer."""

MAX_RPC: Final = 256 * 1024
"""Largest gossip frame taken in or sent out; libp2p's own bound is 1 MiB."""

MAX_POST: Final = 16 * 1024
"""Largest gossiped message; posts are 512 bytes, hub records a little more."""

MAX_TOPICS_PER_PEER: Final = 512
"""Topics one peer may subscribe to: a hub serves a few dozen areas, an offer reaches 32 at most."""

MAX_TOPICS_PER_RPC: Final = 512
"""Subscriptions in one frame: all that a peer may hold."""

OUTBOUND_RPCS: Final = 256
"""Frames waiting for one peer before more are dropped; libp2p's own 32 loses bursts that we only forward."""

MAX_CONTROL: Final = 2000
"""Control entries in one gossip frame, and message ids acted on in one entry: five seconds of a busy topic."""

MAX_BACKOFF_S: Final = 60
"""Longest time a peer may ask us to stay out of its mesh; GossipSub's own default."""

PEER_RATE: Final = 200.0
"""Messages a second taken from one peer, copies included: twice what an honest peer publishes."""

PEER_BURST: Final = 2000.0
"""Messages at once taken from one peer that has been quiet."""

FORK_RATE: Final = 30 / 3600
FORK_BURST: Final = 30.0
"""Fork proofs that are checked for one neighbour: far more than there are, and each costs its author a key."""

FORKS_RATE: Final = 120 / 3600
FORKS_BURST: Final = 120.0
"""Fork proofs that are checked for all neighbours together: whoever floods us needs days to fill what we keep."""

PUBLISH_RATE: Final = 100.0
"""Own messages a second; a pair carries 200 without loss on loopback, 400 lose some."""

DRAIN_S: Final = 2.0
"""How long one of our posts waits for a neighbour that is far behind; a slow machine then publishes at its own pace."""

POSTS_QUEUE: Final = 2048
"""Messages heard and not yet taken by the node; 1 MB of posts."""

EVENTS_QUEUE: Final = 4096
"""Connection events not yet taken by the node."""

DIAL_S: Final = 10.0
"""Dialling, Noise and Yamux together."""

PING_S: Final = 5.0
"""A peer that takes longer to answer is as good as gone."""

PROBE_S: Final = 2.0
"""The same, asked of a connection that we would rather replace than wait for."""

WRITE_S: Final = 5.0
"""A peer that takes no byte for so long is cut off, so that it cannot hold our writers."""

RESERVATIONS: Final = 100
"""Places a hub gives to nodes that cannot be dialled; half of its connections."""

RESERVATION_S: Final = 3600
"""How long a place holds; a node renews it at half of that."""

CIRCUITS: Final = 64
"""Circuits a hub carries at the same time."""

CIRCUITS_PER_PEER: Final = 8
"""Circuits of one caller, and those to one node with a place."""

CIRCUIT_S: Final = 3600
"""How long a circuit may last, idle or not; who still wants one dials again."""

CIRCUIT_BYTES: Final = 64 * 1024 * 1024
"""Bytes of one circuit, both directions together: a day of gossip, not of films."""

CLOSE_S: Final = 1.0
"""Saying goodbye to all peers together, before sockets are closed without it."""
