/* The sums beside the shipping step follow the choice at once.
 *
 * <input type="radio" data-shipping-choice="name" data-price="words" data-total="words"> writes into every
 * [data-shipping-name], [data-shipping-price] and [data-checkout-total]. The server computed each of them.
 */
function write(selector, text) {
  for (const element of document.querySelectorAll(selector)) element.textContent = text;
}

function follow(input) {
  write("[data-shipping-name]", input.dataset.shippingChoice);
  write("[data-shipping-price]", input.dataset.price);
  write("[data-checkout-total]", input.dataset.total);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-shipping-choice]")) follow(event.target);
});

// A page that comes back from the browser's memory keeps the choice, not the sums.
window.addEventListener("pageshow", () => {
  const chosen = document.querySelector("[data-shipping-choice]:checked");
  if (chosen) follow(chosen);
});
