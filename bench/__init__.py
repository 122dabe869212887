"""Measurements, apart from the tests: how fast the program is beside a plain alternative, in the same run."""
