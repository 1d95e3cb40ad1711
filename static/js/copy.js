/* Buttons that copy a text. Without JavaScript, or without a clipboard, they stay hidden: the text can be selected. */
if (navigator.clipboard) {
  for (const button of document.querySelectorAll("[data-copy]")) {
    const words = button.textContent;
    button.hidden = false;
    button.addEventListener("click", async () => {
      try {
        await navigator.clipboard.writeText(button.dataset.copy);
      } catch {
        return; // The browser refused; the text stands beside the button.
      }
      button.textContent = button.dataset.copied;
      const region = document.querySelector("body > [data-live]");
      if (region) region.textContent = button.dataset.copied;
      window.setTimeout(() => {
        button.textContent = words;
      }, 2000);
    });
  }
}
