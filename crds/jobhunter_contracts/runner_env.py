"""The environment of a browser pod: names that the operator writes and the runner reads."""

NATS_URL = "JOBHUNTER_NATS_URL"
NATS_USER = "JOBHUNTER_NATS_USER"
NATS_PASSWORD = "JOBHUNTER_NATS_PASSWORD"  # noqa: S105 - the name of a variable
POD_UID = "JOBHUNTER_POD_UID"
POD_NAME = "JOBHUNTER_POD_NAME"
POD_NAMESPACE = "JOBHUNTER_POD_NAMESPACE"
CDP_URL = "JOBHUNTER_CDP_URL"
EGRESS_ALLOW = "JOBHUNTER_EGRESS_ALLOW"  # JSON list, see egress.py
PAUSE_SCALE = "JOBHUNTER_PAUSE_SCALE"  # 1 as shipped, 0 for none: the pauses of a person between actions
LOG_LEVEL = "JOBHUNTER_LOG_LEVEL"
CHROMIUM = "JOBHUNTER_CHROMIUM"  # the browser of a terminal run, DEFAULT_CHROMIUM where it is not set
DEFAULT_CHROMIUM = "/usr/bin/chromium"

CDP_PORT = 9222
EGRESS_GUARD_PORT = 3128
TERMINATION_LOG = "/dev/termination-log"

BROWSER_ARGS = (
    "--headless=new",
    f"--remote-debugging-port={CDP_PORT}",
    "--remote-debugging-address=127.0.0.1",
    f"--proxy-server=http://127.0.0.1:{EGRESS_GUARD_PORT}",
    "--proxy-bypass-list=<-loopback>",
    "--force-webrtc-ip-handling-policy=disable_non_proxied_udp",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    "--disable-features=Translate,MediaRouter,OptimizationHints,AutofillServerCommunication,DialMediaRouteProvider,"
    "SpareRendererForSitePerProcess",
    "--no-startup-window",
    "--password-store=basic",
    "--mute-audio",
    "--window-size=1280,900",
)
"""Arguments of the browser; the sandbox stays on, and all traffic, loopback too, goes to the egress guard.

No start-up window and no spare renderer: without the pages nobody looks at a session takes 87 MB less and attaches in half
the time (383 to 296 MB of anonymous memory with the runner, 1.0 to 0.5 s, on 2 cores with a sign-up form open and watched).
"""
