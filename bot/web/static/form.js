// Forms behind buttons: a dialog over the page, made on the server. What somebody began
// to fill in is kept when they close it, when the message behind it changes, and when the
// connection is gone.
(() => {
  "use strict";
  const words = document.body.dataset;
  const dialog = document.getElementById("dialog");
  const kept = new Map(); // address → form that somebody began to fill in
  let opener = null, opening = false;
  const all = (selector, root) => [...root.querySelectorAll(selector)];
  const tell = (sentence) => document.dispatchEvent(new CustomEvent("bapsang:tell", { detail: sentence }));

  // said is the sentence with which the server refused.
  async function said(response) {
    const plain = (response.headers.get("Content-Type") || "").startsWith("text/plain");
    return plain && (await response.text()).trim() || words.notTaken;
  }

  function parse(html) {
    const t = document.createElement("template");
    t.innerHTML = html;
    return t.content.firstElementChild;
  }

  async function open(link) {
    if (opening || dialog.open) return;
    opening = true;
    try {
      const at = link.getAttribute("href");
      let form = kept.get(at);
      if (!form) {
        const response = await fetch(at, { headers: { "HX-Request": "true" } });
        if (!response.ok) return tell(await said(response));
        form = parse(await response.text());
      }
      form.at = at;
      opener = link;
      put(form);
      dialog.showModal();
      focusFirst(form);
    } catch {
      tell(words.notTaken);
    } finally {
      opening = false;
    }
  }

  function put(form) {
    form.noValidate = true; // the server says what is wrong, in the form's language
    for (const filter of all("[data-filter]", form)) filter.hidden = all(".choices-in label", filter.closest("fieldset")).length <= 8;
    dialog.replaceChildren(form);
  }

  function focusFirst(form) {
    const bad = form.querySelector("[aria-invalid=true], .bad");
    const first = (bad || form).querySelector("input:not([type=hidden], [hidden]), textarea, select");
    const to = bad && bad.matches("input, textarea, select") ? bad : first;
    if (to) to.focus();
  }

  // faultOf says at its field what cannot be sent, such as half a date.
  function faultOf(input) {
    const wrong = input.validity.badInput, p = document.getElementById(input.id + "-fault");
    if (!wrong || !p) return false;
    p.textContent = input.dataset.unfinished;
    p.hidden = false;
    input.setAttribute("aria-invalid", "true");
    input.setAttribute("aria-describedby", [input.getAttribute("aria-describedby"), p.id].filter(Boolean).join(" "));
    input.closest(".field").classList.add("bad");
    return true;
  }

  function problem(form, sentence) {
    const p = form.querySelector(".problem");
    p.textContent = sentence;
    p.hidden = !sentence;
    if (sentence) p.scrollIntoView({ block: "nearest" });
  }

  async function send(form) {
    if (form.busy) return;
    if (all("[data-unfinished]", form).filter(faultOf).length) return focusFirst(form);
    form.busy = true;
    form.classList.add("htmx-request");
    problem(form, "");
    try {
      const response = await fetch(form.getAttribute("action"), { method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "HX-Request": "true" } });
      if (response.status === 422) {
        const again = parse(await response.text()), here = form.isConnected;
        again.touched = true;
        again.at = form.at;
        if (kept.get(form.at) === form) kept.set(form.at, again);
        if (here) {
          put(again);
          focusFirst(again);
        }
        return;
      }
      if (!response.ok) return problem(form, await said(response));
      kept.delete(form.at);
      form.touched = false;
      if (form.isConnected) dialog.close();
      const note = response.headers.get("Bapsang-Note");
      if (note) tell(decodeURIComponent(note));
    } catch {
      problem(form, words.notTaken);
    } finally {
      form.busy = false;
      form.classList.remove("htmx-request");
    }
  }

  dialog.addEventListener("close", () => {
    const form = dialog.firstElementChild;
    if (form.touched) kept.set(form.at, form);
    dialog.replaceChildren();
    // The message may have been replaced meanwhile, and the button with it.
    const back = opener.isConnected ? opener : all("[data-form]", document).find((a) => a.getAttribute("href") === form.at);
    if (back) back.focus({ preventScroll: true });
    document.dispatchEvent(new CustomEvent("bapsang:closed"));
  });

  dialog.addEventListener("input", (e) => {
    e.target.form.touched = true;
    if (e.target.matches("[data-filter]")) filter(e.target);
  });

  function filter(input) {
    const fold = (s) => s.normalize("NFC").toLocaleLowerCase();
    const wanted = fold(input.value.trim()), box = input.closest("fieldset");
    let seen = 0;
    for (const label of all(".choices-in label", box)) {
      label.hidden = !fold(label.textContent).includes(wanted);
      if (!label.hidden) seen++;
    }
    box.querySelector("[data-nobody]").hidden = seen > 0;
  }

  dialog.addEventListener("submit", (e) => {
    e.preventDefault();
    send(e.target);
  });
  dialog.addEventListener("keydown", (e) => {
    if (e.key === "Enter" && e.target.matches("[data-filter]")) e.preventDefault();
  });
  dialog.addEventListener("click", (e) => {
    if (e.target === dialog || e.target.closest("[data-dismiss]")) {
      e.preventDefault();
      dialog.close();
    }
  });
  document.addEventListener("click", (e) => {
    const link = e.target.closest("[data-form]");
    if (!link || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    e.preventDefault();
    open(link);
  });
})();
