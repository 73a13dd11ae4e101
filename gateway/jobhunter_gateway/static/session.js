// Who is signed in: a JSON Web Token, kept for this tab, or for this computer where the person asked for it.

const KEY = "jobhunter-token";

/** Whether the token is kept for this computer. */
export const stays = () => localStorage.getItem(KEY) !== null;
export const token = () => sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY);

export function keep(value, stay) {
  forget();
  (stay ? localStorage : sessionStorage).setItem(KEY, value);
}

export function forget() {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}

/** To the sign-in page, which says why and leads back here. why: expired, missing or out. */
export function toSignIn(why) {
  forget();
  const back = location.pathname === "/login" ? "/" : location.pathname;
  location.replace(`/login?why=${why}&back=${encodeURIComponent(back)}`);
}

/** What a token says of itself, unchecked: {sub, exp}, or null where it is no token. */
export function claims(value) {
  try {
    const body = value.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    const bytes = Uint8Array.from(atob(body), (character) => character.charCodeAt(0));
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch {
    return null;
  }
}
