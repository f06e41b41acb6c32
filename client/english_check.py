"""What `labmark check` says, in English."""

from __future__ import annotations

from typing import Final

ENGLISH_CHECK: Final[dict[str, str]] = {
    "help.check": "Try a file here. The same sandbox and graders, on public data, without a service.",
    "option.seed": "Draws the rows and the seeds of the training; another number, other rows.",
    "option.no_jail": "Run without a sandbox, where this system allows none: the code may do all that "
    "you may.",
    "option.show_log": "Show what the code printed, too.",
    "state.importing": "importing the framework, some seconds",
    "state.fetching": "fetching the data set, once",
    "check.no_assignment": "Against which assignment? Use --assignment, or a folder made by `labmark "
    "start`.",
    "check.kept": "{server} cannot be asked now: checked against what it asked when it last answered.",
    "check.built_in": "Checked against the built-in lab {assignment}; a course may ask for something else.",
    "check.log": "What the code printed",
    "check.other_rows": "This was a trial on rows drawn here with seed {seed}. A service draws its own, "
    "which nobody knows, so its figures will differ a little. Nothing was handed in: labmark submit "
    "{file} --wait",
    "check.broke": "The check broke off, and not because of your code: {why}",
    "differs.split": "Of public rows there are fewer than a service uses: {train} train, {validation} "
    "validate, {test} test.",
    "differs.no_jail": "There was no sandbox: what it would forbid has not shown, nor what needs it, "
    "nor how much memory is too much.",
    "differs.cpu": "This assignment trains on a GPU where there is one; here it was the processor.",
    "differs.hidden_criteria": "Some criteria of this assignment are not shown to students, and were "
    "not judged.",
    "layer.system": "it needs Linux with an x86-64 processor; on Windows WSL 2 is one",
    "layer.namespaces": "user namespaces are not allowed. As administrator: sysctl "
    "user.max_user_namespaces=10000, and on Ubuntu also kernel.apparmor_restrict_unprivileged_userns=0",
    "layer.mounts": "mounts in a user namespace are forbidden, by AppArmor or by the container this is",
    "layer.landlock": "it needs Linux 6.12 or newer with landlock among its security modules "
    "(lsm=landlock,...)",
    "layer.seccomp": "the library libseccomp is missing (Debian and Ubuntu: apt install libseccomp2)",
    "stop.packages_missing": "To check here, the packages that train and grade are needed too "
    "({packages} missing). Install them: pip install 'labmark[check]'",
    "stop.no_jail": "This system cannot make the sandbox; missing are:\n{layers}\nTo run your own file "
    "without one, as any program of yours: --no-jail",
    "stop.no_framework": "{framework} cannot be imported here: {detail}\n{log}",
    "stop.no_spec": "What {assignment} asks is not known here. Log in to its service, or name a "
    "built-in lab: iris-single-layer, iris-multi-layer, mnist-single-layer, mnist-multi-layer.",
    "stop.bad_spec": "What the service says of {assignment} is not understood here: update labmark. "
    "({detail})",
    "stop.no_dataset": "The data set {dataset} is not to be had here. {detail} Hand in: labmark submit",
    "stop.unsupported_file": "That is neither a Python file (.py) nor a notebook (.ipynb). {detail}",
    "stop.not_utf8": "The file is not UTF-8 text. {detail}",
    "stop.bad_notebook": "The notebook cannot be read. {detail}",
    "stop.too_large": "The file is too large. {detail}",
}
