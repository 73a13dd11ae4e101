// Finds, in one frame, the first recognised overlay that can be declined, and the button that declines it; evaluated by
// overlays.py. Nothing is pressed here. Returns null, or [button, heading, label].
() => {
  const fold = (s) => (s || "").replace(/[\s\u00a0]+/g, " ").trim();
  const roots = [document];
  for (let i = 0; i < roots.length; i++)
    for (const e of roots[i].querySelectorAll("*")) if (e.shadowRoot) roots.push(e.shadowRoot);
  const all = (css) => roots.flatMap((r) => [...r.querySelectorAll(css)]);
  const shown = (e) => {
    if (!e.isConnected || !e.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true })) return false;
    const box = e.getBoundingClientRect();
    return box.width > 1 && box.height > 1 && box.bottom > 0 && box.right > 0 && box.top < innerHeight && box.left < innerWidth;
  };

  const COOKIES = /cookie|consent|\bgdpr\b|\bccpa\b|datenschutz|privatsphäre|vie privée|traceurs|privacidad|privacidade|privacy|plików cookie|キッキー|クッキー/i;
  const MAILING = /talent (community|network|pool)|newsletter|job alerts?|stay in touch|stay connected|keep in touch|not ready to apply|mailing list|subscribe|notify me|jobabo|jobbenachrichtigung|alertes? emploi|alertas? de empleo|vacaturemelding|ニュースレター/i;
  const FEEDBACK = /\b(survey|feedback|rate your experience|how likely are you to recommend|umfrage|sondage|encuesta|enquête)\b/i;
  const DECLINE = [
    /\b(reject|decline|refuse|deny|disagree|do not (accept|consent|allow|sell)|don't (accept|consent|allow)|continue without (accepting|consent|agreeing))\b|\b(only|just|solely|use|allow|accept|keep)?\s*(the )?(strictly )?(necessary|essential|required|functional)( cookies?)?( only)?$|\b(only|strictly) (necessary|essential|required)\b|ablehnen|(nur|ausschließlich) (die )?(technisch )?(notwendige|erforderliche|essenzielle|funktionale)|ohne (zustimmung|einwilligung)|widersprechen|refuser|continuer sans accepter|rechazar|(solo|sólo|únicamente) (las )?(necesarias|esenciales)|rifiuta|solo (i )?(cookie )?(necessari|tecnici)|continua senza accettare|rejeitar|recusar|(apenas|somente) (os )?(necessários|essenciais)|weiger|afwijzen|alleen (noodzakelijke|functionele)|odrzu[ćc]|tylko niezbędne|avvisa|neka|endast nödvändiga|kun nødvendige|afvis|avslå|hylkää|odmítnout|elutasít|отклонить|только необходимые|拒否|同意しない|拒绝|거부/i,
    /\b(no,? thanks?( you)?|no thank you|not now|not interested|maybe later|later|remind me later|skip|dismiss)\b|nein,? danke|nicht jetzt|später|non,? merci|plus tard|pas maintenant|no,? gracias|ahora no|más tarde|no,? grazie|non ora|più tardi|não,? obrigad[oa]|agora não|nee,? (bedankt|dank je)|niet nu|later|nie,? dziękuję|nej,? tack|nei,? takk|nej,? tak|спасибо,? не надо|не сейчас|позже|いいえ|後で/i,
    /^(close|close (this )?(dialog|window|popup|pop-up|banner|modal|message)|×|✕|✖|✗|x|schließen|fermer|cerrar|chiudi|fechar|sluiten|zamknij|stäng|lukk|luk|sulje|закрыть|閉じる|关闭|닫기)$/i,
  ];
  const ACCEPT = /\b(accept|agree|allow|consent|got it|ok(ay)?|i understand|understood|yes|join|sign ?up|subscribe|submit|continue|akzeptier|zustimm|einverstanden|accepter|j'accepte|aceptar|acepto|accetta|accetto|aceitar|accepteer|akkoord|zgadzam|godkänn|tillåt)/i;
  const HARMLESS_ACCEPT = /necessary|essential|required|functional|without|do not|don't|notwendig|erforderlich|essenziell|sans accepter|necesari|esencial|necessari|tecnici|essenciais|noodzakelijk|niezbędne|nödvändig|nødvendig|senza|ohne/i;

  const CONTROLS = "input:not([type=hidden]):not([type=checkbox]):not([type=radio]):not([type=submit]):not([type=button]),textarea,select";
  const floating = (e) => {
    if (e.matches("dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true]")) return true;
    for (let n = e, up = 0; n && n !== document.body && up < 3; n = n.parentElement, up++) {
      const place = getComputedStyle(n).position;
      if (place === "fixed" || place === "sticky") return true;
      if (place === "absolute" && Number(getComputedStyle(n).zIndex) >= 10) return true;
    }
    return false;
  };
  // An application form, or a part of one, is never an overlay.
  const application = (e) =>
    e.querySelector("input[type=file],input[type=password]") || e.querySelectorAll(CONTROLS).length > 2 ||
    [...e.querySelectorAll("form")].some((f) => f.querySelectorAll(CONTROLS).length > 2) ||
    [e.closest("form")].some((f) => f && f.querySelectorAll(CONTROLS).length > 2);

  const NAMED = ["cookie", "consent", "gdpr", "onetrust", "didomi", "usercentrics", "cmp", "newsletter", "talent", "popup", "modal", "overlay", "banner", "notice"]
    .flatMap((w) => [`[id*=${w} i]`, `[class*=${w} i]`]).join(",");
  const boxes = all(`dialog[open],[role=dialog],[role=alertdialog],[aria-modal=true],[role=region][aria-label],${NAMED}`)
    .filter((e) => !e.matches("body,html,main,button,a,input,label,script,style") && shown(e) && floating(e) && !application(e));
  // In a consent provider's own frame the whole page is the overlay.
  if (self !== top && document.body && !application(document.body) && fold(document.body.innerText).length < 6000) boxes.push(document.body);

  const labelOf = (b) => fold(b.tagName === "INPUT" ? b.value : b.innerText) || fold(b.getAttribute("aria-label") || b.title);
  const purpose = (e) => fold((e.innerText || "").slice(0, 4000) + " " + (e.getAttribute("aria-label") || ""));
  for (const box of boxes) {
    const said = purpose(box);
    if (!said || said.length > 6000) continue;
    if (!COOKIES.test(said) && !MAILING.test(said) && !FEEDBACK.test(said)) continue;
    const buttons = [...box.querySelectorAll("button,[role=button],input[type=button],input[type=submit],a")].filter((b) => {
      if (!shown(b) || b.disabled) return false;
      if (b.tagName !== "A" || b.getAttribute("role") === "button") return true;
      const href = b.getAttribute("href");
      return !href || href.startsWith("#") || href.startsWith("javascript:");
    });
    for (const rule of DECLINE) {
      const button = buttons.find((b) => {
        const label = labelOf(b);
        return label.length <= 80 && rule.test(label) && (!ACCEPT.test(label) || HARMLESS_ACCEPT.test(label));
      });
      if (button) {
        const heading = box.querySelector("h1,h2,h3,h4,[role=heading]");
        return [button, (fold(heading && heading.innerText) || said).slice(0, 120), labelOf(button)];
      }
    }
  }
  return null;
}
