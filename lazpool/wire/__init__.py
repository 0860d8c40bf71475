"""Floor 1, bytes: canonical MessagePack, hashes, signatures, sealed letters and key files."""
