// Drafts: what is typed into <form data-draft="address"> goes to the server, and stays nowhere here.
// casework.js loads this file, and lends it isSignedIn and showNotice.
"use strict";

const PAUSE_MS = 2000;
const LONGEST_MS = 10000;
const drafts = new Map();
const complete = new WeakSet();

function draftSoon(form, pause = PAUSE_MS) {
  const draft = drafts.get(form) ?? {};
  draft.since ??= Date.now();
  clearTimeout(draft.timer);
  const latest = draft.since + LONGEST_MS - Date.now();
  draft.timer = setTimeout(saveDraft, Math.max(0, Math.min(pause, latest)), form);
  drafts.set(form, draft);
}

// Answers whether the server was reached.
async function saveDraft(form, keepalive = false) {
  const draft = drafts.get(form);
  clearTimeout(draft.timer);
  draft.sending?.abort();
  const sending = draft.sending = new AbortController();
  draft.since = undefined;
  const hangs = setTimeout(() => sending.abort("slow"), LONGEST_MS);
  try {
    let answer = await sendDraft(form, sending.signal, keepalive);
    // A token of an earlier sign-in: the same account may have signed in again, or somebody else.
    if (answer.status === 400 && await isSignedIn()) answer = await sendDraft(form, sending.signal, keepalive);
    if (answer.status >= 500) throw new Error(answer.status);
    if (answer.ok || answer.status === 422) tellDraft(form, "said", await answer.text());
    else tellDraft(form, "signed-out");
    return true;
  } catch {
    // A newer one is under way, or the signal is lost.
    if (draft.sending !== sending) return false;
    tellDraft(form, "offline");
    draftSoon(form, LONGEST_MS);
    return false;
  } finally {
    clearTimeout(hangs);
  }
}

function sendDraft(form, signal, keepalive) {
  const body = new URLSearchParams([...new FormData(form)].filter(([, value]) => typeof value === "string"));
  return fetch(form.dataset.draft, { method: "POST", headers: { "HX-Request": "true" }, body, signal, keepalive });
}

function tellDraft(form, state, words = "") {
  for (const part of form.querySelectorAll("[data-draft-state]")) {
    part.hidden = part.dataset.draftState !== state;
    if (!part.hidden && words && part.textContent !== words) part.textContent = words;
  }
}

document.addEventListener("input", (event) => {
  if (event.target.form?.dataset.draft) draftSoon(event.target.form);
});
// The last words are saved first: a form that is lost on its way can then be opened again.
document.addEventListener("submit", async (event) => {
  const { target: form, submitter } = event;
  if (!drafts.has(form) || complete.delete(form)) return;
  event.preventDefault();
  if (!await saveDraft(form)) {
    showNotice("offline-notice");
    return;
  }
  clearTimeout(drafts.get(form).timer);
  complete.add(form);
  form.requestSubmit(submitter);
});
addEventListener("online", () => drafts.forEach((draft, form) => { if (draft.since) saveDraft(form); }));
document.addEventListener("visibilitychange", () => {
  drafts.forEach((draft, form) => { if (document.hidden && draft.since) saveDraft(form, true); });
});

// What was typed while this file was on its way is only known by what the fields hold.
const isTouched = (field) => "defaultValue" in field
  && (field.value !== field.defaultValue || field.checked !== field.defaultChecked);
for (const form of document.querySelectorAll("form[data-draft]")) {
  if ([...form.elements].some(isTouched)) draftSoon(form);
}
