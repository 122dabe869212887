"""The central server: authenticates desks and people, carries out their commands again, hands out what changed.

Rules of the office are in `services`; here are HTTP, sessions, the feed, recovery and administration.
"""
