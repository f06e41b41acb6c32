"""`python -m client`, where the command itself is not on the path."""

from client.cli import app

app(prog_name="labmark")
