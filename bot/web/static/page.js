// The page's own script: the event stream, the message box, keys. Links and forms
// are htmx's. Everything that is shown was made, and escaped, on the server.
(() => {
  "use strict";
  const words = document.body.dataset;
  const app = document.getElementById("app");
  const stream = document.getElementById("stream");
  const find = (selector, root = document) => root.querySelector(selector);
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const thread = () => find("#thread .thread-in");
  const newKey = () => [...crypto.getRandomValues(new Uint8Array(16))].map((b) => b.toString(16).padStart(2, "0")).join("");

  // ---- lists of messages

  const nearEnd = (scroll) => scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 120;
  const toEnd = (scroll) => { scroll.scrollTop = scroll.scrollHeight; };

  // toLast shows the newest message: its beginning, when it is too long to be seen whole.
  function toLast(scroll) {
    const last = all(".message", scroll).pop();
    toEnd(scroll);
    if (!last) return;
    const above = scroll.getBoundingClientRect().top - last.getBoundingClientRect().top;
    if (above > 0) scroll.scrollTop -= above + 8;
  }

  function parse(html) {
    const t = document.createElement("template");
    t.innerHTML = html;
    return t.content.firstElementChild;
  }

  // divide heads each day of a list. A thread goes on from the message that began it.
  function divide(list) {
    const begin = list.id === "replies" && find("#begin .message");
    let day = begin ? begin.dataset.day : "";
    for (const el of [...list.children]) {
      if (el.classList.contains("day")) {
        el.remove();
        continue;
      }
      if (el.dataset.day && el.dataset.day !== day) {
        day = el.dataset.day;
        const head = document.createElement("div");
        head.className = "day";
        head.textContent = el.dataset.dayLabel;
        el.before(head);
      }
    }
  }

  // replace puts a newer form of a message in place of the older, without closing
  // what somebody opened in it. While they write in it, it waits.
  function replace(older, newer) {
    const at = document.activeElement;
    if (older.contains(at) && at.matches("input, textarea")) {
      older.newer = newer;
      return;
    }
    const open = all("details", older).map((d) => d.open);
    all("details", newer).forEach((d, i) => { d.open = open[i] || false; });
    const table = find(".table-scroll", older), scrolled = table ? [table.scrollLeft, table.scrollTop] : null;
    const focused = older.contains(at);
    older.replaceWith(newer);
    htmx.process(newer);
    if (scrolled && find(".table-scroll", newer)) [find(".table-scroll", newer).scrollLeft, find(".table-scroll", newer).scrollTop] = scrolled;
    if (focused) {
      newer.tabIndex = -1;
      newer.focus({ preventScroll: true });
    }
  }

  document.addEventListener("focusout", (e) => {
    const message = e.target.closest(".message");
    if (!message || !message.newer) return;
    setTimeout(() => {
      if (message.newer && !message.contains(document.activeElement)) replace(message, message.newer);
    });
  });

  // show puts a message where it belongs. One that is older than all that is shown
  // comes when somebody asks for what was earlier.
  function show(list, told) {
    const scroll = list.closest(".scroll"), pinned = nearEnd(scroll);
    const newer = parse(told.html);
    const older = document.getElementById(newer.id);
    if (older) {
      replace(older, newer);
    } else {
      const messages = all(":scope > .message", list);
      if (messages.length && find(".earlier", list) && newer.id < messages[0].id) return;
      const next = messages.find((m) => m.id > newer.id);
      if (next) next.before(newer); else list.append(newer);
      htmx.process(newer);
      divide(list);
    }
    if (pinned || !older && find("[data-edit]", newer)) toLast(scroll);
  }

  // ---- the event stream

  let source = null, seq = Number(words.seq), retry = 0, retryTimer = 0, offlineTimer = 0;

  function connect() {
    clearTimeout(retryTimer);
    if (source) source.close();
    const open = thread();
    const query = new URLSearchParams({ channel: words.channel, thread: open ? open.dataset.thread : "", after: seq });
    source = new EventSource("/live?" + query);
    const on = (name, f) => source.addEventListener(name, (e) => f(JSON.parse(e.data)));
    on("post", (told) => show(stream, told));
    on("reply", (told) => {
      const open = thread();
      if (!open || open.dataset.thread !== told.thread) return;
      show(document.getElementById("replies"), told);
      if (told.say) answeredAloud(told.say);
    });
    on("begin", (told) => {
      const older = document.getElementById("begin-" + told.id);
      if (older) replace(older, parse(told.html));
    });
    on("foot", (told) => {
      const older = document.getElementById("foot-" + told.id);
      if (!older) return;
      const scroll = older.closest(".scroll"), pinned = nearEnd(scroll);
      replace(older, parse(told.html));
      if (pinned) toEnd(scroll);
    });
    on("gone", (told) => {
      const gone = document.getElementById(told.id);
      if (gone) {
        const list = gone.parentElement;
        gone.remove();
        divide(list);
      }
      if (document.getElementById("begin-" + told.id)) closeThread();
    });
    on("unread", (channel) => {
      const link = all("[data-place]").find((a) => a.dataset.place === channel);
      if (link) link.classList.add("unread");
    });
    on("notice", (text) => {
      const line = document.getElementById("now");
      line.textContent = text;
      line.hidden = !text;
    });
    on("reload", reload);
    on("at", (n) => {
      seq = n;
      retry = 0;
      online();
    });
    source.onerror = () => {
      if (!offlineTimer) offlineTimer = setTimeout(() => { document.getElementById("offline").hidden = false; }, 2000);
      // A server that answered with an error is not asked again by the browser.
      if (source.readyState === EventSource.CLOSED) retryTimer = setTimeout(connect, Math.min(500 * 2 ** retry++, 10000));
    };
  }

  // reload waits for the form that somebody fills in.
  function reload() {
    if (find("dialog[open]")) document.addEventListener("bapsang:closed", () => location.reload(), { once: true });
    else location.reload();
  }

  // An answer is told to those who do not see it: by voice, and in the title of a tab
  // that waits behind others.
  const title = document.title;
  function answeredAloud(text) {
    document.getElementById("announce").textContent = words.answered + ": " + text;
    if (document.hidden) document.title = "● " + words.answered + " · " + title;
  }

  function online() {
    clearTimeout(offlineTimer);
    offlineTimer = 0;
    document.getElementById("offline").hidden = true;
  }

  // Browsers open few connections to a server: pages that nobody looks at give
  // theirs back after a while.
  let hiddenTimer = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(hiddenTimer);
    if (!document.hidden) document.title = title;
    if (document.hidden) {
      hiddenTimer = setTimeout(() => { source.close(); source = null; clearTimeout(retryTimer); }, 60000);
    } else if (!source) {
      connect();
    }
  });

  // ---- the thread

  function threadOpened() {
    const open = thread();
    app.classList.toggle("with-thread", !!open);
    if (!open) return;
    divide(document.getElementById("replies"));
    toLast(find(".scroll", open));
    all(".composer", open).forEach(prepare);
    // What happened between the page's last news and this thread's is asked for again.
    seq = Math.min(seq, Number(open.dataset.seq));
    connect();
    if (!matchMedia("(pointer: coarse)").matches) find(".composer textarea", open).focus();
  }

  function closeThread() {
    if (!thread()) return;
    document.getElementById("thread").replaceChildren();
    app.classList.remove("with-thread");
    history.pushState({ htmx: true }, "", words.home);
    connect();
    find("#main .composer textarea").focus();
  }

  function openThread(url) {
    htmx.ajax("GET", url, { target: "#thread", swap: "innerHTML" }).then(() => {
      if (thread()) history.pushState({ htmx: true }, "", url); // whoever was quick has closed it
    });
  }

  document.addEventListener("htmx:afterSwap", (e) => {
    if (e.detail.target.id === "thread") threadOpened();
    else if (e.target.closest && e.target.closest(".list")) divide(e.target.closest(".list"));
  });

  // What was earlier is put above what is being read, and that stays where it is.
  document.addEventListener("htmx:beforeSwap", (e) => {
    if (!e.detail.target.matches("[data-earlier]")) return;
    const list = e.detail.target.closest(".list"), scroll = list.closest(".scroll");
    const fromEnd = scroll.scrollHeight - scroll.scrollTop;
    list.addEventListener("htmx:afterSettle", () => {
      divide(list);
      scroll.scrollTop = scroll.scrollHeight - fromEnd;
    }, { once: true });
  });

  // ---- the message box

  function grow(text) {
    if (CSS.supports("field-sizing", "content")) return;
    text.style.height = "auto";
    text.style.height = Math.min(text.scrollHeight, 240) + "px";
  }

  function prepare(form) {
    if (form.prepared) return;
    form.prepared = true;
    const text = find("textarea", form), input = find("input[type=file]", form), box = find(".box", form);
    text.addEventListener("input", () => { grow(text); suggest(form); });
    text.addEventListener("blur", () => setTimeout(() => hideSuggest(form), 150));
    input.addEventListener("change", () => listFiles(form));
    text.addEventListener("paste", (e) => {
      if (e.clipboardData.files.length) {
        e.preventDefault();
        addFiles(form, e.clipboardData.files);
      }
    });
    const pane = form.closest(".thread-in, .main");
    pane.addEventListener("dragover", (e) => {
      if (![...e.dataTransfer.types].includes("Files")) return;
      e.preventDefault();
      box.classList.add("over");
    });
    pane.addEventListener("dragleave", (e) => { if (!pane.contains(e.relatedTarget)) box.classList.remove("over"); });
    pane.addEventListener("drop", (e) => {
      e.preventDefault();
      box.classList.remove("over");
      addFiles(form, e.dataTransfer.files);
    });
    grow(text);
  }

  function addFiles(form, files) {
    const input = find("input[type=file]", form), both = new DataTransfer();
    for (const f of [...input.files, ...files]) both.items.add(f);
    input.files = both.files;
    listFiles(form);
    find("textarea", form).focus();
  }

  const size = (n) => n < 1024 ? n + " B" : n < 1 << 20 ? Math.round(n / 1024) + " kB" : Math.round(n / (1 << 20) * 10) / 10 + " MB";

  function listFiles(form) {
    const input = find("input[type=file]", form), list = find(".files", form);
    list.replaceChildren(...[...input.files].map((f, i) => {
      const item = document.createElement("li"), name = document.createElement("bdi"), bytes = document.createElement("span"), remove = document.createElement("button");
      name.textContent = f.name;
      bytes.className = "size";
      bytes.textContent = size(f.size);
      remove.type = "button";
      remove.textContent = "×";
      remove.setAttribute("aria-label", words.remove + ": " + f.name);
      remove.addEventListener("click", () => {
        const rest = new DataTransfer();
        [...input.files].forEach((g, j) => { if (j !== i) rest.items.add(g); });
        input.files = rest.files;
        listFiles(form);
      });
      item.append(name, bytes, remove);
      return item;
    }));
    list.hidden = input.files.length === 0;
  }

  const begun = (text) => /(^|[\s(])@([a-z]*)$/i.exec(text.value.slice(0, text.selectionStart));

  function suggest(form) {
    const menu = find(".suggest", form);
    if (!menu) return;
    const m = begun(find("textarea", form));
    menu.hidden = !(m && "bapsang".startsWith(m[2].toLowerCase()) && m[2].length < 7);
  }

  function hideSuggest(form) {
    const menu = find(".suggest", form);
    if (menu) menu.hidden = true;
  }

  function complete(form) {
    const text = find("textarea", form), m = begun(text), at = text.selectionStart;
    if (!m) return;
    text.setRangeText("@bapsang ", at - m[2].length - 1, at, "end");
    hideSuggest(form);
    text.focus();
  }

  function mention(form) {
    const text = find("textarea", form);
    if (!/@bapsang\b/i.test(text.value)) text.setRangeText("@bapsang ", 0, 0, "preserve");
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
    grow(text);
  }

  function problem(form, sentence) {
    const p = find(".problem", form);
    if (!p || !form.isConnected) {
      if (sentence) toast(sentence);
      return;
    }
    p.textContent = sentence;
    p.hidden = !sentence;
  }

  function sent(form, xhr) {
    const text = find("textarea", form);
    text.value = "";
    find("input[type=file]", form).value = "";
    listFiles(form);
    grow(text);
    const to = xhr.getResponseHeader("Bapsang-Location");
    const open = thread();
    if (to && to.includes("/t/") && !(open && to.endsWith("/" + open.dataset.thread))) openThread(to);
  }

  // ---- requests

  document.addEventListener("htmx:beforeRequest", (e) => {
    const form = e.target;
    if (!form.matches("[data-composer]")) {
      whenAnswered(form);
      return;
    }
    const input = find("input[type=file]", form);
    if (!find("textarea", form).value.trim() && !input.files.length) {
      e.preventDefault();
      return;
    }
    whenAnswered(form);
    form.classList.add("busy");
    find("progress", form).hidden = !input.files.length;
  });

  document.addEventListener("htmx:xhr:progress", (e) => {
    const bar = e.target.matches("[data-composer]") && find("progress", e.target);
    if (bar && e.detail.lengthComputable) bar.value = e.detail.loaded / e.detail.total * 100;
  });

  // whenAnswered waits for the answer to what the form, or link, asked; that of another,
  // on its way up through the page, is not it. It is told by the form itself: the stream
  // may have taken it out of the page before its answer came.
  function whenAnswered(form) {
    const told = (e) => {
      if (e.detail.elt !== form) return;
      form.removeEventListener("htmx:afterRequest", told);
      answered(e);
    };
    form.addEventListener("htmx:afterRequest", told);
  }

  function answered(e) {
    const form = e.detail.elt, xhr = e.detail.xhr, ok = e.detail.successful;
    if (!form.matches("[data-keyed]")) {
      if (!ok) toast(words.notTaken);
      return;
    }
    form.classList.remove("busy");
    if (!ok) {
      const said = xhr && xhr.status && (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain") ? xhr.responseText.trim() : "";
      problem(form, said || words.notTaken);
      if (form.matches("[data-composer]")) find("progress", form).hidden = true;
      return;
    }
    form.elements.key.value = newKey();
    problem(form, "");
    if (form.matches("[data-composer]")) {
      find("progress", form).hidden = true;
      sent(form, xhr);
      return;
    }
    const to = xhr.getResponseHeader("Bapsang-Location");
    if (to && to.includes("/t/")) openThread(to);
    const note = xhr.getResponseHeader("Bapsang-Note");
    if (note) toast(decodeURIComponent(note));
    if (form.matches(".edit")) endEdit(form);
    const prompt = form.closest("details.prompt");
    if (prompt) {
      if (form.elements.text) {
        form.elements.text.value = "";
        form.elements.text.blur();
      }
      prompt.open = false;
    }
  }

  let toastTimer = 0;
  function toast(sentence) {
    const el = document.getElementById("toast");
    el.textContent = sentence;
    el.classList.add("on");
    clearTimeout(toastTimer);
    toastTimer = setTimeout(() => el.classList.remove("on"), 4000);
  }

  document.addEventListener("bapsang:tell", (e) => toast(e.detail));

  // ---- editing

  function beginEdit(message) {
    const form = find("form.edit", message);
    form.hidden = false;
    message.classList.add("editing");
    const text = form.elements.text;
    grow(text);
    text.focus();
    text.setSelectionRange(text.value.length, text.value.length);
  }

  function endEdit(form) {
    const message = form.closest(".message");
    form.hidden = true;
    problem(form, "");
    message.classList.remove("editing");
    if (form.contains(document.activeElement)) document.activeElement.blur();
  }

  // ---- clicks and keys

  document.addEventListener("click", (e) => {
    const on = (selector) => e.target.closest(selector);
    if (on("[data-close]")) {
      e.preventDefault();
      closeThread();
    } else if (on("[data-mention]")) {
      mention(on("form"));
    } else if (on("[data-complete]")) {
      complete(on("form"));
    } else if (on("[data-edit]")) {
      beginEdit(on(".message"));
    } else if (on("[data-cancel]")) {
      const form = on("form");
      form.reset();
      endEdit(form);
    } else if (on("[data-copy]")) {
      const code = find("code", on(".code"));
      copy(code.textContent, code);
    } else if (on("[data-copy-table]")) {
      const table = find("table", on(".table"));
      copy(all("tr", table).map((tr) => [...tr.cells].map((cell) => cell.textContent).join("\t")).join("\n"), table);
    } else if (location.hash === "#side" && !on("#side")) {
      location.hash = "main";
    }
  });

  // copy puts text into the clipboard, or selects where it stands.
  async function copy(text, from) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      getSelection().selectAllChildren(from); // not allowed here: ready for the keyboard
      document.execCommand("copy");
    }
    toast(words.copied);
  }

  document.addEventListener("keydown", (e) => {
    // While a syllable is being composed, Enter ends the syllable, not the message.
    if (e.isComposing || e.keyCode === 229) return;
    if (find("dialog[open]")) return; // its own keys are the browser's
    const form = e.target.closest("form"), inText = e.target.matches("textarea");
    const composer = inText && form.matches("[data-composer]");
    const menu = composer && find(".suggest", form);
    if (menu && !menu.hidden && (e.key === "Enter" || e.key === "Tab")) {
      e.preventDefault();
      complete(form);
    } else if (e.key === "Enter" && inText && !e.shiftKey) {
      e.preventDefault();
      form.requestSubmit();
    } else if (e.key === "ArrowUp" && composer && e.target.value === "") {
      const own = all(".message", form.closest(".thread-in, .main")).filter((m) => find("[data-edit]", m));
      if (own.length) {
        e.preventDefault();
        beginEdit(own[own.length - 1]);
      }
    } else if (e.key === "/" && !e.target.matches("input, textarea, select") && !e.ctrlKey && !e.metaKey && !e.altKey) {
      e.preventDefault();
      find("textarea[name=text]", thread() ? find("#thread .composer") : find("#main .composer")).focus();
    } else if (e.key === "Escape") {
      escape(form, menu);
    }
  });

  function escape(form, menu) {
    if (location.hash === "#side") location.hash = "main";
    else if (menu && !menu.hidden) menu.hidden = true;
    else if (form && form.matches(".edit")) {
      form.reset();
      endEdit(form);
    } else closeThread();
  }

  // ---- begin

  all(".composer").forEach(prepare);
  divide(stream);
  toEnd(document.getElementById("scroll"));
  if (thread()) threadOpened();
  else {
    connect();
    if (!matchMedia("(pointer: coarse)").matches) find("#main .composer textarea").focus();
  }
})();
