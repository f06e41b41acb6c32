"""Logging in, and to whom a token is given."""

from __future__ import annotations

import json
import socket
import stat

import pytest
from servers import free_port

from client.connection import server_address
from client.problems import StopError


def test_login_keeps_the_token_for_its_owner_alone(labmark):
    told = labmark("login", "--server", labmark.api.url, "--token", labmark.api.tokens["ana"])
    assert f"You are logged in at {labmark.api.url} as Ana (ana)." in told.stdout
    kept = labmark.home / "config.json"
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert json.loads(kept.read_text())["tokens"] == {labmark.api.url: labmark.api.tokens["ana"]}
    assert [path.name for path in labmark.home.iterdir()] == ["config.json"]
    told = labmark("whoami")
    assert "Ana (ana) at " in told.stdout
    assert "ml  Machine learning  (student)" in told.stdout
    assert "Machine learning" in labmark("courses").stdout


def test_a_second_login_replaces_a_file_that_others_could_read(labmark):
    labmark.login()
    kept = labmark.home / "config.json"
    kept.chmod(0o644)
    labmark.login("ivan")
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert "(ivan)" in labmark("whoami").stdout


def test_a_wrong_token_is_not_kept(labmark):
    told = labmark("login", "--server", labmark.api.url, "--token", "lmk_wrong", status=3)
    assert "The token is unknown, expired or revoked." in told.stderr
    assert not labmark.home.exists()
    labmark("login", "--server", labmark.api.url, "--token", "two words", status=2)


def test_off_a_terminal_nothing_is_asked(labmark):
    told = labmark("login", "--server", labmark.api.url, status=2)
    assert "LABMARK_TOKEN" in told.stderr


def test_without_a_login_the_way_in_is_named(labmark):
    told = labmark("whoami", status=2)
    assert "labmark login --server" in told.stderr
    told = labmark("whoami", "--server", labmark.api.url, status=3)
    assert "You are not logged in" in told.stderr


def test_the_environment_is_enough(labmark):
    told = labmark("whoami", LABMARK_SERVER=labmark.api.url, LABMARK_TOKEN=labmark.api.tokens["dan"])
    assert "(dan)" in told.stdout
    assert not labmark.home.exists()


def test_logout_forgets(labmark):
    labmark.login()
    assert "forgotten" in labmark("logout").stdout
    assert labmark.api.tokens["ana"] not in (labmark.home / "config.json").read_text()
    labmark("whoami", "--server", labmark.api.url, status=3)
    assert "There was no token" in labmark("logout", "--server", labmark.api.url).stdout


def test_nobody_answering_is_told_as_that(labmark):
    told = labmark("login", "--server", f"http://127.0.0.1:{free_port()}", "--token", "lmk_x", status=4)
    assert "does not answer" in told.stderr
    assert "trying again" in told.stderr


def test_json_holds_the_error_too(labmark):
    told = labmark("whoami", "--json", "--server", labmark.api.url, "--token", "lmk_wrong", status=3)
    error = json.loads(told.stdout)["error"]
    assert (error["code"], error["exit_status"]) == ("unauthenticated", 3)
    found = json.loads(labmark.login()("whoami", "--json").stdout)
    assert (found["user"], found["server"]) == ("ana", labmark.api.url)
    assert json.loads(labmark("courses", "--json").stdout)["items"][0]["slug"] == "ml"


def test_a_folder_from_elsewhere_gets_no_token(labmark):
    """Whoever sends a student a folder could else have their token sent anywhere."""
    labmark.login()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
        (labmark.folder / ".labmark.toml").write_text(f'assignment = "iris-one"\nserver = "{address}"\n')
        for given in ({}, {"LABMARK_TOKEN": labmark.api.tokens["ana"]}):
            told = labmark("status", status=3, **given)
            assert f"labmark login --server {address}" in told.stderr
        with pytest.raises(TimeoutError):
            listener.accept()


def test_a_folder_that_names_a_known_service_is_followed(labmark):
    labmark.login()
    other = f"http://localhost:{labmark.api.port}"
    labmark("login", "--server", other, "--token", labmark.api.tokens["ivan"])
    (labmark.folder / ".labmark.toml").write_text(f'server = "{labmark.api.url}"\n')
    assert json.loads(labmark("status", "--json").stdout)["items"] == json.loads(
        labmark("status", "--json", "--server", labmark.api.url).stdout
    )["items"]
    assert "(ivan)" in labmark("whoami").stdout


@pytest.mark.parametrize("text", ["[1", "{}", '{"server": 1}', '{"server": null, "tokens": []}', "\xff"])
def test_damaged_settings_are_named(labmark, text):
    labmark.login()
    (labmark.home / "config.json").write_bytes(text.encode("latin-1"))
    assert "config.json is damaged" in labmark("whoami", status=2).stderr


def test_a_damaged_project_file_is_named(labmark):
    labmark.login()
    (labmark.folder / ".labmark.toml").write_text("assignment = ")
    assert ".labmark.toml is damaged" in labmark("status", status=2).stderr


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("labmark.example.org", "https://labmark.example.org"),
        ("localhost:8000", "http://localhost:8000"),
        ("127.0.0.1", "http://127.0.0.1"),
        (" HTTPS://Labmark.Example.org/courses?x=1 ", "https://labmark.example.org"),
        ("http://[::1]:80/", "http://[::1]:80"),
    ],
)
def test_an_address_is_what_people_copy(text, address):
    assert server_address(text) == address


@pytest.mark.parametrize(
    "text", ["", "ftp://x", "http://", "http://a b", "http://x:port", "http://u:p@x", "https://x\x1b[2J", "http://[x"]
)
def test_what_is_no_address_is_refused(text):
    with pytest.raises(StopError):
        server_address(text)


def test_a_token_in_the_clear_is_warned_of(labmark, monkeypatch):
    host = socket.gethostname()
    try:
        socket.getaddrinfo(host, None)
    except OSError:
        pytest.skip("this machine has no name that it finds itself by")
    # Nobody listens there but perhaps on the loopback; the warning comes before anything is sent.
    told = labmark("login", "--server", f"http://{host}:{free_port()}", "--token", "lmk_x", status=4)
    assert "is not encrypted" in told.stderr
