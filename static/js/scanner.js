/* A scanner types a code and Enter, one after another, faster than a page reloads. Scans are queued and sent in order;
   each has a key of its own, so that one whose answer was lost is sent again and counts once. */
const form = document.querySelector("[data-scanner]");

if (form) {
  const code = form.elements.code;
  const list = form.querySelector("[data-scans]");
  const waiting = [];
  let isSending = false;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = code.value.trim();
    code.value = "";
    code.focus();
    if (!text) return;
    const row = document.createElement("li");
    row.className = "is-waiting";
    row.textContent = text;
    list.prepend(row);
    while (list.children.length > 30) list.lastElementChild.remove();
    const data = new FormData(form);
    data.set("code", text);
    data.set("key", crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
    form.elements.quantity.value = "1";
    waiting.push({ data, row, text });
    send();
  });

  window.addEventListener("beforeunload", (event) => {
    if (waiting.length) event.preventDefault();
  });

  async function send() {
    if (isSending || !waiting.length) return;
    isSending = true;
    const { data, row, text } = waiting[0];
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      tell(row, await answer.json());
      waiting.shift();
      isSending = false;
      send();
    } catch {
      row.textContent = `${text} · ${form.dataset.offline}`;
      isSending = false;
      setTimeout(send, 2000);
    }
  }

  function tell(row, answer) {
    row.className = answer.ok ? "" : "is-wrong";
    row.textContent = answer.words;
    if (!answer.ok) return;
    const field = document.querySelector(`[data-line="${answer.line}"]`);
    if (field) {
      field.value = answer.counted;
      const was = document.querySelector(`[name="was-${answer.line}"]`);
      if (was) was.value = answer.counted;
    }
    const counted = document.querySelector("[data-lines-counted]");
    if (counted) counted.textContent = answer.lines;
  }
}
