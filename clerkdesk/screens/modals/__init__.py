"""Short questions over a screen, each answered with a typed result: confirm, reason, pick, ask, show."""
