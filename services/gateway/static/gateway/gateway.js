// The gateway beyond HTML: palette, keys of the desk, drafts, file drop, live preview of a mail.
(() => {
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
  const stored = {
    read(key) { try { return JSON.parse(sessionStorage.getItem(key)); } catch { return null; } },
    write(key, value) { try { sessionStorage.setItem(key, JSON.stringify(value)); } catch { /* full or forbidden: a comfort less */ } },
    drop(key) { try { sessionStorage.removeItem(key); } catch { /* the same */ } },
  };

  // --- palette ------------------------------------------------------------------------------
  const palette = document.getElementById("palette");
  const RECENT = "kontor-recent";

  function setUpPalette() {
    const input = document.getElementById("palette-input");
    const list = document.getElementById("palette-list");
    const hits = () => [...list.querySelectorAll("[role=option]")];
    let active = -1;

    const choose = (index) => {
      const all = hits();
      active = all.length ? (index + all.length) % all.length : -1;
      all.forEach((hit, i) => {
        hit.id = `hit-${i}`;
        hit.setAttribute("aria-selected", String(i === active));
      });
      if (active < 0) { input.removeAttribute("aria-activedescendant"); return; }
      input.setAttribute("aria-activedescendant", all[active].id);
      all[active].scrollIntoView({ block: "nearest" });
    };
    const open = () => {
      if (palette.open) return;
      palette.showModal();
      input.value = "";
      input.focus();
      htmx.trigger(input, "palette-open");
    };

    document.querySelectorAll("[data-palette-open]").forEach((link) => link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      open();
    }));
    document.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && !event.altKey && event.key.toLowerCase() === "k") {
        event.preventDefault();
        if (palette.open) palette.close(); else open();
      }
    });
    input.addEventListener("keydown", (event) => {
      const move = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (move) { event.preventDefault(); choose(active + move); }
      if (event.key === "Enter") { event.preventDefault(); hits()[Math.max(active, 0)]?.click(); }
    });
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
    list.addEventListener("htmx:afterSwap", () => { if (!input.value.trim()) showRecent(list); choose(0); });
    list.addEventListener("click", (event) => {
      const hit = event.target.closest("[data-recent]");
      if (hit) remember({ href: hit.getAttribute("href"), title: hit.dataset.recent });
    });
  }

  // Names of people stay in this tab and go with the log-out: a shared machine must not tell them.
  function remember(entry) {
    const others = (stored.read(RECENT) || []).filter((one) => one.href !== entry.href);
    stored.write(RECENT, [entry, ...others].slice(0, 6));
  }

  function showRecent(list) {
    const entries = stored.read(RECENT) || [];
    if (!entries.length) return;
    const group = document.createElement("div");
    group.className = "g-hit-group";
    group.setAttribute("role", "presentation");
    group.textContent = document.getElementById("palette-words").dataset.recent;
    const links = entries.map((entry) => {
      const link = document.createElement("a");
      link.className = "g-hit";
      link.href = entry.href;
      link.tabIndex = -1;
      link.setAttribute("role", "option");
      link.dataset.recent = entry.title;
      const title = document.createElement("strong");
      title.textContent = entry.title;
      link.append(title);
      return link;
    });
    list.prepend(group, ...links);
  }

  if (palette) setUpPalette();
  const shown = document.querySelector("[data-recent-title]");
  if (shown) remember({ href: location.pathname, title: shown.dataset.recentTitle });
  document.addEventListener("submit", (event) => {
    if (event.target.action.endsWith("/logout")) { try { sessionStorage.clear(); } catch { /* nothing was kept */ } }
  });

  // --- desk ---------------------------------------------------------------------------------
  const desk = document.querySelector("[data-desk]");

  function setUpDesk() {
    const answer = document.querySelector("form[data-draft]");
    const keys = document.getElementById("keys");
    const kind = (value) => {
      if (!answer) return;
      answer.querySelector(`input[name=kind][value=${value}]`).checked = true;
      answer.querySelector("textarea").focus();
    };
    const deeds = {
      r: () => kind("reply"),
      c: () => kind("note"),
      a: () => document.querySelector("[data-take]")?.click(),
      s: () => document.querySelector("[data-state]")?.focus(),
      n: () => (document.querySelector("[data-next]") || document.querySelector(".g-ticket:not([aria-current])"))?.click(),
      p: () => document.querySelector("[data-previous]")?.click(),
      "?": () => keys.showModal(),
    };
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
      const deed = deeds[event.key.toLowerCase()];
      if (deed) { event.preventDefault(); deed(); }
    });
    document.querySelectorAll("[data-keys]").forEach((button) => {
      button.hidden = false;
      button.addEventListener("click", () => keys.showModal());
    });
    document.querySelector(".g-ticket[aria-current]")?.scrollIntoView({ block: "nearest" });
    const messages = document.querySelector(".g-messages");
    if (messages) messages.scrollTop = messages.scrollHeight;
    if (desk.dataset.sent) forgetDraft(desk.dataset.sent);
    if (answer) setUpDraft(answer);
  }

  const draftKey = (ticket) => `kontor-draft-${ticket}`;

  function forgetDraft(ticket) {
    stored.drop(draftKey(ticket));
    const address = new URL(location.href);
    address.searchParams.delete("sent");
    history.replaceState(null, "", address);
  }

  function setUpDraft(form) {
    const text = form.querySelector("textarea");
    const saved = form.querySelector("[data-saved]");
    const key = draftKey(form.dataset.draft);
    const draft = stored.read(key);
    if (draft && !text.value) {
      text.value = draft.body;
      form.querySelector(`input[name=kind][value=${draft.kind === "note" ? "note" : "reply"}]`).checked = true;
      saved.hidden = false;
    }
    const keep = () => {
      if (text.value.trim()) stored.write(key, { body: text.value, kind: form.elements.kind.value }); else stored.drop(key);
      saved.hidden = !text.value.trim();
    };
    let timer;
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(keep, 400); });
    window.addEventListener("pagehide", keep);
    text.addEventListener("keydown", (event) => {
      if ((event.ctrlKey || event.metaKey) && event.key === "Enter") form.requestSubmit();
    });
  }

  if (desk) setUpDesk();

  // --- file drop ----------------------------------------------------------------------------
  document.querySelectorAll("[data-drop]").forEach((zone) => {
    const input = zone.querySelector("input[type=file]");
    const name = zone.querySelector("[data-drop-name]");
    const tooLarge = zone.parentElement.querySelector("[data-drop-too-large]");
    const fits = () => !input.files.length || input.files[0].size <= Number(zone.dataset.maxBytes);
    const show = () => {
      if (input.files.length) name.textContent = input.files[0].name;
      tooLarge.hidden = fits();
    };
    // Said before minutes of sending, not after.
    input.form.addEventListener("submit", (event) => { if (!fits()) { event.preventDefault(); event.stopImmediatePropagation(); input.focus(); } }, true);
    input.addEventListener("change", show);
    ["dragover", "dragenter"].forEach((type) => zone.addEventListener(type, (event) => { event.preventDefault(); zone.classList.add("is-over"); }));
    ["dragleave", "drop"].forEach((type) => zone.addEventListener(type, () => zone.classList.remove("is-over")));
    zone.addEventListener("drop", (event) => { event.preventDefault(); if (event.dataTransfer.files.length) { input.files = event.dataTransfer.files; show(); } });
  });

  // --- live preview of a mail ----------------------------------------------------------------
  document.querySelectorAll("form[data-live-preview]").forEach((form) => {
    // A form of its own: sending it must not lock the one that is being written.
    const mirror = document.createElement("form");
    mirror.method = "post";
    mirror.action = form.dataset.livePreview;
    mirror.target = "preview";
    mirror.hidden = true;
    document.body.append(mirror);
    const draw = () => {
      mirror.replaceChildren();
      new FormData(form).forEach((value, field) => {
        const input = document.createElement("textarea");
        input.name = field;
        input.value = value;
        mirror.append(input);
      });
      mirror.submit();
    };
    let timer;
    form.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(draw, 600); });
    form.querySelector("[data-preview-button]").hidden = true;
    draw();
  });

  document.querySelectorAll("[data-send-on-change]").forEach((select) => select.addEventListener("change", () => {
    // An address that people share names only what was chosen.
    select.disabled = !select.value;
    select.form.requestSubmit();
  }));

  // An address that people share names only the filters that are set.
  document.addEventListener("htmx:configRequest", (event) => {
    if (!event.detail.elt.matches(".g-filter")) return;
    for (const [name, value] of [...event.detail.formData.entries()]) if (value === "") event.detail.formData.delete(name);
  });

  // The campaign has ended while the page was open: the list of its messages is complete now.
  document.addEventListener("htmx:afterSwap", () => { if (document.querySelector("[data-finished]")) location.reload(); });
})();
