"""TrustChain at work, for the bench of the ledger: run by an environment of its own, and told by lines how much to do.

Each line of the input is a number of blocks; the answer is the seconds that creating, signing, validating and storing
them took. Arguments: a folder, and NORMAL or FULL. Source: pyipv8 2.1.0, ipv8.attestation.trustchain.
"""

from __future__ import annotations

import os
import sys
import time

from ipv8.attestation.trustchain.block import TrustChainBlock
from ipv8.attestation.trustchain.database import TrustChainDB
from ipv8.keyvault.crypto import default_eccrypto


def main(folder: str, synchronous: str) -> None:
    """Answer each line."""
    key = default_eccrypto.generate_key("curve25519")
    other = default_eccrypto.generate_key("curve25519").pub().key_to_bin()
    mine = key.pub().key_to_bin()
    os.makedirs(os.path.join(folder, "sqlite"), exist_ok=True)  # noqa: PTH103, PTH118 # as ipv8 joins it
    store = TrustChainDB(folder, "bench", mine)
    store.execute(f"PRAGMA synchronous = {synchronous}")
    block = None
    for line in sys.stdin:
        start = time.perf_counter()
        for _ in range(int(line)):
            block = TrustChainBlock.create(b"ride", {b"commitment": os.urandom(32)}, store, mine, link_pk=other)
            block.sign(key)
            _, errors = block.validate(store)
            if errors:
                raise SystemExit(str(errors))
            store.add_block(block)
        seconds = time.perf_counter() - start
        print(seconds, len(block.pack()) if block else 0, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
