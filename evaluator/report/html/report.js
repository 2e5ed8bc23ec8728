"use strict";
(() => {
  const form = document.querySelector(".filters");
  const controls = [...document.querySelectorAll(".control")];
  const accounts = [...document.querySelectorAll(".account")];
  const rows = [...document.querySelectorAll(".matrix tbody tr")];
  const texts = new Map();
  const textOf = (e) => {
    if (!texts.has(e)) texts.set(e, e.textContent.toLowerCase());
    return texts.get(e);
  };
  const show = (id) => {
    const target = id && document.getElementById(id);
    if (!target) return;
    for (let e = target; e; e = e.parentElement) {
      if (e.tagName === "DETAILS") e.open = true;
      if (e.hidden) e.hidden = false;
    }
    target.scrollIntoView();
    const focus = target.tagName === "DETAILS" ? target.querySelector("summary") : target;
    focus.focus({ preventScroll: true });
  };
  if (!form) {
    addEventListener("hashchange", () => show(location.hash.slice(1)));
    show(location.hash.slice(1));
    return;
  }
  form.hidden = false;
  const boxes = [...form.querySelectorAll("input[name=status]")];
  const level = form.elements.level, account = form.elements.account, q = form.elements.q;
  const count = form.querySelector("output");
  const apply = () => {
    const wanted = new Set(boxes.filter((b) => b.checked).map((b) => b.value));
    const words = q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const upTo = level && level.value ? Number(level.value) : 0;
    const only = account ? account.value : "";
    const shown = new Map();
    let n = 0;
    for (const c of controls) {
      const d = c.dataset;
      const on = wanted.has(d.s) && (!upTo || Number(d.l || 0) <= upTo) && (!only || d.a === only) &&
        (words.length === 0 || words.every((w) => (d.a + " " + textOf(c)).includes(w)));
      if (c.hidden === on) c.hidden = !on;
      if (on) { n++; shown.set(d.a, true); }
    }
    for (const a of accounts) {
      const on = shown.has(a.dataset.a);
      if (a.hidden === on) a.hidden = !on;
      for (const s of a.querySelectorAll(".group")) s.hidden = !s.querySelector(".control:not([hidden])");
    }
    for (const r of rows) {
      const on = shown.has(r.dataset.a);
      if (r.hidden === on) r.hidden = !on;
    }
    count.textContent = n === controls.length ? n + " results" : n + " of " + controls.length + " results";
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
    if (!hash.includes("=")) { apply(); show(decodeURIComponent(hash)); return; }
    const state = new URLSearchParams(hash);
    const off = (state.get("hide") || "").split(",");
    for (const b of boxes) b.checked = !off.includes(b.value);
    if (level) level.value = state.get("level") || "";
    if (account) account.value = state.get("account") || "";
    q.value = state.get("q") || "";
    apply();
  };
  let wait;
  const changed = () => { clearTimeout(wait); wait = setTimeout(() => { apply(); remember(); }, 60); };
  form.addEventListener("input", changed);
  form.addEventListener("submit", (e) => e.preventDefault());
  form.addEventListener("reset", () => setTimeout(changed));
  addEventListener("hashchange", restore);
  addEventListener("keydown", (e) => {
    if (e.key !== "/" || e.ctrlKey || e.metaKey || e.altKey || /^(INPUT|SELECT|TEXTAREA)$/.test(e.target.tagName)) return;
    e.preventDefault();
    q.focus();
  });
  addEventListener("beforeprint", () => { for (const c of controls) if (c.dataset.s !== "pass") c.open = true; });
  restore();
})();
