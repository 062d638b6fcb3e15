"""The system's own Chromium, quiet: no phoning home, so that pictures and measurements see the product alone."""

import shutil

_FEATURES = (
    # a window no one sees has its own search box, which costs a page a quarter of a processor
    "WebUIOmniboxPopup",
    "WebUIOmniboxFullPopup",
    "WebUIOmniboxAimPopup",
    "AimEnabled",
    "LensOverlay",
    "PreconnectToSearch",
    "OptimizationHints",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    # what the driver switches off too: the last list counts, so these stand here again
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "PaintHolding",
    "ThirdPartyStoragePartitioning",
    "AvoidCorsURLLoaderRestartOnRedirect",
)
FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--disable-features={','.join(_FEATURES)}",
]


def executable() -> str:
    """The path of Chromium; FileNotFoundError says how to get one."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        found = shutil.which(name)
        if found:
            return found
    raise FileNotFoundError("there is no Chromium here: run scripts/chromium.sh")
