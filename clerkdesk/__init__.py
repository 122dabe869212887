"""ClerkDesk: the registry clerk's keyboard workstation (văn thư): arrivals, outgoing documents, registers, signing."""

__version__ = "0.1.0"
