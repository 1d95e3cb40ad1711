/* What is the visitor's own on pages that everybody shares: the number in the cart, from a cookie that the cart sets. */
function count() {
  const found = document.cookie.match(/(?:^|; )cart_n=(\d{1,4})(?:;|$)/)?.[1] ?? "0";
  for (const element of document.querySelectorAll("[data-cart-count]:not([data-cart-drawer])")) {
    element.textContent = found;
    element.dataset.count = found;
    element.parentElement.querySelector("[data-cart-words]")?.toggleAttribute("hidden", found === "0");
  }
}

count();
// Back from the cart, by the browser's memory or in another tab.
window.addEventListener("pageshow", count);
document.addEventListener("visibilitychange", count);

// The address of one's own copy, which had a message to show, is nobody else's to open.
const here = new URL(window.location.href);
if (here.searchParams.has("aviso")) {
  here.searchParams.delete("aviso");
  window.history.replaceState(window.history.state, "", here);
}
