"""What is kept: the encrypted SQLite store of a desk, its tables, migrations, files and backups.

Rules of the office do not live here (see `services`); nothing here knows of screens or HTTP.
"""
