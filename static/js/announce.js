/* One live region that stands before its words come, so that screen readers say what an exchange of content brought.
 *
 * After htmx or the drawer has put new content in, the text of its [data-announce] elements is said.
 */
function announce(root) {
  // Behind an open dialog everything is inert: a dialog has a region of its own.
  const region = root.closest?.("dialog")?.querySelector("[data-live]") ?? document.querySelector("body > [data-live]");
  const inside = root.matches?.("[data-announce]") ? [root] : [...(root.querySelectorAll?.("[data-announce]") ?? [])];
  const words = inside.map((element) => element.textContent.replace(/\s+/g, " ").trim()).filter(Boolean);
  if (!region || !words.length) return;
  // Emptied first: the same words twice are said twice.
  region.textContent = "";
  window.setTimeout(() => {
    region.textContent = words.join(" ");
  }, 60);
}

document.addEventListener("htmx:afterSwap", (event) => announce(event.detail?.elt ?? event.target));
document.addEventListener("content:changed", (event) => announce(event.target));
