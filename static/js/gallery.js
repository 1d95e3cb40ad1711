/* The phone's gallery: the thumbnail of the picture in sight is marked, and a tap on one leads to its picture. A video
   stops once it is out of sight. Without this file the thumbnails are plain links to places in the page. */
function dress(gallery) {
  const track = gallery.querySelector("[data-gallery-track]");
  const items = [...track.children];
  const thumbs = [...gallery.querySelectorAll("[data-gallery-thumbs] a")];
  if (items.length < 2 || gallery.dataset.dressed) return;
  gallery.dataset.dressed = "";
  thumbs.forEach((thumb, index) => {
    thumb.addEventListener("click", (event) => {
      event.preventDefault();
      track.scrollTo({ left: items[index].offsetLeft - track.offsetLeft, behavior: "smooth" });
    });
  });
  const seen = new IntersectionObserver(
    (entries) => {
      for (const entry of entries) {
        if (!entry.isIntersecting) {
          entry.target.querySelector("video")?.pause();
          continue;
        }
        const at = items.indexOf(entry.target);
        thumbs.forEach((thumb, index) => thumb.toggleAttribute("aria-current", index === at));
        thumbs[at]?.setAttribute("aria-current", "true");
      }
    },
    { root: track, threshold: 0.6 },
  );
  items.forEach((item) => seen.observe(item));
}

const dressAll = (root) => root.querySelectorAll("[data-gallery]").forEach(dress);
dressAll(document);
document.addEventListener("htmx:load", (event) => dressAll(event.target.parentElement || document));
