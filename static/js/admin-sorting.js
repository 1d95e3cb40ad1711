/* Rows that were dragged into another order are unsaved work: unfold asks before leaving only when a field was typed in. */
document.addEventListener("end", (event) => {
  const form = event.target instanceof Element ? event.target.closest("form.warn-unsaved-form") : null;
  form?.querySelector("input")?.dispatchEvent(new Event("input"));
});
