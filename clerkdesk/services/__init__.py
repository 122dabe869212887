"""What the office does, by law: one plain function per command, in one transaction, with its audit entry.

Nothing here knows of Textual, Typer or HTTP, so that the server can run the same functions again.
"""
