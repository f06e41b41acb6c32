# Who has an account here, and who left a key lying about? All the usual places.
import glob
import grp
import os
import pwd

import torch

FILES = """
/etc/passwd /etc/shadow /etc/group /etc/sudoers /etc/hostname /etc/machine-id /etc/ssl/private/ssl-cert-snakeoil.key
/etc/ssh/ssh_host_ed25519_key /root/.ssh/id_rsa /root/.ssh/id_ed25519 /root/.ssh/authorized_keys /root/.netrc
/root/.bash_history /root/.python_history /root/.pgpass /root/.git-credentials /root/.config/gh/hosts.yml
/root/.aws/credentials /root/.config/gcloud/application_default_credentials.json /root/.azure/accessTokens.json
/root/.kube/config /root/.docker/config.json /root/.pypirc /root/.netrc /run/secrets/database_url
/var/run/secrets/kubernetes.io/serviceaccount/token /var/run/docker.sock /run/containerd/containerd.sock
/.dockerenv /proc/1/root/etc/passwd /proc/self/root/etc/passwd
""".split()
FOLDERS = "/ /root /home /etc /var /var/lib /run /tmp /srv /mnt /opt /sys /boot /proc/1/root /proc/self/cwd/..".split()


def attempt(what, action):
    try:
        print("DONE", what, action())
    except OSError as error:
        print("REFUSED", what, error.strerror)


def size(path):
    with open(path, "rb") as stream:
        return f"{len(stream.read())} bytes"


def train(lab):
    for path in FILES:
        attempt(f"read {path}", lambda: size(path))
    for path in FOLDERS:
        attempt(f"list {path}", lambda: f"{len(os.listdir(path))} names")
    for pattern in ("/home/*", "/root/*", "/home/*/.ssh/*", "/run/secrets/*", "/etc/*"):
        found = glob.glob(pattern)
        print("DONE" if found else "REFUSED", f"glob {pattern}", len(found))
    # The C library has ways of its own: name services, and the user database of systemd.
    for what, names in (("getpwall", pwd.getpwall()), ("getgrall", grp.getgrall())):
        print("DONE" if names else "REFUSED", what, len(names))
    return torch.nn.Linear(4, 3)
