/* The phone's gallery: marks under the swipe track say where one is, and lead there. The track works without them. */
function dress(gallery) {
  const track = gallery.querySelector("[data-gallery-track]");
  const items = [...track.children];
  if (items.length < 2 || gallery.querySelector(".gallery-nav")) return;
  const nav = document.createElement("div");
  nav.className = "gallery-nav";
  const marks = items.map((item, index) => {
    const mark = document.createElement("button");
    mark.type = "button";
    mark.setAttribute("aria-label", `${index + 1} / ${items.length}`);
    mark.addEventListener("click", () => track.scrollTo({ left: item.offsetLeft - track.offsetLeft }));
    nav.append(mark);
    return mark;
  });
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (entry.isIntersecting) {
          const at = items.indexOf(entry.target);
          marks.forEach((mark, index) => mark.setAttribute("aria-current", String(index === at)));
        }
      }
    },
    { root: track, threshold: 0.6 },
  );
  items.forEach((item) => seen.observe(item));
  gallery.append(nav);
}

const dressAll = (root) => root.querySelectorAll("[data-gallery]").forEach(dress);
dressAll(document);
document.addEventListener("htmx:load", (event) => dressAll(event.target.parentElement || document));
