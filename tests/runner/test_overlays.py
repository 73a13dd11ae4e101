"""Overlays are closed by declining, and nothing else is touched."""

from __future__ import annotations

import pytest

from jobhunter_runner.overlays import ClosedOverlay, close_overlays

pytestmark = pytest.mark.asyncio(loop_scope="session")

PRESSES = """<script>window.pressed = [];
document.addEventListener("click", (e) => {
  const b = e.target.closest("button,a,[role=button]");
  if (!b) return;
  window.pressed.push(b.innerText || b.getAttribute("aria-label"));
  const box = b.closest("[data-box]"); if (box && !b.dataset.stays) box.remove();
});</script>"""
FORM = (
    "<form id=apply><label for=n>Name</label><input id=n><label for=e>Email</label><input id=e>"
    "<label for=p>Phone</label><input id=p>"
    "<p>We store your data and use cookies.</p><button type=button>No thanks</button><button type=button>Decline</button>"
    "<button>Submit application</button></form>"
)


def bar(text: str, *buttons: str, heading: str = "", attributes: str = "class=cookie-banner") -> str:
    inside = "".join(b if b.startswith("<") else f"<button type=button>{b}</button>" for b in buttons)
    return (
        f'<div data-box {attributes} style="position:fixed;bottom:0;left:0;right:0;background:#eee;z-index:99;padding:20px">'
        f"{f'<h2>{heading}</h2>' if heading else ''}<p>{text}</p>{inside}</div>"
    )


async def pressed(shown) -> list[str]:
    return list(await shown.tabs.page.evaluate("() => window.pressed"))


@pytest.mark.parametrize(
    ("text", "buttons", "declines"),
    [
        ("We use cookies to improve our site.", ["Accept all", "Settings", "Reject all"], "Reject all"),
        ("We use cookies.", ["Only necessary cookies", "Accept all cookies"], "Only necessary cookies"),
        (
            "We value your privacy and use cookies",
            ["Allow all", "Continue without accepting"],
            "Continue without accepting",
        ),
        ("This website uses cookies", ["Accept", "Reject non-essential"], "Reject non-essential"),
        ("This website uses cookies", ["I agree", "Accept only essential"], "Accept only essential"),
        ("Wir verwenden Cookies.", ["Alle akzeptieren", "Einstellungen", "Alle ablehnen"], "Alle ablehnen"),
        (
            "Wir verwenden Cookies.",
            ["Zustimmen", "Nur notwendige Cookies akzeptieren"],
            "Nur notwendige Cookies akzeptieren",
        ),
        ("Nous utilisons des cookies.", ["Tout accepter", "Continuer sans accepter"], "Continuer sans accepter"),
        ("Usamos cookies propias.", ["Aceptar todas", "Rechazar todas"], "Rechazar todas"),
        ("Utilizziamo i cookie.", ["Accetta tutti", "Rifiuta tutti"], "Rifiuta tutti"),
        (
            "Wij gebruiken cookies.",
            ["Alles accepteren", "Alleen noodzakelijke cookies"],
            "Alleen noodzakelijke cookies",
        ),
        ("We use cookies.", ["OK", '<button type=button aria-label="Close">×</button>'], "×"),
    ],
)
async def test_cookie_banners_are_declined(show, text, buttons, declines):
    shown = await show(FORM + bar(text, *buttons) + PRESSES)
    closed = await close_overlays(shown.tabs.page)
    assert [c.pressed for c in closed] == [declines]
    assert await pressed(shown) == [declines]


async def test_a_talent_community_dialog_is_declined_and_its_field_left_empty(show):
    dialog = (
        '<div data-box class="modal" role=dialog aria-modal=true style="position:fixed;inset:0;background:#0008">'
        "<h2>Join our talent community</h2><p>Not ready to apply?</p><input type=email id=talent>"
        "<button type=button>Join now</button><button type=button>No, thank you</button></div>"
    )
    shown = await show(FORM + dialog + PRESSES)
    assert await close_overlays(shown.tabs.page) == [ClosedOverlay("Join our talent community", "No, thank you")]


async def test_overlays_behind_one_another_are_all_closed(show):
    shown = await show(
        FORM
        + bar("We use cookies.", "Decline", "Accept")
        + bar("Subscribe to job alerts", "Subscribe", "Not now", attributes="role=dialog", heading="Stay in touch")
        + PRESSES
    )
    closed = await close_overlays(shown.tabs.page)
    assert sorted(c.pressed for c in closed) == ["Decline", "Not now"]
    assert await close_overlays(shown.tabs.page) == []


@pytest.mark.parametrize(
    "overlay",
    [
        bar("We use cookies.", "Accept all", "Cookie settings"),  # it can only be accepted
        bar("By continuing you agree to our cookies.", "Got it"),
        bar("Are you sure you want to withdraw?", "Cancel", "No thanks", attributes="role=dialog"),  # not one it knows
        bar("Your session expires soon.", "Close", "Stay signed in", attributes="role=alertdialog"),
        bar("We use cookies.", "<a href=/policy>Decline</a>"),  # a link that leads away
        "<p>This page is about cookies and a newsletter.</p><button type=button>Decline</button>",  # not over anything
        bar("We use cookies.", "Decline", attributes="class=cookie-banner hidden"),
    ],
)
async def test_what_it_does_not_recognise_or_cannot_decline_is_left_alone(show, overlay):
    shown = await show(
        FORM
        + overlay.replace(
            '<div data-box class=cookie-banner hidden style="',
            '<div data-box hidden class=cookie-banner style="display:none;',
        )
        + PRESSES
    )
    assert await close_overlays(shown.tabs.page) == []
    assert await pressed(shown) == []


async def test_an_application_in_a_dialog_is_never_touched(show):
    dialog = FORM.replace(
        "<form id=apply>", "<form id=apply role=dialog class=modal style='position:fixed;inset:0;background:#fff'>"
    )
    for html in (dialog, f"<div role=dialog style='position:fixed;inset:0'><p>consent to cookies</p>{FORM}</div>"):
        shown = await show(html + PRESSES, path=f"/{len(html)}")
        assert await close_overlays(shown.tabs.page) == []
        assert await pressed(shown) == []
    step = (
        "<form role=dialog style='position:fixed;inset:0'><label for=f>Resume</label><input type=file id=f>"
        "<p>I consent to my data being processed</p><button type=button>Skip</button></form>"
    )
    shown = await show(step + PRESSES, path="/step")
    assert await close_overlays(shown.tabs.page) == []


async def test_a_banner_in_a_frame_or_a_shadow_root_is_declined(show, site):
    site.answers["/cmp"] = (
        "<!doctype html><body><p>We and our partners use cookies</p>"
        "<button onclick=\"document.body.innerHTML=''\">Accept</button>"
        "<button onclick=\"document.body.innerHTML=''\">Reject all</button></body>"
    )
    shown = await show(
        FORM
        + '<div id=host></div><iframe src=/cmp style="position:fixed;bottom:0;width:100%;height:200px"></iframe>'
        + "<script>const root = host.attachShadow({mode: 'open'}); root.innerHTML = `<div id=usercentrics-banner role=dialog"
        " style='position:fixed;top:0;left:0;right:0;background:#eee'>Privacy settings: we use cookies <button>Deny</button>"
        "<button>Accept</button></div>`; root.querySelector('button').onclick = () => root.firstChild.remove();</script>"
    )
    assert sorted(c.pressed for c in await close_overlays(shown.tabs.page)) == ["Deny", "Reject all"]


async def test_a_banner_that_stays_is_pressed_once(show):
    shown = await show(FORM + bar("We use cookies.", "<button type=button data-stays=1>Decline</button>") + PRESSES)
    assert [c.pressed for c in await close_overlays(shown.tabs.page)] == ["Decline"]
    assert len(await pressed(shown)) <= 2
