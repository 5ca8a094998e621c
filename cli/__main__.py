"""`python -m cli` is `neuroshorts`."""

from cli import main

main()
