"""`python -m noticeguard` is the command line."""

from noticeguard.cli import main

main()
