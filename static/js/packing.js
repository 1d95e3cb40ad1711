/* Packing: a scanner types a code and Enter, one after another. Each scan has a key of its own, so that one whose answer
   was lost is sent again and counts once. What is wrong is seen (colour and words) and heard. */
const form = document.querySelector("[data-packing]");

if (form) {
  const code = form.elements.code;
  const answerLine = form.querySelector("[data-answer]");
  const waiting = [];
  let isSending = false;
  let audio;

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const text = code.value.trim();
    code.value = "";
    code.focus();
    if (!text) return;
    // A browser lets sounds be made only after a key was pressed.
    audio ??= window.AudioContext ? new AudioContext() : null;
    const data = new FormData(form);
    data.set("code", text);
    data.set("key", crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}-${Math.random()}`);
    waiting.push({ data, text });
    send();
  });

  window.addEventListener("beforeunload", (event) => {
    if (waiting.length) event.preventDefault();
  });

  async function send() {
    if (isSending || !waiting.length) return;
    isSending = true;
    const { data, text } = waiting[0];
    try {
      const answer = await fetch(form.action, {
        method: "POST", body: data, headers: { Accept: "application/json" }, redirect: "error",
      });
      if (!answer.ok) throw new Error(String(answer.status));
      show(await answer.json());
      waiting.shift();
      isSending = false;
      send();
    } catch {
      answerLine.textContent = `${text} · ${form.dataset.offline}`;
      isSending = false;
      setTimeout(send, 2000);
    }
  }

  function show(answer) {
    form.classList.remove("is-wrong", "is-right");
    void form.offsetWidth;  // Begin the animation again.
    form.classList.add(answer.ok ? "is-right" : "is-wrong");
    answerLine.textContent = answer.words;
    if (!answer.ok) {
      // What was scanned after a wrong item is thrown away: the clerk must look first.
      waiting.splice(1);
      sound([[220, 0], [160, 0.18]], 0.35);
      return;
    }
    const row = document.querySelector(`[data-line="${answer.line}"]`);
    if (row && answer.packed !== null) {
      const units = row.querySelector("[data-packed-units]");
      const missing = form.querySelector("[data-missing]");
      missing.textContent = String(Number(missing.textContent) - (answer.packed - Number(units.textContent)));
      units.textContent = answer.packed;
      row.classList.toggle("is-packed", answer.packed >= Number(row.dataset.quantity));
    }
    if (answer.next) {
      answerLine.textContent = form.dataset.packed;
      sound([[660, 0], [990, 0.12]], 0.2);
      waiting.splice(1);
      setTimeout(() => window.location.assign(answer.next), 700);
    } else {
      sound([[880, 0]], 0.08);
    }
  }

  // Notes of a frequency (Hz) that begin after so many seconds.
  function sound(notes, seconds) {
    if (!audio) return;
    audio.resume();
    for (const [frequency, after] of notes) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = frequency;
      tone.type = frequency < 300 ? "square" : "sine";
      volume.gain.value = 0.15;
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + after);
      tone.stop(audio.currentTime + after + seconds);
    }
  }
}
