"""What a student may try, from a report and their own source: codes with parameters, as all that graders say.

Advice decides nothing: no points, no verdict. It is made whenever a report is read, so that old submissions
profit from what is recognised today.
"""

from graders.advice.advise import advise
from graders.advice.model import Advice

__all__ = ["Advice", "advise"]
