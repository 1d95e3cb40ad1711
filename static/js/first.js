/* Before anything is drawn: the chosen theme, and once the language that was chosen when it was kept in a cookie.
 * The page is the same for everybody, so what is a visitor's own comes from the browser.
 *
 * The browsers within other apps (Instagram, Facebook, TikTok, any Android web view) show pages without transitions,
 * which cost them frames and leave some of them white, and they have no second window: a link opens where it stands. */
{
  const read = (name) => document.cookie.match(`(?:^|; )${name}=([\\w-]+)`)?.[1] ?? "";
  const theme = read("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const isWithin = /\bInstagram|\bFBA[NV]\b|\bFB_IAB\b|Bytedance|musical_ly|\bTikTok|; wv\)/i.test(navigator.userAgent);
  for (const turn of ["pageswap", "pagereveal"]) {
    window.addEventListener(turn, ({ viewTransition: fade }) => {
      // A page that does not fade (the provider's, the back office's) ends it, which is no fault.
      for (const end of [fade?.updateCallbackDone, fade?.ready, fade?.finished]) end?.catch(() => {});
      if (isWithin) fade?.skipTransition();
    });
  }
  if (isWithin) {
    document.addEventListener("click", (event) => event.target.closest?.("a[target]")?.removeAttribute("target"), true);
  }
  const language = read("django_language");
  if (language) {
    document.cookie = "django_language=; path=/; max-age=0";
    const other = document.querySelector(`link[rel="alternate"][hreflang="${language}" i]`);
    if (other && language !== document.documentElement.lang) window.location.replace(new URL(other.href).pathname + window.location.search);
  }
}
