"""`python -m llmauto` is the same as `llmauto`."""

from llmauto.cli import main

main()
