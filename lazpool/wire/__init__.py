"""Bytes: canonical MessagePack, keys, signatures and seals."""
