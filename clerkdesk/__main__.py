"""`python -m clerkdesk` is the same as `clerkdesk`."""

from clerkdesk.cli import main

main()
