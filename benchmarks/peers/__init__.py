"""What benchmarks/peers.py stands on: other tools on the same weights, each in its own environment.

`catalogue` lists the peers; a `make_*` module turns a checkpoint into a peer's model and a `run_*`
module answers with it. These run in the peer's own environment, which has numpy and the peer, and
nothing of edgeft; all other modules run in ours.
"""
