/* A search field suggests while one types: a combobox with a list box (ARIA 1.2). Arrows choose, Enter opens what is chosen
   or searches what was typed, Escape closes. Without JavaScript the form searches. */
const WAIT = 150;

for (const [place, form] of [...document.querySelectorAll("[data-suggest]")].entries()) {
  const field = form.querySelector('input[type="search"]');
  const list = document.createElement("ul");
  list.className = "found";
  list.id = `found-${place}`;
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", field.getAttribute("aria-label") ?? "");
  form.append(list);
  for (const [name, value] of Object.entries({
    role: "combobox",
    "aria-autocomplete": "list",
    "aria-expanded": "false",
    "aria-controls": list.id,
  })) {
    field.setAttribute(name, value);
  }

  let timer;
  let asked = "";
  let chosen = -1;
  const options = () => [...list.querySelectorAll('[role="option"]')];

  const show = (open) => {
    list.hidden = !open || !options().length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    if (list.hidden) choose(-1);
  };

  const choose = (number) => {
    const all = options();
    chosen = number;
    for (const [index, option] of all.entries()) {
      option.setAttribute("aria-selected", String(index === number));
    }
    if (all[number]) {
      field.setAttribute("aria-activedescendant", all[number].id);
      all[number].scrollIntoView({ block: "nearest" });
    } else {
      field.removeAttribute("aria-activedescendant");
    }
  };

  const ask = async () => {
    const text = field.value.trim();
    if (text === asked) return show(Boolean(text));
    asked = text;
    if (text.length < 2) {
      list.replaceChildren();
      return show(false);
    }
    try {
      const answer = await fetch(`${form.dataset.suggest}?${new URLSearchParams({ q: text })}`);
      if (!answer.ok || text !== asked) return undefined;
      const found = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
      if (text !== asked) return undefined;
      list.replaceChildren(...found.body.firstElementChild.children);
      for (const option of options()) option.id = `${list.id}-${option.id}`;
      choose(-1);
      return show(document.activeElement === field);
    } catch {
      return show(false);
    }
  };

  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  field.addEventListener("keydown", (event) => {
    const last = options().length - 1;
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      show(false);
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) show(true);
      if (list.hidden) return;
      event.preventDefault();
      const next = chosen + (event.key === "ArrowDown" ? 1 : -1);
      choose(next < -1 ? last : next > last ? -1 : next);
    } else if (event.key === "Enter" && chosen >= 0 && !list.hidden) {
      event.preventDefault();
      location.assign(options()[chosen].dataset.href);
    }
  });
  field.addEventListener("blur", () => setTimeout(() => show(false), 200));
  field.addEventListener("focus", () => {
    if (asked && field.value.trim() === asked) show(true);
  });
}

/* Where the filters stand beside the list, a choice is applied at once; in the sheet the button applies all. */
const beside = matchMedia("(min-width: 62rem)");
for (const form of document.querySelectorAll("[data-filters]")) {
  // What is left empty is not sent. (The shop leads from such an address to the clean one, too.)
  form.addEventListener("formdata", (event) => {
    for (const [name, value] of [...event.formData]) if (!value.trim()) event.formData.delete(name);
  });
  form.addEventListener("change", (event) => {
    if (beside.matches && event.target.type === "checkbox") form.requestSubmit();
  });
}
