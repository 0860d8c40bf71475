"""A node that notes when posts come by gossip: `python tests/bench/gossip_node.py FILE --home HOME up ...`.

It is the node of the command line; when it ends it writes to FILE, as JSON, the second at which it took each post.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import sys
import time
from pathlib import Path

from lazpool.cli.main import main
from lazpool.node.ears import Ears

if __name__ == "__main__":
    arrived: dict[str, float] = {}
    check = Ears.check

    def noted(self: Ears, topic: str, data: bytes, forwarder: bytes) -> bool | None:
        """Judge a message, and note when it was taken."""
        verdict = check(self, topic, data, forwarder)
        if verdict:
            arrived.setdefault(hashlib.sha256(data).hexdigest(), time.time())
        return verdict

    Ears.check = noted  # type: ignore[method-assign] # what is measured
    path = Path(sys.argv.pop(1))
    atexit.register(lambda: path.write_text(json.dumps(arrived)))
    main()
