"use strict";
/* Keeps a customer's page fresh while somebody looks at it. Without this script the page says the same, once. */
(() => {
  const EVERY_MS = 30000;
  let asking = false;
  let asked = Date.now();

  const story = (from) => from.getElementById("story");

  function swap(text) {
    const fresh = new DOMParser().parseFromString(text, "text/html");
    const next = fresh.getElementById("main");
    const now = document.getElementById("main");
    if (!next || !now || !story(fresh)) return;
    const before = story(document).dataset.headline;
    const after = story(fresh).dataset.headline;
    if (story(fresh).innerHTML === story(document).innerHTML) {
      const stamp = fresh.getElementById("fresh");
      document.getElementById("fresh").replaceWith(document.importNode(stamp, true));
      return;
    }
    const held = document.activeElement && now.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    now.replaceWith(document.importNode(next, true));
    document.title = fresh.title;
    if (before !== after) document.getElementById("says").textContent = after;
    // Whoever had a link in focus keeps it.
    if (held) [...document.querySelectorAll("#main a")].find((link) => link.getAttribute("href") === held)?.focus();
  }

  function stale() {
    const stamp = document.getElementById("fresh");
    if (stamp && !stamp.dataset.stale) {
      stamp.dataset.stale = "yes";
      stamp.prepend("No connection at the moment. ");
    }
  }

  async function ask() {
    if (asking || document.hidden) return;
    asking = true;
    asked = Date.now();
    try {
      const answer = await fetch(location.href, { cache: "no-cache", signal: AbortSignal.timeout(15000) });
      if (answer.status === 410 || answer.status === 404) location.reload();
      else if (answer.ok) swap(await answer.text());
      else stale();
    } catch {
      stale();
    } finally {
      asking = false;
    }
  }

  setInterval(ask, EVERY_MS);
  document.addEventListener("visibilitychange", () => {
    if (Date.now() - asked > EVERY_MS) ask();
  });
})();
