/* The cart drawer. A form with `data-add-to-cart` is sent in the background (header HX-Request: true).
 *
 * An answer that holds an element with `data-cart-drawer` is shown in the drawer; its `data-cart-count` becomes the
 * number in the header. Any other answer (a full page, a redirect) is followed as if there were no JavaScript.
 * Forms inside the drawer behave the same way when they carry `data-cart-form`. The header's link opens the drawer
 * from the address in `data-cart-link`, but for clicks that mean a new tab, and on the cart page itself.
 */
const dialog = document.getElementById("cart-drawer");
const body = dialog?.querySelector("[data-drawer-body]");

function setCount(count) {
  for (const element of document.querySelectorAll("[data-cart-count]:not([data-cart-drawer])")) {
    element.textContent = count;
    element.dataset.count = count;
  }
}

function show(fragment) {
  body.replaceChildren(fragment);
  if (fragment.dataset.cartCount !== undefined) setCount(fragment.dataset.cartCount);
  body.dispatchEvent(new CustomEvent("content:changed", { bubbles: true }));
  if (!dialog.open) dialog.showModal();
}

async function take(response) {
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fragment = page.querySelector("[data-cart-drawer]");
  if (fragment) return show(document.adoptNode(fragment));
  if (response.redirected) return window.location.assign(response.url);
  throw new Error(`no drawer in the answer (${response.status})`);
}

const HEADERS = { "HX-Request": "true", "HX-Target": "cart-drawer", Accept: "text/html" };

function send(form, submitter) {
  const body = new FormData(form);
  if (submitter?.name) body.append(submitter.name, submitter.value);
  return fetch(form.action, { method: "POST", body, headers: HEADERS, credentials: "same-origin" }).then(take);
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (!dialog || !form.matches("[data-add-to-cart], [data-cart-form]")) return;
  event.preventDefault();
  if (form.dataset.busy) return;
  form.dataset.busy = "1";
  const button = event.submitter;
  button?.classList.add("is-busy");
  try {
    await send(form, button);
  } catch {
    form.submit();
  } finally {
    delete form.dataset.busy;
    button?.classList.remove("is-busy");
  }
});

dialog?.addEventListener("click", (event) => {
  if (event.target === dialog || event.target.closest("[data-drawer-close]")) dialog.close();
});

document.addEventListener("click", async (event) => {
  const link = event.target.closest("[data-cart-link]");
  if (!dialog || !link?.dataset.cartLink || link.hasAttribute("aria-current")) return;
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  try {
    await fetch(link.dataset.cartLink, { headers: HEADERS, credentials: "same-origin" }).then(take);
  } catch {
    window.location.assign(link.href);
  }
});
