// What a page does beyond plain HTML. Every page also works without this file.
"use strict";

const loader = document.getElementById("casework-loader");
const settings = loader.dataset;
document.documentElement.classList.add("js");

// ---- htmx: from the CDN, or our own copy when that fails, is altered, or hangs -----------------

const PATIENCE_MS = 2000;

function runScript(src, integrity) {
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    if (integrity) Object.assign(script, { integrity, crossOrigin: "anonymous", referrerPolicy: "no-referrer" });
    Object.assign(script, { src, onload: resolve, onerror: reject });
    document.head.append(script);
  });
}

// Only fetched, not run: a script that arrives after our own copy must not start a second htmx.
function fetchAhead(href, integrity) {
  return new Promise((resolve, reject) => {
    const link = document.createElement("link");
    Object.assign(link, { rel: "preload", as: "script", integrity, crossOrigin: "anonymous", referrerPolicy: "no-referrer" });
    const giveUp = (reason) => { link.remove(); reject(reason); };
    setTimeout(giveUp, PATIENCE_MS, "slow");
    Object.assign(link, { href, onload: resolve, onerror: giveUp });
    document.head.append(link);
  });
}

const ownCopy = () => runScript(settings.local);
if (settings.htmx === "cdn") {
  fetchAhead(settings.cdn, settings.integrity)
    .then(() => runScript(settings.cdn, settings.integrity))
    .catch(ownCopy);
} else {
  ownCopy();
}

// ---- a dropped connection: say so, and keep what was typed -------------------------------------

function showNotice(templateId) {
  const template = document.getElementById(templateId);
  if (!template || document.querySelector(".notice-line")) return;
  document.body.append(template.content.cloneNode(true));
}
const hideNotice = () => document.querySelector(".notice-line")?.remove();

document.addEventListener("htmx:error", (event) => {
  if (event.detail?.ctx) showNotice("offline-notice");
});
document.addEventListener("htmx:after:swap", hideNotice);
addEventListener("online", hideNotice);
document.addEventListener("submit", (event) => {
  if (navigator.onLine || event.target.method === "dialog") return;
  event.preventDefault();
  event.stopImmediatePropagation();
  showNotice("offline-notice");
}, true);

// ---- idle: a page nobody is at goes blank -------------------------------------------------------

const idleMs = Number(settings.idleMinutes || 0) * 60000;
const title = document.title;
let lastTouch = Date.now();
let typed = false;

function blankWhenIdle() {
  if (Date.now() - lastTouch < idleMs || document.body.classList.contains("is-idle")) return;
  const template = document.getElementById("idle-curtain");
  // Unsaved text stays, hidden, until the server says that the same account is signed in.
  if (!typed) document.body.replaceChildren(template);
  document.body.append(template.content.cloneNode(true));
  document.body.classList.add("is-idle");
  document.title = "casework";
  document.querySelector(".idle-curtain button").focus();
}

// Whether the account of this page is signed in, as the server says. Somebody who has signed in again
// meanwhile (in another tab) has a new token, which the forms of this page take over.
async function isSignedIn() {
  const answer = await fetch(settings.home, { cache: "no-store" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (page.getElementById("casework-loader")?.dataset.account !== settings.account) return false;
  const token = page.querySelector("[name=csrf_token]")?.value;
  for (const field of document.querySelectorAll("[name=csrf_token]")) field.value = token ?? field.value;
  return true;
}

async function goOn() {
  if (!typed) {
    location.reload();
    return;
  }
  const curtain = document.querySelector(".idle-curtain");
  if (!await isSignedIn()) {
    curtain.querySelector("[hidden]")?.removeAttribute("hidden");
    return;
  }
  curtain.remove();
  document.body.classList.remove("is-idle");
  document.title = title;
  lastTouch = Date.now();
}

if (idleMs) {
  for (const sign of ["pointerdown", "keydown", "input", "scroll"]) {
    addEventListener(sign, () => { lastTouch = Date.now(); }, { passive: true, capture: true });
  }
  setInterval(blankWhenIdle, 1000);
  document.addEventListener("visibilitychange", blankWhenIdle);
}
document.addEventListener("input", () => { typed = true; });

// ---- drafts: drafts.js comes along where a form asks for it -------------------------------------

let watchesDrafts = false;
function watchDrafts() {
  if (watchesDrafts || !document.querySelector("form[data-draft]")) return;
  watchesDrafts = true;
  // Lost on its way: the next word typed asks for it again.
  runScript(settings.drafts).catch(() => { watchesDrafts = false; });
}
for (const occasion of ["htmx:after:swap", "input"]) document.addEventListener(occasion, watchDrafts);
addEventListener("online", watchDrafts);
watchDrafts();

// The browser's Back keeps whole pages in memory: hide this one as it goes, ask again as it returns.
addEventListener("pagehide", (event) => {
  if (event.persisted) document.documentElement.classList.add("is-away");
});
addEventListener("pageshow", (event) => {
  if (event.persisted) location.reload();
});

// ---- small conveniences: <button type="button" class="js-only" data-do="...">  --------------------

// <fieldset data-ticks> holds checkboxes, buttons tick-all and tick-none, <output data-tick-count>.
function countTicks(group) {
  const boxes = [...group.querySelectorAll("input[type=checkbox]")];
  const output = group.querySelector("[data-tick-count]");
  if (output) output.textContent = `${boxes.filter((box) => box.checked).length}/${boxes.length}`;
}

function tick(button, checked) {
  const group = button.closest("[data-ticks]");
  for (const box of group.querySelectorAll("input[type=checkbox]")) box.checked = checked;
  countTicks(group);
  group.dispatchEvent(new Event("input", { bubbles: true }));
}

const deeds = {
  "tick-all": (button) => tick(button, true),
  "tick-none": (button) => tick(button, false),
  "go-on": () => goOn().catch(() => showNotice("offline-notice")),
  print: () => print(),
};

// An open part of the menu closes when something else is meant.
function closeMenus(but) {
  for (const menu of document.querySelectorAll("[data-closes][open]")) {
    if (menu !== but) menu.open = false;
  }
}
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
});

document.addEventListener("click", (event) => {
  closeMenus(event.target.closest("[data-closes]"));
  const button = event.target.closest("[data-do]");
  if (button) deeds[button.dataset.do]?.(button);
});
document.addEventListener("change", (event) => {
  const group = event.target.closest("[data-ticks]");
  if (group) countTicks(group);
});
const countAll = () => document.querySelectorAll("[data-ticks]").forEach(countTicks);
document.addEventListener("htmx:after:swap", countAll);
countAll();
