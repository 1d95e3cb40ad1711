/* The page that waits in line before a payment provider asks for its place in a few bytes, and goes on when it may.
 *
 * <… data-pay-line="<question>" data-onward="<address>" data-seconds="<until the first question>"
 *    data-known data-unknown data-asking="words, with {number} and {seconds}">
 * After a question without an answer it goes on all the same: the page there decides.
 */
const root = document.querySelector("[data-pay-line]");

function say(place, seconds) {
  const words = !place ? root.dataset.asking : seconds ? root.dataset.known : root.dataset.unknown;
  const text = words.replace("{number}", place).replace("{seconds}", seconds);
  if (root.textContent.trim() !== text) root.textContent = text;
}

function later(seconds) {
  window.setTimeout(ask, seconds * 1000);
}

async function ask() {
  try {
    const answer = await fetch(root.dataset.payLine, { credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    const line = await answer.json();
    if (!line.go) {
      say(line.place, line.seconds);
      later(line.ask);
      return;
    }
  } catch {
    // Nothing is known: the page that is asked next says what is.
  }
  window.location.replace(root.dataset.onward);
}

later(Number(root.dataset.seconds) || 1);
