"""Run the command `matcher` as `python -m matcher`."""

from matcher.cli import main

main()
