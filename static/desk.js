"use strict";
/* Keys, selection and the few toggles of the desk screens. Every key here has a visible button or link. */
(() => {
  const $ = (selector, within = document) => within.querySelector(selector);
  const typing = (node) => node && (node.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(node.tagName));
  const remember = (name, value) => {
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax`;
  };

  // On a phone the rooms of a page stand in one line that scrolls: the one we are in is seen.
  const here = $(".tabs [aria-current]");
  if (here && here.parentElement.scrollWidth > here.parentElement.clientWidth) {
    here.parentElement.scrollLeft = here.offsetLeft - here.parentElement.offsetLeft - 16;
  }

  const rows = () => [...document.querySelectorAll("#main tbody tr[data-href]")];
  const selected = () => $("#main tr[aria-selected='true']");

  function select(row, scroll = true) {
    if (!row) return;
    const before = selected();
    if (before && before !== row) before.removeAttribute("aria-selected");
    row.setAttribute("aria-selected", "true");
    if (scroll) row.scrollIntoView({ block: "nearest" });
    const side = $("#side");
    if (side && side.childElementCount && window.innerWidth > 760) open(row);
  }

  function open(row) {
    const link = row && $("a.open", row);
    if (link) link.click();
    else if (row) location.href = row.dataset.href;
  }

  function move(step) {
    const all = rows();
    if (!all.length) return;
    const at = all.indexOf(selected());
    select(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + step))]);
  }

  function back() {
    const closing = $("#side [data-closes]");
    if (closing) closing.click();
    else if (selected()) selected().removeAttribute("aria-selected");
  }

  document.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-href]");
    const onControl = event.target.closest("a, button, input, summary, label");
    if (row && (!onControl || onControl.classList.contains("open"))) {
      const before = selected();
      if (before) before.removeAttribute("aria-selected");
      row.setAttribute("aria-selected", "true");
      if (!onControl && !String(getSelection())) open(row);
    }
    const opener = event.target.closest("[data-opens]");
    if (opener) { event.preventDefault(); show(opener.dataset.opens); }
    const copier = event.target.closest("[data-copy]");
    if (copier) {
      navigator.clipboard.writeText(copier.dataset.copy).then(() => say(`${copier.dataset.copy} copied`));
    }
    const toggle = event.target.closest("[data-toggle]");
    if (toggle) flip(toggle.dataset.toggle);
    if (event.target.closest("[data-closes]")) closeSide(event);
    document.querySelectorAll("details.menu[open], details.why[open]").forEach((box) => {
      if (!box.contains(event.target)) box.removeAttribute("open");
    });
  });

  function show(id) {
    const dialog = $(`#${id}`);
    if (!dialog || dialog.open) return;
    dialog.showModal();
    const field = $("input[type=search]", dialog);
    if (field) { field.select(); field.dispatchEvent(new Event("opened")); }
  }

  // In the find box the arrows walk what was found, and Enter in the field opens the first of it.
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k" && $("#find")) {
      event.preventDefault();
      show("find");
      return;
    }
    if (!$("#find[open]") || !["ArrowDown", "ArrowUp"].includes(event.key)) return;
    event.preventDefault();
    const stops = [$("#find input"), ...document.querySelectorAll("#found a")];
    const at = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
    stops[Math.max(0, Math.min(stops.length - 1, at))].focus();
  });
  document.addEventListener("submit", (event) => {
    const first = event.target.closest("#find") && $("#found a");
    if (first && $("#find input").value.trim()) { event.preventDefault(); first.click(); }
  });
  document.addEventListener("click", (event) => { if (event.target.matches("dialog")) event.target.close(); });

  function closeSide(event) {
    const link = event.target.closest("[data-closes]");
    event.preventDefault();
    $("#side").replaceChildren();
    const row = selected();
    if (row) row.removeAttribute("aria-selected");
    history.pushState({}, "", link.getAttribute("href"));
    $("#main").focus({ preventScroll: true });
  }

  function flip(what) {
    const root = document.documentElement;
    if (what === "theme") {
      const dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      remember("theme", root.dataset.theme);
    } else {
      root.dataset.density = root.dataset.density === "calm" ? "" : "calm";
      remember("density", root.dataset.density);
    }
  }

  let quiet = null;
  function say(words) {
    const place = $("#says");
    if (!place) return;
    place.textContent = words;
    clearTimeout(quiet);
    quiet = setTimeout(() => { place.textContent = ""; }, 6000);
  }

  const places = { t: "/", q: "/queue/", a: "/approvals/", o: "/orders/", s: "/shipments/", p: "/supply/", i: "/integrations/" };
  let going = false;

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && typing(event.target)) { event.target.blur(); return; }
    if (event.key === "Escape") {
      const box = $("details.why[open], details.menu[open]");
      if (box) { box.removeAttribute("open"); return; }
    }
    if (typing(event.target) || event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]")) return;
    if (going) {
      going = false;
      if (places[event.key]) { event.preventDefault(); location.href = places[event.key]; }
      return;
    }
    const plain = { j: () => move(1), k: () => move(-1), u: back, g: () => { going = true; setTimeout(() => { going = false; }, 1200); } };
    if (plain[event.key]) { event.preventDefault(); plain[event.key](); return; }
    if (event.key === "Enter" && !event.target.closest("a, button, summary") && selected()) {
      event.preventDefault();
      open(selected());
      return;
    }
    const target = document.querySelector(`#side [data-key="${CSS.escape(event.key)}"]`)
      || document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
    if (target && !target.disabled) {
      event.preventDefault();
      if (/^(INPUT|TEXTAREA)$/.test(target.tagName)) target.focus();
      else target.click();
    } else if (event.key === "/") {
      event.preventDefault();
      show("find");
    }
  });

  document.addEventListener("change", (event) => {
    if (event.target.matches("[data-submits]")) event.target.form.requestSubmit();
  });

  // A summary opened by its key puts the cursor into the form below it.
  document.addEventListener("toggle", (event) => {
    if (event.target.open && event.target.matches(".acts details")) {
      const field = $("textarea, input:not([type=hidden])", event.target);
      if (field) field.focus();
    }
  }, true);

  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id === "side" && window.innerWidth <= 760) {
      const heading = $("#side h1");
      if (heading) { heading.tabIndex = -1; heading.focus(); }
    }
  });
  // After a case is closed the next row is chosen; what was done is said, because its pane is gone.
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { xhr, requestConfig } = event.detail;
    if (requestConfig.verb !== "post" || !/\/resolve\/$/.test(requestConfig.path.split("?")[0]) || xhr.status !== 200) return;
    const row = selected();
    const all = rows();
    if (!row) return;
    const at = all.indexOf(row);
    const next = [...all.slice(at + 1), ...all.slice(0, at).reverse()].find((one) => !one.classList.contains("left"));
    row.classList.add("left");
    const name = $("a.open", row);
    say(`${name ? name.textContent.trim() : "The case"} is closed.`);
    if (next) select(next);
    else back();
  });
  document.addEventListener("htmx:sendError", () => say("The tower did not answer. Nothing was changed; try again."));
})();
