/* "My size": the sizes that a shopper asks to be remembered stay in this browser, and every list then offers a link to
   what is in stock in them: the address that choosing them leads to. Without JavaScript sizes are chosen like the rest. */
const KEY = "my-sizes";
const PLACE = ["page", "desde", "hasta"];

function remembered() {
  try {
    const found = JSON.parse(window.localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? found : [];
  } catch {
    return [];
  }
}

function remember(sizes) {
  try {
    if (sizes.length) window.localStorage.setItem(KEY, JSON.stringify(sizes));
    else window.localStorage.removeItem(KEY);
  } catch {
    // The browser keeps nothing: then nothing is offered.
  }
}

/* The address of the list with these boxes chosen, in stock, whatever else is chosen. */
function address(form, boxes, name) {
  const url = new URL(form.action);
  const query = new URLSearchParams(window.location.search);
  for (const key of [...PLACE, name, "disponible"]) query.delete(key);
  for (const box of boxes) query.append(box.name, box.value);
  query.append("disponible", "1");
  url.search = new URLSearchParams([...query].sort(([a, x], [b, y]) => (a + x < b + y ? -1 : 1)));
  return url;
}

const shows = [];

function dress(root) {
  const part = root.querySelector("[data-my-size]:not([data-dressed])");
  if (!part) return;
  part.dataset.dressed = "";
  const form = part.closest("form");
  const boxes = [...part.closest("details").querySelectorAll('input[type="checkbox"]')];
  const link = form.closest(".listing").querySelector("[data-my-size-link]");
  const keep = part.querySelector("[data-my-size-keep]");
  const forget = part.querySelector("[data-my-size-forget]");
  const values = (some) => some.map((box) => box.value).join();

  const show = () => {
    const mine = remembered();
    const here = boxes.filter((box) => mine.includes(box.value));
    const chosen = boxes.filter((box) => box.checked);
    keep.hidden = !chosen.length || values(chosen) === values(here);
    forget.hidden = !here.length;
    part.hidden = keep.hidden && forget.hidden;
    link.hidden = true;
    if (!here.length) return;
    const url = address(form, here, here[0].name);
    const now = new URLSearchParams(window.location.search);
    const isThere = now.has("disponible") && now.getAll(here[0].name).sort().join() === here.map((box) => box.value).sort().join();
    link.hidden = isThere;
    link.href = url.pathname + url.search;
    link.querySelector("[data-my-size-names]").textContent = here
      .map((box) => box.parentElement.querySelector(".filter-name").textContent)
      .join(", ");
  };

  form.addEventListener("change", show);
  keep.addEventListener("click", () => {
    // Sizes that this list does not have, such as those of shoes, stay.
    const others = remembered().filter((size) => !boxes.some((box) => box.value === size));
    remember([...others, ...boxes.filter((box) => box.checked).map((box) => box.value)]);
    show();
    forget.focus();
  });
  forget.addEventListener("click", () => {
    remember(remembered().filter((size) => !boxes.some((box) => box.value === size)));
    show();
    (keep.hidden ? boxes[0] : keep).focus();
  });
  shows.push(show);
  show();
}

dress(document);
document.addEventListener("htmx:load", (event) => dress(event.target.parentElement || document));
// Back by the browser's memory.
window.addEventListener("pageshow", () => shows.forEach((show) => show()));
