/* Before anything is drawn: the chosen theme, and once the language that was chosen when it was kept in a cookie.
 * The page is the same for everybody, so what is a visitor's own comes from the browser. */
{
  const read = (name) => document.cookie.match(`(?:^|; )${name}=([\\w-]+)`)?.[1] ?? "";
  const theme = read("theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
  const language = read("django_language");
  if (language) {
    document.cookie = "django_language=; path=/; max-age=0";
    const other = document.querySelector(`link[rel="alternate"][hreflang="${language}" i]`);
    if (other && language !== document.documentElement.lang) window.location.replace(new URL(other.href).pathname + window.location.search);
  }
}
