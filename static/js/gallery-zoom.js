/* Pictures of a product full screen: arrows, swipe, Escape; a double tap, pinch, the wheel or + and - enlarge.
   Without this file each picture is a plain link to its largest rendition. */
const MOST = 4;
const TAP = 2.5;

class Zoom {
  constructor(gallery) {
    this.links = [...gallery.querySelectorAll("[data-gallery-open]")];
    const template = gallery.querySelector("[data-gallery-zoom]");
    this.dialog = template.content.firstElementChild.cloneNode(true);
    this.stage = this.dialog.querySelector("[data-zoom-stage]");
    this.count = this.dialog.querySelector("[data-zoom-count]");
    this.points = new Map();
    this.links.forEach((link, index) => {
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        this.open(index);
      });
    });
    this.dialog.querySelector("[data-zoom-close]").addEventListener("click", () => this.dialog.close());
    for (const button of this.dialog.querySelectorAll("[data-zoom-step]")) {
      button.hidden = this.links.length < 2;
      button.addEventListener("click", () => this.step(Number(button.dataset.zoomStep)));
    }
    this.dialog.addEventListener("keydown", (event) => this.key(event));
    this.dialog.addEventListener("close", () => this.closed());
    this.stage.addEventListener("pointerdown", (event) => this.down(event));
    this.stage.addEventListener("pointermove", (event) => this.move(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.stage.addEventListener(end, (event) => this.up(event));
    }
    this.stage.addEventListener("wheel", (event) => this.wheel(event), { passive: false });
  }

  open(index) {
    document.body.append(this.dialog);
    this.dialog.showModal();
    this.show(index);
  }

  closed() {
    this.dialog.remove();
    this.links[this.at]?.focus();
  }

  show(index) {
    this.at = (index + this.links.length) % this.links.length;
    const small = this.links[this.at].querySelector("picture");
    const large = small.cloneNode(true);
    for (const part of large.querySelectorAll("source, img")) part.sizes = "200vw";
    const image = large.querySelector("img");
    image.loading = "eager";
    image.draggable = false;
    image.removeAttribute("fetchpriority");
    this.stage.replaceChildren(large);
    this.image = image;
    this.count.textContent = this.links.length > 1 ? `${this.at + 1} / ${this.links.length}` : "";
    this.set(1, 0, 0);
  }

  step(by) {
    this.show(this.at + by);
  }

  set(scale, x, y) {
    this.scale = Math.min(MOST, Math.max(1, scale));
    const most = (this.scale - 1) / 2;
    const { width, height } = this.stage.getBoundingClientRect();
    this.x = Math.min(most * width, Math.max(-most * width, x));
    this.y = Math.min(most * height, Math.max(-most * height, y));
    this.image.style.transform = `translate(${this.x}px, ${this.y}px) scale(${this.scale})`;
    this.stage.classList.toggle("is-large", this.scale > 1);
  }

  /* Enlarge so that what is under the point stays under it. */
  around(scale, point) {
    const box = this.stage.getBoundingClientRect();
    const left = point.x - box.left - box.width / 2;
    const top = point.y - box.top - box.height / 2;
    const ratio = Math.min(MOST, Math.max(1, scale)) / this.scale;
    this.set(scale, left - (left - this.x) * ratio, top - (top - this.y) * ratio);
  }

  key(event) {
    const moves = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] };
    const at = { ArrowLeft: this.at - 1, ArrowRight: this.at + 1, Home: 0, End: this.links.length - 1 };
    if (this.scale > 1 && event.key in moves) {
      this.set(this.scale, this.x + moves[event.key][0], this.y + moves[event.key][1]);
    } else if (event.key in at) this.show(at[event.key]);
    else if (event.key === "+" || event.key === "=") this.set(this.scale * 1.5, this.x * 1.5, this.y * 1.5);
    else if (event.key === "-") this.set(this.scale / 1.5, this.x / 1.5, this.y / 1.5);
    else return;
    event.preventDefault();
  }

  wheel(event) {
    event.preventDefault();
    this.around(this.scale * (event.deltaY < 0 ? 1.2 : 1 / 1.2), { x: event.clientX, y: event.clientY });
  }

  down(event) {
    if (event.button) return;
    this.stage.setPointerCapture(event.pointerId);
    this.points.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.start = { x: event.clientX, y: event.clientY, left: this.x, top: this.y, pinched: this.points.size > 1 };
    this.spread = this.distance();
    this.before = this.scale;
  }

  move(event) {
    if (!this.points.has(event.pointerId)) return;
    this.points.set(event.pointerId, { x: event.clientX, y: event.clientY });
    if (this.points.size > 1) {
      this.around((this.before * this.distance()) / this.spread, this.middle());
    } else if (this.scale > 1 && !this.start.pinched) {
      this.set(this.scale, this.start.left + event.clientX - this.start.x, this.start.top + event.clientY - this.start.y);
    }
  }

  up(event) {
    if (!this.points.delete(event.pointerId) || this.points.size || this.start.pinched) return;
    const across = event.clientX - this.start.x;
    const down = event.clientY - this.start.y;
    if (this.scale === 1 && Math.abs(across) > 40 && Math.abs(across) > 2 * Math.abs(down) && this.links.length > 1) {
      this.step(across < 0 ? 1 : -1);
    } else if (Math.hypot(across, down) < 8 && event.type === "pointerup") {
      this.tap(event);
    }
  }

  tap(event) {
    const twice = event.timeStamp - (this.tapped || -1e9) < 350;
    this.tapped = event.timeStamp;
    /* A mouse enlarges by one click; a finger by two, since one is how people touch to look. */
    if (event.pointerType === "mouse" || twice) {
      this.around(this.scale > 1 ? 1 : TAP, { x: event.clientX, y: event.clientY });
      this.tapped = undefined;
    }
  }

  distance() {
    const [one, two] = [...this.points.values()];
    return two ? Math.hypot(one.x - two.x, one.y - two.y) : 1;
  }

  middle() {
    const [one, two] = [...this.points.values()];
    return { x: (one.x + two.x) / 2, y: (one.y + two.y) / 2 };
  }
}

const dress = (root) => {
  for (const gallery of root.querySelectorAll("[data-gallery]")) {
    if (gallery.zoom || !gallery.querySelector("[data-gallery-zoom]")) continue;
    gallery.zoom = new Zoom(gallery);
  }
};
dress(document);
document.addEventListener("htmx:load", (event) => dress(event.target.parentElement || document));
