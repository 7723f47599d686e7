// The calendar works without this: filters apply at once, the feed's address can be
// copied, and the page printed.
(() => {
  "use strict";
  const find = (selector) => document.querySelector(selector);
  const filters = find("[data-filters]"), copy = find("[data-copy-feed]"), print = find("[data-print]");
  if (filters) {
    filters.querySelector("button").hidden = true;
    filters.addEventListener("change", () => filters.requestSubmit());
  }
  if (copy) {
    copy.hidden = false;
    copy.addEventListener("click", async () => {
      const feed = find("[data-feed]"), toast = find("#toast");
      try {
        await navigator.clipboard.writeText(feed.href);
      } catch {
        toast.textContent = feed.href; // not allowed here: to be copied by hand
        toast.classList.add("on");
        return;
      }
      toast.textContent = document.body.dataset.copied;
      toast.classList.add("on");
      setTimeout(() => toast.classList.remove("on"), 4000);
    });
  }
  print.hidden = false;
  print.addEventListener("click", () => window.print());
  document.addEventListener("click", (e) => {
    if (location.hash === "#side" && !e.target.closest("#side")) location.hash = "main";
  });
  document.addEventListener("keydown", (e) => {
    if (e.key === "Escape" && location.hash === "#side") location.hash = "main";
  });
})();
