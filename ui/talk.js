// Part of the script of #actions, between kept.js and history.js: Gradio hands over `element`, `trigger` and `server`.
// Puts actions below the messages. What is sent to the server are the messages as they came from there; rows of the
// chat stand in their order.

const LONGEST_LINKED = 2000; // characters of a question that a link may carry
const ENDED = ["<footer", 'class="answer refusal"', 'class="stopped"', 'class="problem"']; // as `is_whole` of answers.py has it
const NEXT = /<p class="label next">.*<\/ul>(?=<\/footer>)/s; // what could be asked next comes later than its answer
const BRIEFLY = 6000; // milliseconds that a line of news stays
const ICONS = {
  copy: '<rect x="9" y="9" width="11" height="11" rx="2.5"/><path d="M15 9V6.5A2.5 2.5 0 0 0 12.500 4h-6A2.5 2.5 0 0 0 4 6.500v6A2.500 2.500 0 0 0 6.500 15H9"/>',
  up: '<path d="M7 10.500v9H4.500v-9zM7 11l4-7c1.400 0 2.300 1 2 2.500L12.400 9.500h5.300c1.300 0 2.100 1.200 1.800 2.400l-1.600 6c-.2 1-1 1.600-2 1.600H7"/>',
  down: '<path d="M17 13.500v-9h2.500v9zM17 13l-4 7c-1.400 0-2.300-1-2-2.500l.6-3H6.300c-1.300 0-2.100-1.200-1.800-2.400l1.600-6c.2-1 1-1.600 2-1.600H17"/>',
  retry: '<path d="M19.500 12A7.500 7.500 0 1 1 17 6.400M19.500 3.500v4h-4"/>',
  undo: '<path d="M8.500 13.500l-4.500-4.500 4.500-4.500M4.500 9h9a5.500 5.500 0 0 1 0 11h-3.500"/>',
  edit: '<path d="M4.500 19.500l1-4L16 5a2.100 2.100 0 0 1 3 3L8.500 18.500zM14 7l3 3"/>',
  link: '<path d="M10 14a4 4 0 0 0 5.700 0l3-3A4 4 0 1 0 13 5.300l-.8.8M14 10a4 4 0 0 0-5.700 0l-3 3A4 4 0 1 0 11 18.700l.8-.8"/>',
  history: '<path d="M4.500 12A7.500 7.500 0 1 0 7 6.400M4.500 3.500v4h4M12 8v4.500l3 1.800"/>',
  download: '<path d="M12 4v11M7.500 11l4.500 4.500 4.500-4.500M4.500 19.500h15"/>',
  delete: '<path d="M6.500 6.500l11 11M17.500 6.500l-11 11"/>',
};
const SAID = {
  copy: ["Copy", "Copy the answer with its sources"],
  up: ["Good", "Good answer"],
  down: ["Bad", "Bad answer"],
  retry: ["Retry", "Retry"],
  undo: ["Undo", "Undo"],
  edit: ["Edit", "Edit the question"],
  link: ["Link", "Copy a link to this question"],
};
const DONE = { copy: "Copied, with its sources.", link: "Link copied. It fills in the question; nothing is asked by itself." };

const tools = element.querySelector(".tools");
const told = element.querySelector(".told");
const takesVotes = tools.dataset.feedback === "on";

let messages = [];
let votes = {};
let current = null; // the name under which this conversation is kept, once it is
let isTakingBack = false;
let linked = "";
let following = -1; // the question whose answer is being watched, by its place among the messages

// ---- Small things.

const composer = () => document.querySelector("#composer textarea");
const rows = () => [...document.querySelectorAll("#chat .message-row")];
const isBusy = () => Boolean(document.querySelector("#composer .stop-button"));
const isShort = (content) => content.length <= LONGEST_LINKED || wordsOf(content).length <= LONGEST_LINKED;
const answerOf = (content = "") => content.replace(NEXT, "").replace("<footer></footer>", "");
const indexOf = (node) => rows().indexOf(node.closest(".message-row"));
const isTouch = matchMedia("(pointer: coarse)").matches;
const toComposer = () => isTouch || composer()?.focus(); // on a phone the keyboard would cover what is looked at

function made(tag, { text = "", ...fields } = {}, ...children) {
  const node = Object.assign(document.createElement(tag), fields);
  node.append(...(text ? [text] : []), ...children);
  return node;
}

function compose(text) {
  composer().value = text;
  composer().dispatchEvent(new Event("input", { bubbles: true }));
}

// What was asked leaves the composer as it appears above. Here, since on a busy page an update from the server was seen
// to be lost now and then; and only the question itself: what is being typed while an example is answered stays.
function empty(asked) {
  const squeezed = (text) => text.trim().replace(/\s+/g, " ");
  if (composer() && squeezed(composer().value) === squeezed(asked)) compose("");
}

function iconed(button, name) {
  const icon = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  icon.setAttribute("viewBox", "0 0 24 24");
  icon.setAttribute("aria-hidden", "true");
  icon.innerHTML = ICONS[name];
  button.prepend(icon);
  return button;
}

function tell(sentence, kind = "") {
  told.className = `told ${kind}`;
  told.textContent = sentence;
  clearTimeout(tell.until);
  tell.until = setTimeout(() => (told.textContent = ""), BRIEFLY);
}

async function called(name, request) {
  const reply = await server[name](request).catch(() => null);
  if (!reply) throw new Error("The server cannot be reached. Try again in a moment.");
  if (reply.problem) throw new Error(reply.problem);
  return reply;
}

async function trying(step) {
  try {
    await step();
  } catch (error) {
    tell(error.message, "failed");
  }
}

// `text` is a promise: browsers allow the clipboard only within the click itself, so it is taken before the text is here.
async function toClipboard(text) {
  if (navigator.clipboard?.write && window.ClipboardItem) {
    const blob = text.then((words) => new Blob([words], { type: "text/plain" }));
    await Promise.all([text, navigator.clipboard.write([new ClipboardItem({ "text/plain": blob })])]);
    return;
  }
  const field = made("textarea", { value: await text, className: "to-copy" });
  element.append(field); // an address without https has no clipboard of its own
  field.select();
  const isCopied = document.execCommand("copy");
  field.remove();
  if (!isCopied) throw new Error("This browser does not allow copying. Select the text and copy it yourself.");
}

// ---- Below the messages.

const acts = {
  copy: (index) => toClipboard(called("copied", { messages, index }).then((reply) => reply.text)),
  link: (index) => toClipboard(Promise.resolve(linkTo(wordsOf(messages[index].content)))),
  up: (index, row) => vote(index, row, "up"),
  down: (index, row) => vote(index, row, "down"),
  retry: (index) => {
    delete votes[index]; // another answer comes, though it may be the same
    trigger("retry", { index });
    toComposer();
  },
  undo: (index) => {
    isTakingBack = true;
    trigger("undo", { index: index - 1 });
    composer()?.focus();
  },
  edit: (index, row) => edit(index, row),
};

function offered(index, row) {
  const isLast = index === messages.length - 1;
  const content = messages[index].content;
  if (row.classList.contains("user-row")) {
    const isEditable = index >= messages.length - 2 && !isBusy();
    return [...(isEditable ? ["edit"] : []), ...(isShort(content) ? ["link"] : [])];
  }
  if (isLast && isBusy()) return [];
  const isAnswer = content.includes('class="answer');
  return [
    ...(isAnswer ? ["copy"] : []),
    ...(isAnswer && takesVotes ? ["up", "down"] : []),
    ...(isLast ? ["retry", "undo"] : []),
  ];
}

function place(row, index) {
  const names = offered(index, row);
  const holder = row.querySelector(".flex-wrap") ?? row;
  let bar = row.querySelector(".acts");
  if (!names.includes("edit")) row.querySelector(".editing")?.remove();
  if (!names.length) return bar?.remove();
  if (bar?.dataset.offers !== names.join()) {
    const fresh = made("div", { className: "acts", ariaLive: "off" }, ...names.map((name) => button(name)));
    fresh.dataset.offers = names.join();
    if (bar) bar.replaceWith(fresh);
    else holder.append(fresh);
    bar = fresh;
  }
  for (const name of ["up", "down"])
    bar.querySelector(`.${name}`)?.setAttribute("aria-pressed", String(votes[index]?.vote === name));
  if (votes[index]?.vote !== "down") row.querySelector(".reason")?.remove();
}

function button(name) {
  const [short, long] = SAID[name];
  const act = made("button", { type: "button", className: name, title: long, ariaLabel: long }, made("span", { text: short }));
  act.addEventListener("click", () =>
    trying(async () => {
      const index = indexOf(act);
      if (index < 0 || !messages[index]) return;
      await acts[name](index, rows()[index]);
      if (DONE[name]) tell(DONE[name]);
    }),
  );
  return iconed(act, name);
}

let isPlacing = false;
function placeSoon() {
  if (isPlacing) return;
  isPlacing = true;
  requestAnimationFrame(() => {
    isPlacing = false;
    const drawn = rows();
    if (drawn.length === messages.length) drawn.forEach(place);
    tools.querySelector(".download").disabled = !messages.length;
    if (following >= 0 && drawn.length === messages.length) bringUp(drawn[following]);
    if (linked && composer()) fill();
  });
}

// ---- What is looked at. As its answer grows a question goes up to the top, no further: one reads from the beginning.

const REST = 12; // pixels left above the question

function bringUp(row) {
  const log = document.querySelector('#chat [role="log"]');
  if (!log || !row) return leaveBe();
  const above = () => row.getBoundingClientRect().top - log.getBoundingClientRect().top - REST;
  log.scrollTop += above();
  if (above() < 1 || isDrawn()) leaveBe();
}

// Whether the last answer stands on the page as it will stay: it is told of before it is drawn.
function isDrawn() {
  const last = messages.at(-1)?.content ?? "";
  const isFooted = !last.includes("<footer") || Boolean(rows().at(-1)?.querySelector("footer"));
  return !isBusy() && isFooted && ENDED.some((mark) => last.includes(mark));
}

function leaveBe() {
  following = -1;
}

// ---- Votes. A vote has a ballot, by which it can be changed or withdrawn.

async function vote(index, row, chosen) {
  const before = votes[index];
  const cast = { ballot: before?.ballot ?? newName(), vote: before?.vote === chosen ? "" : chosen };
  const reply = await called("voted", { ...cast, index, messages: messages.slice(0, index + 1) });
  if (cast.vote) votes[index] = cast;
  else delete votes[index];
  place(row, index);
  save();
  tell(reply.said);
  if (cast.vote === "down") why(index, row);
}

function why(index, row) {
  row.querySelector(".reason")?.remove();
  const field = made("input", { type: "text", maxLength: 1000, placeholder: "What is wrong with it? (You need not say.)" });
  field.ariaLabel = "What is wrong with the answer";
  const [send, skip] = [made("button", { text: "Send" }), made("button", { type: "button", text: "Skip" })];
  const form = made("form", { className: "reason" }, field, send, skip);
  const leave = () => (form.remove(), row.querySelector(".acts .down")?.focus());
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    trying(async () => {
      const request = { ...votes[index], reason: field.value.trim(), index, messages: messages.slice(0, index + 1) };
      const reply = await called("voted", request);
      leave();
      tell(reply.said);
    });
  });
  skip.addEventListener("click", leave);
  form.addEventListener("keydown", (event) => event.key === "Escape" && (event.stopPropagation(), leave()));
  row.querySelector(".acts").after(form);
  field.focus();
  form.scrollIntoView({ block: "nearest" });
}

// ---- The last question, written anew in its place.

function edit(index, row) {
  const field = made("textarea", { value: wordsOf(messages[index].content), ariaLabel: "The question, to be edited" });
  const [send, cancel] = [made("button", { text: "Ask again" }), made("button", { type: "button", text: "Cancel" })];
  const form = made("form", { className: "editing" }, field, made("div", {}, send, cancel));
  const leave = () => (form.remove(), row.querySelector(".acts .edit")?.focus());
  const grow = () => ((field.style.height = 0), (field.style.height = `${field.scrollHeight + 2}px`));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!field.value.trim() || isBusy()) return;
    form.remove();
    delete votes[index + 1];
    trigger("edit", { index, text: field.value });
    toComposer();
  });
  form.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      form.requestSubmit();
    } else if (event.key === "Escape") {
      event.stopPropagation();
      leave();
    }
  });
  field.addEventListener("input", grow);
  cancel.addEventListener("click", leave);
  row.querySelector(".acts").before(form);
  grow();
  field.focus();
  field.setSelectionRange(field.value.length, field.value.length);
  form.scrollIntoView({ block: "nearest" });
}

// ---- A link that carries a question. It is filled in, never asked: a link is somebody else's wish.

const linkTo = (question) => `${location.origin}${location.pathname}#q=${encodeURIComponent(question)}`;

function follow() {
  if (!location.hash.startsWith("#q=")) return;
  linked = (new URLSearchParams(location.hash.slice(1)).get("q") ?? "").trim().slice(0, LONGEST_LINKED);
  history.replaceState(null, "", location.pathname + location.search);
  placeSoon();
}

function fill() {
  compose(linked);
  composer().focus();
  linked = "";
  tell("This question came with the link. Press Enter to ask it.");
}
