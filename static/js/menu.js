/* The phone's menu is a <details>: it works alone. Here: Escape and a touch outside shut it. */
const menu = document.querySelector("[data-menu]");

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || !menu?.open) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

document.addEventListener("click", (event) => {
  if (menu?.open && !menu.contains(event.target)) menu.open = false;
});
