"""The system's own Chromium, quiet: no phoning home, so that pictures and measurements see the product alone."""

import shutil

FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def executable() -> str:
    """The path of Chromium; FileNotFoundError says how to get one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError("there is no Chromium here: run scripts/chromium.sh")
