"""What a hub shows to browsers and to monitoring: it reads the databases, changes nothing and knows no libp2p.

Starlette on hypercorn, both of the extra `lazpool[hub]`: nothing here is imported unless a page was asked for.
"""
