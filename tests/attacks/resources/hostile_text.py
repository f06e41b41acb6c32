# Text that acts on whoever reads it: a terminal, a browser, a spreadsheet, a decoder.
import os
import sys

import torch

ESC, BEL = "\x1b", "\x07"
SCRIPT = "</pre></code><script>alert(document.cookie)</script><img src=x onerror=alert(1)>"
TERMINAL = f"{ESC}[2J{ESC}[1;31mall your points{ESC}]0;owned{BEL}{ESC}]52;c;cm0gLXJmIC8={BEL}{ESC}[6n{ESC}P+q{ESC}\\"
UNICODE = "\u202e gnp.exe\u2066\u200b\ufeff\u2028\x85\ud800\U000e0041" + "e" + "\u0301" * 2000
MARKUP = "{{ 7 * 7 }} {% include '/etc/passwd' %} ${7*7} <!-- ]]> &lt;script&gt; =cmd|' /C calc'!A0"


def train(lab):
    for text in (SCRIPT, TERMINAL, UNICODE, MARKUP):
        print(text)
        print(text, file=sys.stderr)
    os.write(1, b"\xff\xfe\x00\xed\xa0\x80\xf5\x80\x80\x80\xc0\xaf \x9b31m \xe2\x80\n")
    os.write(1, b"\x00" * 1000 + b"\r\x08\x7f" * 1000 + b"\ndata: {}\n\nevent: end\ndata: x\n\n")
    print("the end")
    model = torch.nn.Sequential()
    model.add_module(f"{SCRIPT}{TERMINAL}".replace(".", ""), torch.nn.Linear(4, 3))
    model.extra_repr = lambda: SCRIPT
    return model
