"use strict";
/* Hears what changed and refetches only that, through the page's ordinary view.

   The socket carries ids and versions, never content. Two kinds of places listen:
     data-live="rows"   a table body: its rows are refetched by id and swapped where they stand;
                        data-live-src is the list's own address, data-live-kinds what it lists
     data-live="block"  any element with an id: refetched whole when one of data-live-ids or data-live-kinds changes;
                        data-live-every asks for it anew after so many seconds as well
   An answer may bring further elements with ids (tiles, counts); each replaces its namesake.
   Rows never move under the cursor: new ones wait behind a chip, unless the list is at its top with nothing selected. */
(() => {
  const QUIET_MS = 1000;      // at most one refetch a second
  const POLL_MS = 10000;      // without a socket
  const SILENCE_MS = 25000;   // the server says something every ten seconds
  const LATE_S = 10;
  const POINTING_MS = 5000;   // a mouse over the list that moved within this time is aiming
  const MANY = 80;            // more changed rows than this: ask for the list

  const badge = document.getElementById("live");
  const url = document.body.dataset.socket;
  if (!badge || !url) return;

  let socket = null;
  let tries = 0;
  let heardAt = 0;
  let behindS = 0;
  let everOpen = false;
  let left = false;
  let skewMs = new Date(document.body.dataset.now) - Date.now();
  const changed = new Map();   // id → the last word about it
  let timer = null;
  let lastAt = 0;
  let busy = false;
  let whole = false;           // everything visible has to be asked for
  const waiting = new Set();   // new rows behind the chip
  let pointedAt = 0;
  document.addEventListener("pointermove", () => { pointedAt = Date.now(); }, { passive: true });

  /* ---- the badge ---- */

  function show(state, words) {
    if (badge.dataset.state === state && badge.textContent === words) return;
    badge.dataset.state = state;
    badge.textContent = words;
  }

  function judge() {
    if (left) return;
    const open = socket && socket.readyState === WebSocket.OPEN;
    if (open && Date.now() - heardAt > SILENCE_MS) { socket.close(); return; }
    if (open && behindS >= LATE_S) show("delayed", `Delayed ${Math.round(behindS)} s`);
    else if (open && heardAt) show("live", "Live");
    else if (everOpen || tries > 1) show("offline", "Offline – polling");
  }

  /* ---- the socket ---- */

  function connect() {
    if (left) return;
    tries += 1;
    try { socket = new WebSocket(url); } catch { retry(); return; }
    socket.onmessage = (event) => hear(JSON.parse(event.data));
    socket.onclose = (event) => {
      socket = null;
      if (event.code === 4401) { ended(); return; }
      judge();
      retry();
    };
  }

  function retry() {
    const wait = Math.min(15000, 500 * 2 ** Math.min(tries, 5)) * (0.7 + Math.random() * 0.6);
    setTimeout(connect, wait);
  }

  function ended() {
    left = true;
    show("offline", "Signed out");
    const notice = document.createElement("p");
    notice.className = "notice act";
    notice.setAttribute("role", "alert");
    notice.innerHTML = 'Your session has ended. <a href="">Sign in again</a>';
    notice.querySelector("a").href = `/accounts/login/?next=${encodeURIComponent(location.pathname + location.search)}`;
    document.getElementById("main").prepend(notice);
  }

  function hear(words) {
    heardAt = Date.now();
    if (!Array.isArray(words)) {
      if (words.now) skewMs = new Date(words.now) - Date.now();
      if (words.behind_s !== undefined) behindS = words.behind_s;
      const odoo = document.querySelector("#odoo-age time");
      if (odoo && words.odoo_at) odoo.dateTime = words.odoo_at;
      if (words.t === "hello") {
        // Nobody knows what happened between the page's making and this moment, or in a gap: ask once for all that is visible.
        whole = true;
        soon();
        everOpen = true;
        tries = 0;
      }
      judge();
      return;
    }
    for (const item of words) changed.set(item.id, item);
    judge();
    soon();
  }

  /* ---- refetching ---- */

  function soon() {
    if (timer || busy) return;
    timer = setTimeout(run, Math.max(0, lastAt + QUIET_MS - Date.now()));
  }

  async function run() {
    timer = null;
    busy = true;
    lastAt = Date.now();
    const items = [...changed.values()];
    const all = whole;
    changed.clear();
    whole = false;
    try {
      await Promise.all([...document.querySelectorAll("[data-live]")].map((place) => (
        place.dataset.live === "rows" ? refreshRows(place, items, all) : refreshBlock(place, items, all)
      )));
    } catch {
      for (const item of items) if (!changed.has(item.id)) changed.set(item.id, item);
      whole = whole || all;
      setTimeout(soon, 3000);
      return;
    } finally {
      busy = false;
    }
    if (changed.size || whole) soon();
  }

  const names = (text) => (text || "").split(" ").filter(Boolean);
  const touches = (item, ids) => ids.has(item.id) || (item.also || []).some((id) => ids.has(id));

  async function ask(src, parameters) {
    const address = new URL(src, location.href);
    for (const [name, value] of Object.entries(parameters)) address.searchParams.set(name, value);
    const answer = await fetch(address, { headers: { "X-Live": "1", "HX-Request": "true" }, credentials: "same-origin" });
    if (answer.redirected && new URL(answer.url).pathname.startsWith("/accounts/")) { ended(); return null; }
    if (answer.status === 404 || answer.status === 403) return null;
    if (!answer.ok) throw new Error(answer.status);
    const box = document.createElement("template");
    box.innerHTML = await answer.text();
    return box.content;
  }

  async function refreshRows(place, items, all) {
    const kinds = new Set(names(place.dataset.liveKinds));
    const shown = new Map([...place.children].filter((row) => row.id).map((row) => [row.id, row]));
    const wanted = new Set();
    for (const item of items) {
      const stands = shown.get(item.id);
      if (kinds.has(item.t) && (!stands || !item.v || Number(stands.dataset.version) !== item.v)) wanted.add(item.id);
      for (const id of item.also || []) if (shown.has(id) || kinds.has(id.slice(0, 3))) wanted.add(id);
      for (const [id, row] of shown) if (names(row.dataset.also).includes(item.id)) wanted.add(id);
    }
    const complete = all || wanted.size > MANY;
    if (!complete && !wanted.size) return;
    const answer = await ask(place.dataset.liveSrc, complete ? { live: "1" } : { rows: [...wanted].join(",") });
    if (!answer) return;
    await settleRows(place, answer, complete, wanted);
    settleNamesakes(answer);
  }

  async function settleRows(place, answer, complete, wanted) {
    const incoming = [...answer.querySelectorAll("tbody > tr[id]")];
    const found = new Set(incoming.map((row) => row.id));
    const fresh = [];
    for (const row of incoming) {
      const stands = document.getElementById(row.id);
      if (!stands) { if (!row.classList.contains("left")) fresh.push(row); continue; }
      if (stands.dataset.version === row.dataset.version && stands.className === row.className && stands.textContent === row.textContent) continue;
      swapRow(stands, row);
    }
    for (const stands of [...place.children]) {
      if (stands.id && !found.has(stands.id) && (complete || wanted.has(stands.id))) stands.classList.add("left");
    }
    if (!fresh.length) return;
    if (atEase(place)) {
      if (complete) takeOrder(place, incoming);
      else await showNews(place);
    } else {
      for (const row of fresh) waiting.add(row.id);
      chip(place);
    }
  }

  function swapRow(stands, row) {
    if (stands.getAttribute("aria-selected")) row.setAttribute("aria-selected", "true");
    const focused = stands.contains(document.activeElement) && document.activeElement.className;
    row.classList.add("fresh");
    stands.replaceWith(row);
    window.htmx.process(row);
    if (focused) row.querySelector(`.${focused.split(" ")[0]}`)?.focus();
  }

  // The list is at its top, nobody has chosen a row or is aiming at one: only then may rows take their places by themselves.
  function atEase(place) {
    const scroller = place.closest(".list");
    return scroller.scrollTop < 8 && !place.querySelector("[aria-selected='true']") && !place.contains(document.activeElement)
      && !(place.matches(":hover") && Date.now() - pointedAt < POINTING_MS);
  }

  function takeOrder(place, incoming) {
    const before = new Set([...place.children].map((row) => row.id));
    for (const row of incoming) {
      const stands = document.getElementById(row.id);
      if (!stands && before.size) row.classList.add("fresh");
      place.append(stands || row);
      if (!stands) window.htmx.process(row);
    }
    const kept = new Set(incoming.map((row) => row.id));
    for (const row of [...place.children]) if (!kept.has(row.id)) row.remove();
    waiting.clear();
    chip(place);
    settleEmpty(place);
  }

  async function showNews(place) {
    const answer = await ask(place.dataset.liveSrc, { live: "1" });
    if (!answer) return;
    takeOrder(place, [...answer.querySelectorAll("tbody > tr[id]")]);
    settleNamesakes(answer);
  }

  function settleEmpty(place) {
    const table = place.closest("table");
    const empty = document.getElementById("empty");
    if (empty) empty.hidden = place.children.length > 0;
    if (table) table.hidden = place.children.length === 0;
  }

  function chip(place) {
    const host = document.getElementById("news");
    if (!host) return;
    if (!waiting.size) { host.replaceChildren(); return; }
    let button = host.querySelector("button");
    if (!button) {
      button = document.createElement("button");
      button.type = "button";
      button.className = "news";
      button.addEventListener("click", () => {
        waiting.clear();
        chip(place);
        place.closest(".list").scrollTop = 0;
        showNews(place).catch(() => { whole = true; soon(); });
      });
      host.append(button);
    }
    button.textContent = `${waiting.size} new – show`;
  }

  function settleNamesakes(answer) {
    for (const part of answer.querySelectorAll("[data-part][id]")) {
      const stands = document.getElementById(part.id);
      if (stands && stands.outerHTML !== part.outerHTML) { stands.replaceWith(part); window.htmx.process(part); }
    }
  }

  async function refreshBlock(place, items, all) {
    const ids = new Set(names(place.dataset.liveIds));
    const kinds = new Set(names(place.dataset.liveKinds));
    if (!all && !items.some((item) => touches(item, ids) || kinds.has(item.t))) return;
    if (sendingIn(place)) { whole = true; return; }
    if (busyIn(place)) { offer(place); return; }
    const answer = await ask(place.dataset.liveSrc || location.href, {});
    if (!answer || !place.isConnected) return;
    if (sendingIn(place)) { whole = true; return; }
    const fresh = answer.querySelector(`[id="${place.id}"]`);
    if (!fresh || busyIn(place)) { if (fresh) offer(place); return; }
    swapBlock(place, fresh);
    settleNamesakes(answer);
  }

  // A form is on its way: its answer needs the block it came from, so the refresh waits for the next round.
  function sendingIn(place) { return Boolean(place.querySelector("form.htmx-request")); }

  // Somebody types, has typed, or has chosen a file: their words are never taken away.
  function busyIn(place) {
    if (place.contains(document.activeElement) && /^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return true;
    return [...place.querySelectorAll("textarea, input:not([type=hidden]), select")].some((field) => {
      const kept = field.closest("[data-keep]");
      if (kept && kept !== place && place.contains(kept)) return false;  // it outlives the block
      if (field.type === "file") return field.files.length > 0;
      if (field.type === "checkbox" || field.type === "radio") return field.checked !== field.defaultChecked;
      if (field.tagName === "SELECT") {
        const given = [...field.options].findIndex((option) => option.defaultSelected);
        return field.selectedIndex !== Math.max(0, given);  // without a given one the first is chosen
      }
      return field.value !== field.defaultValue;
    });
  }

  function offer(place) {
    if (place.querySelector(".changed-meanwhile")) return;
    const notice = document.createElement("p");
    notice.className = "notice wait changed-meanwhile";
    notice.setAttribute("role", "status");
    notice.append("This changed while you were typing. ");
    const button = document.createElement("button");
    button.type = "button";
    button.className = "plain end";
    button.textContent = "Show it";
    button.addEventListener("click", async () => {
      const answer = await ask(place.dataset.liveSrc || location.href, {});
      const fresh = answer && answer.querySelector(`[id="${place.id}"]`);
      if (fresh) swapBlock(place, fresh);
    });
    notice.append(button);
    place.prepend(notice);
  }

  // What was fetched into a block by itself (a record's commands, the form of one) stays as it is: it refreshes itself.
  function keepWithin(place, fresh) {
    for (const kept of [...place.querySelectorAll("[data-keep][id]")]) {
      const twin = kept.isConnected && kept.childElementCount && fresh.querySelector(`[data-keep][id="${kept.id}"]`);
      if (twin) twin.replaceWith(kept);
    }
  }

  function swapBlock(place, fresh) {
    const open = [...place.querySelectorAll("details[open][id]")].map((box) => box.id);
    const scroller = place.closest(".side, .list");
    const top = scroller ? scroller.scrollTop : 0;
    const focused = place.contains(document.activeElement) && document.activeElement.dataset.key;
    keepWithin(place, fresh);
    place.replaceWith(fresh);
    for (const id of open) document.getElementById(id)?.setAttribute("open", "");
    if (scroller) scroller.scrollTop = top;
    window.htmx.process(fresh);
    if (focused) fresh.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
  }

  /* ---- times grow older by themselves ---- */

  function span(seconds) {
    if (seconds < 60) return `${Math.floor(seconds)} s`;
    const minutes = Math.floor(seconds / 60);
    if (minutes < 60) return `${minutes} min`;
    const hours = Math.floor(minutes / 60);
    if (hours < 10 && minutes % 60) return `${hours} h ${String(minutes % 60).padStart(2, "0")}`;
    return hours < 48 ? `${hours} h` : `${Math.floor(hours / 24)} d`;
  }

  function age() {
    const now = Date.now() + skewMs;
    for (const node of document.querySelectorAll("time[data-ago]")) {
      const seconds = (now - new Date(node.dateTime)) / 1000;
      if (seconds < -10) continue;
      const stale = node.dataset.staleMin && seconds > node.dataset.staleMin * 60;
      const words = seconds < 10 ? "now" : span(seconds) + (node.dataset.suffix || "");
      node.classList.toggle("stale", Boolean(stale));
      node.textContent = stale ? `stale ${words}` : words;
    }
  }

  // What no journal entry tells of (a feed's age, a refusal at the door) is asked for at its own pace.
  const asked = new WeakMap();
  function askAnew() {
    if (document.hidden || left) return;
    for (const place of document.querySelectorAll("[data-live-every]")) {
      if (!asked.has(place)) { asked.set(place, Date.now()); continue; }
      if (Date.now() - asked.get(place) < place.dataset.liveEvery * 1000) continue;
      asked.set(place, Date.now());
      refreshBlock(place, [], true).catch(() => undefined);  // the next round asks again; the badge says when the line is lost
    }
  }

  setInterval(askAnew, 1000);
  setInterval(age, 15000);
  setInterval(judge, 1000);
  setInterval(() => {
    const open = socket && socket.readyState === WebSocket.OPEN;
    if (!left && (!open || behindS >= LATE_S) && !document.hidden) { whole = true; soon(); }
  }, POLL_MS);
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden && !left && (!socket || socket.readyState !== WebSocket.OPEN)) { whole = true; soon(); }
  });
  window.addEventListener("offline", () => { if (socket) socket.close(); });
  // A page that came back from a pane's own request has been refreshed by it: what was pending is asked for again.
  document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.requestConfig.verb !== "get") { whole = true; soon(); } });

  connect();
})();
