/* A button that prints the page. Without JavaScript it stays hidden: every browser can print by itself. */
for (const button of document.querySelectorAll("[data-print]")) {
  button.hidden = false;
  button.addEventListener("click", () => window.print());
}
