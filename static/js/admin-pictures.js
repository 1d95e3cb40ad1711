/* Pictures in the back office: a click on a thumbnail chooses the focal point of its row (the two numbers beside it do
   the same without this file), and files may be dropped on the frame of the file chooser. */
const field = (name, axis) =>
  document.querySelector(`input[name="${CSS.escape(name.replace(/(file|image)$/, ""))}focus_${axis}"]`);

function chooser(link, across, down) {
  const dialog = document.createElement("dialog");
  dialog.className = "bo-focus";
  dialog.setAttribute("aria-label", link.dataset.title);
  const words = document.createElement("p");
  words.textContent = link.dataset.words;
  const frame = document.createElement("div");
  frame.className = "bo-focus-frame";
  frame.tabIndex = 0;
  const image = new Image();
  image.src = link.href;
  image.alt = link.querySelector("img").alt;
  const mark = document.createElement("span");
  mark.className = "bo-focus-mark";
  frame.append(image, mark);
  const done = document.createElement("button");
  done.type = "button";
  done.textContent = link.dataset.done;
  dialog.append(words, frame, done);

  let x = Number(across.value || 50);
  let y = Number(down.value || 50);
  const put = (left, top) => {
    x = Math.round(Math.min(100, Math.max(0, left)));
    y = Math.round(Math.min(100, Math.max(0, top)));
    mark.style.left = `${x}%`;
    mark.style.top = `${y}%`;
  };
  const keep = () => {
    for (const [input, value] of [[across, x], [down, y]]) {
      if (input.value === String(value)) continue;
      input.value = value;
      input.dispatchEvent(new Event("input", { bubbles: true }));
    }
    dialog.close();
  };
  image.addEventListener("click", (event) => {
    const box = image.getBoundingClientRect();
    put(((event.clientX - box.left) / box.width) * 100, ((event.clientY - box.top) / box.height) * 100);
  });
  frame.addEventListener("keydown", (event) => {
    const steps = { ArrowLeft: [-2, 0], ArrowRight: [2, 0], ArrowUp: [0, -2], ArrowDown: [0, 2] };
    if (event.key === "Enter") keep();
    else if (event.key in steps) put(x + steps[event.key][0], y + steps[event.key][1]);
    else return;
    event.preventDefault();
  });
  done.addEventListener("click", keep);
  dialog.addEventListener("close", () => {
    dialog.remove();
    link.focus();
  });
  document.body.append(dialog);
  put(x, y);
  dialog.showModal();
  frame.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("[data-focus-of]") : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const across = field(link.dataset.focusOf, "x");
  const down = field(link.dataset.focusOf, "y");
  if (!across || !down || across.disabled || /\.svg$/.test(link.href)) return;
  event.preventDefault();
  chooser(link, across, down);
});

function list(zone, input) {
  const shown = zone.querySelector("[data-drop-list]");
  shown.querySelectorAll("img").forEach((image) => URL.revokeObjectURL(image.src));
  shown.replaceChildren(
    ...[...input.files].map((file) => {
      const item = document.createElement("li");
      const image = new Image(64, 80);
      image.src = URL.createObjectURL(file);
      image.alt = "";
      image.addEventListener("error", () => image.remove());
      item.append(image, file.name);
      return item;
    }),
  );
}

function takesFiles(zone) {
  const input = zone.querySelector('input[type="file"]');
  input.addEventListener("change", () => list(zone, input));
  for (const name of ["dragenter", "dragover"]) {
    zone.addEventListener(name, (event) => {
      event.preventDefault();
      zone.classList.add("is-over");
    });
  }
  zone.addEventListener("dragleave", () => zone.classList.remove("is-over"));
  zone.addEventListener("drop", (event) => {
    event.preventDefault();
    zone.classList.remove("is-over");
    const files = new DataTransfer();
    for (const file of [...input.files, ...event.dataTransfer.files]) files.items.add(file);
    input.files = files.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

document.addEventListener("DOMContentLoaded", () => document.querySelectorAll("[data-drop]").forEach(takesFiles));
