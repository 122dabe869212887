"""A model of the numbering protocol, small enough to be explored in every order of events."""
