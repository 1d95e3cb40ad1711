/* The sums beside a choice that has a price of its own (shipping, way to pay) follow it at once.
 *
 * <input type="radio" data-total-choice data-total="words"> writes into every [data-checkout-total], and the rows of
 * the <template> in its label take the place of every run of [data-charge]. The server computed each of them.
 */
function follow(input) {
  for (const element of document.querySelectorAll("[data-checkout-total]")) {
    element.textContent = input.dataset.total;
  }
  const rows = input.closest("label").querySelector("template");
  for (const list of document.querySelectorAll("dl.totals")) {
    const before = list.querySelectorAll("[data-charge]");
    if (!before.length) continue;
    before[0].before(rows.content.cloneNode(true));
    for (const row of before) row.remove();
  }
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-total-choice]")) follow(event.target);
});

// A page that comes back from the browser's memory keeps the choice, not the sums.
window.addEventListener("pageshow", () => {
  const chosen = document.querySelector("[data-total-choice]:checked");
  if (chosen) follow(chosen);
});
