/* What may change while somebody looks at a product: stock, sizes, the button, the drop's phase.
 *
 * <div id data-live="<address of the part>" data-version>: the part is asked for when the page is shown, when the browser
 * brings it back from its memory, and on return to the tab. It is a few kilobytes, the same for everybody. It takes the
 * place of the old one only when its version is another one, and never while somebody types in it.
 */
const LEAST_MS = 1000;
let askedAt = 0;

const root = () => document.querySelector("[data-live][data-version]");
const isTyping = (part) => part.contains(document.activeElement) && document.activeElement.matches("input, textarea");

function keep(old, fresh) {
  const chosen = old.querySelector("select[name=quantity]")?.value;
  const select = fresh.querySelector("select[name=quantity]");
  if (chosen && select && [...select.options].some((option) => option.value === chosen)) select.value = chosen;
  return old.contains(document.activeElement) ? document.activeElement.id : "";
}

async function ask() {
  const part = root();
  if (!part || isTyping(part) || Date.now() - askedAt < LEAST_MS) return;
  askedAt = Date.now();
  try {
    const answer = await fetch(part.dataset.live, { credentials: "same-origin", headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    // A choice made meanwhile has another address.
    if (!fresh || root() !== part || fresh.dataset.version === part.dataset.version || isTyping(part)) return;
    const focused = keep(part, document.adoptNode(fresh));
    part.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
    window.htmx?.process(fresh);
    fresh.dispatchEvent(new CustomEvent("content:changed", { bubbles: true }));
  } catch {
    // The page stays as it is: what is sold is decided when it is added.
  }
}

ask();
window.addEventListener("pageshow", (event) => event.persisted && ask());
document.addEventListener("visibilitychange", () => document.hidden || ask());
document.addEventListener("htmx:load", (event) => event.target.querySelector?.("[data-live]") && ask());
