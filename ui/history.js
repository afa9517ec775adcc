// The last part of the script of #actions, after talk.js: the conversation on the page is kept as it grows, earlier
// ones are listed and reopened, and this one can be downloaded. `talk.py` tells of every change of the messages.

const REOPENED = 15_000; // milliseconds within which the server shows what it is asked to, unless it is away
const WIDEST = 384; // pixels of a sheet of tools, as talk.css has it
const [shelf, taking] = [element.querySelector("#kept"), element.querySelector("#taking")];
const gone = new AbortController();

let reopening = null; // what was asked to be shown, until it is
let shown = null; // the name of the conversation on the page: `current`, unless another tab writes under it
let saving = 0;

// ---- Kept as it grows.

function flat(value) {
  const text = (block) => (typeof block === "string" ? block : typeof block?.text === "string" ? block.text : "");
  const content = (one) => [one.content].flat().map(text).join("");
  return (Array.isArray(value) ? value : []).map((one) => ({ role: one.role, content: content(one) }));
}

const questions = (said) => said.flatMap((one) => (one.role === "user" ? [wordsOf(one.content)] : [])).join("\n");

function heard(value) {
  const now = flat(value);
  const isReopened = reopening && questions(now) === questions(reopening.messages);
  if (reopening && !isReopened) {
    if (!reopening.isLate && questions(now) === questions(messages)) return;
    reopening.isLate = true; // as where the server did not answer: what is asked meanwhile is kept as ever
  }
  if (saving && !now.length && !isTakingBack) saveNow(); // a new chat begins: the last words of the old one are not lost
  for (const index of Object.keys(votes)) if (answerOf(now[index]?.content) !== answerOf(messages[index]?.content)) delete votes[index];
  if (questions(now) !== questions(messages)) {
    following = now.findLastIndex((one) => one.role === "user");
    if (document.body.dataset.narrow) document.querySelector("#narrow")?.click(); // its panel would cover the answer
    if (now.length > messages.length && !isReopened) empty(wordsOf(now[following].content));
  }
  messages = now;
  if (isReopened) {
    votes = reopening.votes;
    take(reopening.name);
    reopening = null;
  } else if (messages.length) {
    save();
  } else {
    if (isTakingBack && current) forget(current);
    leaveCurrent();
  }
  isTakingBack = false;
  placeSoon();
}

// What is reopened goes on under its name; under a new one where another tab has that.
async function take(name) {
  [shown, current] = [name, null];
  session((storage) => storage.setItem(CURRENT, name));
  const isOurs = await hold(name);
  if (isOurs && shown === name) current = name;
}

function leaveCurrent() {
  clearTimeout(saving);
  saving = 0;
  shown = current = null;
  letGo();
  session((storage) => storage.removeItem(CURRENT));
}

function save() {
  clearTimeout(saving);
  saving = setTimeout(saveNow, 300);
}

function saveNow() {
  clearTimeout(saving);
  saving = 0;
  if (!messages.length || (reopening && !reopening.isLate)) return;
  if (!current) {
    shown = current = newName();
    hold(current);
  }
  keep(current, messages, votes);
  session((storage) => storage.setItem(CURRENT, current));
}

function reopen(name) {
  const found = read(name);
  if (!found) return tell("This conversation is not kept any more.", "failed");
  if (saving) saveNow();
  reopening = found;
  trigger("select", { messages: found.messages });
  setTimeout(() => reopening === found && tell("This conversation could not be opened. Try again.", "failed"), REOPENED);
}

// ---- The list of what is kept.

const dated = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });

function list() {
  if (saving) saveNow();
  const found = conversations();
  shelf.dataset.empty = String(!found.length);
  sure(false);
  shelf.querySelector("ul").replaceChildren(
    ...found.map(({ name, messages: said, at }) => {
      const asked = wordsOf(said[0].content).slice(0, 300) || "A question";
      const open = made("button", { type: "button", className: "reopen" }, made("strong", { text: asked }), made("span", { text: dated.format(at) }));
      if (name === shown) open.setAttribute("aria-current", "true");
      const drop = iconed(made("button", { type: "button", className: "forget", title: "Delete", ariaLabel: `Delete “${asked}”` }), "delete");
      open.addEventListener("click", () => {
        shelf.hidePopover();
        if (name !== shown) reopen(name);
        toComposer();
      });
      drop.addEventListener("click", () => {
        const place = [...shelf.querySelectorAll(".forget")].indexOf(drop);
        remove(name);
        const left = shelf.querySelectorAll(".forget");
        (left[Math.min(place, left.length - 1)] ?? shelf).focus();
      });
      return made("li", {}, open, drop);
    }),
  );
}

function remove(name) {
  forget(name);
  if (name === shown) leaveCurrent();
  list();
}

function sure(isAsked) {
  const all = shelf.querySelector(".all");
  all.classList.toggle("sure", isAsked);
  all.textContent = isAsked ? "Delete all for good" : "Delete all";
}

// ---- What is heard.

for (const [name, sheet] of [["history", shelf], ["download", taking]]) {
  const opener = iconed(tools.querySelector(`.${name}`), name);
  opener.title = opener.getAttribute("aria-label");
  sheet.tabIndex = -1;
  sheet.addEventListener("beforetoggle", (event) => {
    const box = opener.getBoundingClientRect();
    sheet.style.top = `${box.bottom + 6}px`;
    // Below its button, and as near to the right edge as a narrow screen asks for.
    const room = document.documentElement.clientWidth;
    sheet.style.right = `${Math.max(8, Math.min(room - box.right, room - 8 - Math.min(WIDEST, room - 16)))}px`;
    if (event.newState === "open" && sheet === shelf) list();
  });
}

shelf.querySelector(".all").addEventListener("click", (event) => {
  if (!event.currentTarget.classList.contains("sure")) return sure(true);
  conversations().forEach((one) => forget(one.name));
  leaveCurrent();
  list();
  shelf.focus();
  tell("All conversations are deleted from this browser.");
});

taking.addEventListener("click", (event) => {
  const form = event.target.closest("button")?.dataset.form;
  if (!form) return;
  taking.hidePopover();
  trying(async () => {
    const file = await called("exported", { messages, form });
    const address = URL.createObjectURL(new Blob([file.text], { type: `${file.type};charset=utf-8` }));
    made("a", { href: address, download: file.name }).click();
    setTimeout(() => URL.revokeObjectURL(address), BRIEFLY);
    tell(`Saved as ${file.name}.`);
  });
});

const listen = (target, name, step) =>
  target.addEventListener(name, (event) => (element.isConnected ? step(event) : gone.abort()), { signal: gone.signal });
listen(window, "crossroads:messages", (event) => heard(event.detail));
listen(window, "hashchange", follow);
for (const name of ["wheel", "touchmove", "pointerdown", "keydown"])
  listen(document, name, (event) => event.target.closest?.("#chat") && leaveBe());
listen(window, "pagehide", () => saving && saveNow());
new MutationObserver(placeSoon).observe(document.body, { subtree: true, childList: true });

follow();
const before = session((storage) => storage.getItem(CURRENT));
if (isName(before) && read(before)) reopen(before);
