/* A page that waits for a drop becomes the shop without being loaded again, and thousands of pages do not ask at once.
 *
 * <… id data-drop-turn="<state address>" data-phase data-turns-at="<ISO>" data-now="<ISO server time>"
 *    [data-part="<address of the new part>"] [data-turned="words"]>
 * The state is a few bytes, the same for everybody, and asked without cookies, so that a proxy may answer. It is asked
 * soon after the page is shown (which may have been kept for a while), rarely while the hour is far, and once within
 * SPREAD_MS after it, each page at a moment of its own. When the phase or
 * the hour has changed, the element is replaced by the one of the same id in the part (the page itself when no part is
 * named). The till decides by its own clock whatever a page shows.
 */
const SPREAD_MS = 2500;
const SOONEST_MS = 5000;
const RARELY_MS = 300_000;
const watched = new WeakSet();

const about = (ms, share = 0.3) => ms * (1 - share + 2 * share * Math.random());

function pause(state) {
  if (state.failures) return about(Math.min(60_000, 1500 * 2 ** state.failures), 0.5);
  if (!state.isAnswered) return 300 + Math.random() * SPREAD_MS;
  const left = state.turnsAt - (Date.now() + state.skew);
  if (left <= 0) return about(2500, 0.6);
  return Math.min(left + Math.random() * SPREAD_MS, about(Math.min(RARELY_MS, Math.max(SOONEST_MS, left / 2))));
}

function plan(root, state) {
  window.clearTimeout(state.timer);
  state.timer = window.setTimeout(() => ask(root, state), pause(state));
}

async function ask(root, state) {
  if (!root.isConnected || state.isAsking) return;
  state.isAsking = true;
  try {
    // Not what this browser has kept: its time is over, and the clock is set by it.
    const answer = await fetch(root.dataset.dropTurn, { credentials: "omit", cache: "no-cache" });
    if (!answer.ok) throw new Error(String(answer.status));
    const now = await answer.json();
    state.isAnswered = true;
    state.skew = Date.parse(now.now) - Date.now();
    const moved = now.changes_at !== null && Date.parse(now.changes_at) !== state.turnsAt;
    if (now.phase !== root.dataset.phase || moved) await turn(root, now.phase);
    state.failures = 0;
  } catch {
    state.failures += 1;
  } finally {
    state.isAsking = false;
  }
  if (root.isConnected) plan(root, state);
}

async function turn(root, phase) {
  const answer = await fetch(root.dataset.part || window.location.href, {
    headers: { Accept: "text/html" },
    credentials: "same-origin",
  });
  if (!answer.ok) throw new Error(String(answer.status));
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const part = page.getElementById(root.id);
  if (!part) throw new Error("nothing to turn into");
  const words = root.dataset.phase !== phase && root.dataset.turned;
  const fresh = document.adoptNode(part);
  root.replaceWith(fresh);
  window.htmx?.process(fresh);
  // What a proxy had kept may be some seconds old: then it is asked for again.
  if (words && (fresh.dataset.phase ?? phase) === phase) say(words);
  fresh.dispatchEvent(new CustomEvent("content:changed", { bubbles: true }));
}

function say(words) {
  const live = document.createElement("div");
  live.className = "visually-hidden";
  live.setAttribute("role", "status");
  document.body.append(live);
  window.setTimeout(() => {
    live.textContent = words;
  }, 100);
}

function watch(scope) {
  const roots = [...scope.querySelectorAll("[data-drop-turn]")];
  if (scope instanceof Element && scope.matches("[data-drop-turn]")) roots.push(scope);
  for (const root of roots) {
    const turnsAt = Date.parse(root.dataset.turnsAt);
    if (watched.has(root) || Number.isNaN(turnsAt)) continue;
    watched.add(root);
    const state = { turnsAt, skew: 0, failures: 0, isAsking: false, isAnswered: false };
    plan(root, state);
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden && root.isConnected) window.setTimeout(() => ask(root, state), Math.random() * SPREAD_MS);
    });
  }
}

watch(document);
document.addEventListener("htmx:load", (event) => watch(event.target));
document.addEventListener("content:changed", (event) => watch(event.target));
