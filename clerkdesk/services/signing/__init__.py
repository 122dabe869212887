"""Electronic signing of outgoing documents: prepare, leader signs, number and date written and seal applied, checked.

Import the module that you need; this file stays empty because the PDF libraries behind it are slow to load.
"""
