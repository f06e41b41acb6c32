"""Read by every Python that finds it: libfaketime 0.9.10 makes time.sleep of Python 3.11 raise "Invalid argument".

It subtracts its offset from a deadline on the monotonic clock, which it was told to leave alone.
"""

import select
import time

time.sleep = lambda seconds: select.select([], [], [], seconds) and None
