"""`python -m client`, where the command itself is not on the path."""

from client.cli import run

run()
