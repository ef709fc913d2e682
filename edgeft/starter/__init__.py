"""The first recipe for somebody's data: a look at it, and what is written from that."""
