"""One function a command: what is asked, what is done, what is shown. `client.cli` names them."""
