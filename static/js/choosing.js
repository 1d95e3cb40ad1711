/* Lists with a box to each row: one button chooses all or none, and Enter in a number goes to the next row, as a scanner
   types it. Without JavaScript every box is there to be ticked. */
for (const form of document.querySelectorAll("[data-choosing]")) {
  const boxes = () => [...form.querySelectorAll('input[type="checkbox"][name="row"]')];
  for (const button of form.querySelectorAll("[data-choose-all]")) {
    button.hidden = false;
    button.addEventListener("click", () => {
      const all = boxes();
      const wanted = all.some((box) => !box.checked);
      for (const box of all) box.checked = wanted;
    });
  }
  const numbers = [...form.querySelectorAll("[data-next-below]")];
  for (const [place, number] of numbers.entries()) {
    number.addEventListener("keydown", (event) => {
      if (event.key !== "Enter") return;
      event.preventDefault();
      const next = numbers[place + 1] ?? form.querySelector('button[name="act"]');
      next?.focus();
    });
  }
}
