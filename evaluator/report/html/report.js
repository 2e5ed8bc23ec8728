"use strict";
(() => {
  const form = document.querySelector(".filters");
  const controls = [...document.querySelectorAll(".control")];
  const accounts = [...document.querySelectorAll(".account")];
  const rows = [...document.querySelectorAll(".matrix tbody tr")];
  const names = new Map(rows.map((r) => [r.dataset.a, r.cells[0].textContent.toLowerCase()]));
  const texts = new Map();
  const textOf = (e) => {
    if (!texts.has(e)) texts.set(e, e.textContent.toLowerCase());
    return texts.get(e);
  };
  // Sections that were never seen have only a guess for their height, so that the way to a target is walked until it is reached.
  const reach = (target, tries) => {
    target.scrollIntoView({ block: "start" });
    const top = parseFloat(getComputedStyle(document.documentElement).scrollPaddingTop) || 0;
    requestAnimationFrame(() => {
      const off = Math.abs(target.getBoundingClientRect().top - top) > 2;
      const more = scrollY + innerHeight < document.documentElement.scrollHeight - 2;
      if (tries > 0 && off && (more || tries > 20)) reach(target, tries - 1);
    });
  };
  const show = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let e = target; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      if (e.hidden) e.hidden = false;
    }
    const focus = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    focus.focus({ preventScroll: true });
    reach(target, 30);
  };
  const named = () => {
    try {
      return decodeURIComponent(location.hash.slice(1));
    } catch {
      return "";
    }
  };
  addEventListener("click", (e) => {
    const link = e.target.closest && e.target.closest("a[href^='#']");
    if (link && link.hash === location.hash) show(named());
  });
  addEventListener("beforeprint", () => { for (const c of controls) if (c.dataset.s !== "pass") c.open = true; });
  const atStart = (f) => document.readyState === "complete" ? f() : addEventListener("load", f);
  if (!form) {
    addEventListener("hashchange", () => show(named()));
    atStart(() => show(named()));
    return;
  }
  form.hidden = false;
  const boxes = [...form.querySelectorAll("input[name=status]")];
  const level = form.elements.level, account = form.elements.account, q = form.elements.q;
  const count = form.querySelector("output");
  const set = (e, on) => { if (e.hidden === on) e.hidden = !on; };
  const filterRows = (wanted, words, only) => {
    let n = 0;
    for (const r of rows) {
      const on = r.dataset.has.split(" ").some((s) => wanted.has(s)) && (!only || r.dataset.a === only) && words.every((w) => names.get(r.dataset.a).includes(w));
      if (on) n++;
      set(r, on);
    }
    count.textContent = n + " of " + rows.length + " accounts";
  };
  const apply = () => {
    const wanted = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const upTo = level && level.value ? Number(level.value) : 0;
    const only = account ? account.value : "";
    if (controls.length === 0) return filterRows(wanted, words, only);
    const shown = new Set();
    let n = 0;
    for (const c of controls) {
      const d = c.dataset;
      const on = wanted.has(d.s) && (!upTo || Number(d.l || 0) <= upTo) && (!only || d.a === only) &&
        words.every((w) => (names.get(d.a) || d.a).includes(w) || textOf(c).includes(w));
      set(c, on);
      if (on) { n++; shown.add(d.a); }
    }
    for (const a of accounts) {
      set(a, shown.has(a.dataset.a));
      if (a.hidden) continue;
      for (const s of a.querySelectorAll(".group")) set(s, !!s.querySelector(".control:not([hidden])"));
    }
    for (const r of rows) set(r, shown.has(r.dataset.a));
    count.textContent = n === controls.length ? n + " results" : n === 0 ? "nothing matches" : n + " of " + controls.length + " results";
  };
  const remember = () => {
    const state = new URLSearchParams();
    const off = boxes.filter((b) => !b.checked).map((b) => b.value);
    if (off.length) state.set("hide", off.join(","));
    if (level && level.value) state.set("level", level.value);
    if (account && account.value) state.set("account", account.value);
    if (q.value) state.set("q", q.value);
    const text = state.toString();
    history.replaceState(null, "", text ? "#" + text : location.pathname + location.search);
  };
  const restore = () => {
    const hash = location.hash.slice(1);
    if (!hash.includes("=")) { apply(); show(named()); return; }
    const state = new URLSearchParams(hash);
    const off = (state.get("hide") || "").split(",");
    for (const b of boxes) b.checked = !off.includes(b.value);
    if (level) level.value = state.get("level") || "";
    if (account) account.value = state.get("account") || "";
    q.value = state.get("q") || "";
    apply();
  };
  let wait;
  const changed = () => { clearTimeout(wait); wait = setTimeout(() => { apply(); remember(); }, 80); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", restore);
  addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    q.focus();
  });
  atStart(restore);
})();
