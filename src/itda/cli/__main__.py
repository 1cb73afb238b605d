"""`python -m itda.cli`, the same as `itda`."""

from itda.cli.main import main

main()
