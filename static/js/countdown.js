/* Clocks that run to a deadline of the server.
 *
 * <… data-countdown="<ISO deadline>" data-now="<ISO server time>" [data-ended="words"] [data-reload]>
 * Units inside: [data-unit=days|hours|minutes|seconds], each with its word behind it ([data-one] and [data-many] where
 * it depends on the number), or one [data-clock] for mm:ss.
 * The server's clock counts, not the shopper's: the difference is measured once, when the clock is found. A page that
 * everybody shares may be minutes old: there the server is asked for the time, by the header of any answer.
 * Screen readers hear it sparingly: at five and at one minute, and at the end. The event `countdown:ended` bubbles.
 */
const SPOKEN_MINUTES = [5, 1];
const ENDING_MS = 120_000;
const clocks = new Map();
const live = document.createElement("div");
live.className = "visually-hidden";
live.setAttribute("role", "status");
document.body.append(live);

const isShared = document.body.hasAttribute("data-shared");
let sharedSkew = 0;

async function askTheTime() {
  const answer = await fetch(import.meta.url, { method: "HEAD", cache: "no-store", credentials: "omit" });
  const told = Date.parse(answer.headers.get("date"));
  if (Number.isNaN(told)) return;
  sharedSkew = told + 500 - Date.now();
  for (const state of clocks.values()) if (state.isShared) state.skew = sharedSkew;
}

const two = (number) => String(number).padStart(2, "0");

function adopt(root) {
  for (const element of root.querySelectorAll("[data-countdown]")) {
    if (clocks.has(element)) continue;
    const deadline = Date.parse(element.dataset.countdown);
    if (Number.isNaN(deadline)) continue;
    const now = Date.parse(element.dataset.now);
    // The cart in the drawer is the visitor's own, and as old as its answer.
    const shared = isShared && !element.closest("dialog");
    const skew = shared ? sharedSkew : Number.isNaN(now) ? 0 : now - Date.now();
    clocks.set(element, { deadline, skew, isShared: shared, spoken: new Set() });
  }
}

function paint(element, left) {
  const seconds = Math.ceil(left / 1000);
  const parts = {
    days: String(Math.floor(seconds / 86400)),
    hours: two(Math.floor(seconds / 3600) % 24),
    minutes: two(Math.floor(seconds / 60) % 60),
    seconds: two(seconds % 60),
  };
  for (const unit of element.querySelectorAll("[data-unit]")) {
    const text = parts[unit.dataset.unit];
    if (unit.textContent === text) continue;
    unit.textContent = text;
    const { one, many } = unit.nextElementSibling?.dataset ?? {};
    if (one) unit.nextElementSibling.textContent = text === "1" ? one : many;
  }
  const clock = element.querySelector("[data-clock]");
  if (clock) {
    const hours = Math.floor(seconds / 3600);
    clock.textContent = hours
      ? `${hours}:${parts.minutes}:${parts.seconds}`
      : `${parts.minutes}:${parts.seconds}`;
  }
}

function speak(state, left) {
  for (const minutes of SPOKEN_MINUTES) {
    const inside = left <= minutes * 60_000 && left > minutes * 60_000 - 2000;
    if (inside && !state.spoken.has(minutes)) {
      state.spoken.add(minutes);
      live.textContent = new Intl.RelativeTimeFormat(document.documentElement.lang).format(minutes, "minute");
    }
  }
}

function end(element) {
  clocks.delete(element);
  if (element.dataset.ended) {
    element.textContent = element.dataset.ended;
    live.textContent = element.dataset.ended;
  }
  element.classList.add("is-ended");
  element.dispatchEvent(new CustomEvent("countdown:ended", { bubbles: true }));
  if ("reload" in element.dataset) window.setTimeout(() => window.location.reload(), 800 + Math.random() * 1500);
}

function tick() {
  for (const [element, state] of clocks) {
    if (!element.isConnected) {
      clocks.delete(element);
      continue;
    }
    const left = state.deadline - (Date.now() + state.skew);
    element.classList.toggle("is-ending", left < ENDING_MS);
    if (left <= 0) {
      paint(element, 0);
      end(element);
    } else {
      paint(element, left);
      speak(state, left);
    }
  }
}

adopt(document);
tick();
if (isShared && clocks.size) askTheTime().catch(() => {});
window.setInterval(tick, 1000);
document.addEventListener("htmx:load", (event) => adopt(event.target));
document.addEventListener("content:changed", (event) => adopt(event.target));
