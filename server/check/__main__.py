"""`python -P -m server.check`."""

from __future__ import annotations

import os
import sys

from server.check.messages import StopCheckError, Teller, read_request, require_base, require_system


def main() -> int:
    teller = Teller(os.dup(1))
    # Frameworks and logs write to stdout as they like.
    os.dup2(2, 1)
    request = read_request(sys.stdin)
    try:
        require_system(jail=request.jail)
        require_base()
        # Only now are the packages known to be there.
        from server.check.run import check  # noqa: PLC0415

        check(request, teller)
    except StopCheckError as stop:
        teller.tell("stop", code=stop.code, **stop.told)
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main())
