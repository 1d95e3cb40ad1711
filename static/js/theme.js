/* Light or dark by hand. The choice is kept in a cookie, which the server reads: no flash on the next page. */
const YEAR = 60 * 60 * 24 * 365;

document.querySelector("[data-theme-toggle]")?.addEventListener("click", () => {
  const root = document.documentElement;
  const system = window.matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const next = (root.dataset.theme || system) === "dark" ? "light" : "dark";
  root.dataset.theme = next;
  document.cookie = `theme=${next}; path=/; max-age=${YEAR}; samesite=lax`;
});
