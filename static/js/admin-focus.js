/* The field that a page wants the focus in (a scanner types into it). The back office shows its page only when its own
   scripts have run: until then the browser's own `autofocus` finds nothing to focus. */
document.addEventListener("DOMContentLoaded", () => {
  const wanted = document.querySelector("[autofocus]");
  const focus = (tries) => {
    // Whoever was faster keeps it.
    if (document.activeElement && document.activeElement !== document.body) return;
    wanted.focus();
    if (document.activeElement !== wanted && tries) setTimeout(focus, 50, tries - 1);
  };
  if (wanted) focus(60);
});
