"""One file tried on the student's own machine: the worker's data, the runner's jail, the graders, no service.

`python -P -m server.check` reads one request, a line of JSON, from stdin, and writes lines of JSON to stdout;
the command line `labmark check` starts it. See `server.check.messages`.
"""
