// Conversations kept in this browser: one entry of localStorage each, so that two tabs do not write over one another.
// What is found there may be broken, or somebody else's: what does not look like a conversation is not one.

const KEPT = "crossroads.conversation.";
const CURRENT = "crossroads.current"; // of sessionStorage: the conversation that this tab shows
const MOST_KEPT = 20;
const LONGEST_KEPT = 400_000; // characters, of some five million that browsers give

const PATIENCE = 1000; // milliseconds: a page that is loaded anew lets go of what it held within them

const newName = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
const isName = (name) => typeof name === "string" && /^[0-9a-f]{32}$/.test(name);

// In a document of its own, in which nothing runs and nothing is fetched; as the server reads it, scripts are no words.
function wordsOf(markup) {
  const { body } = new DOMParser().parseFromString(markup, "text/html");
  for (const unspoken of body.querySelectorAll("script, style")) unspoken.remove();
  return body.textContent.trim();
}

function store(storage, change) {
  try {
    return change(storage());
  } catch {
    return null; // storage is switched off, or full: the page works without
  }
}
const local = (change) => store(() => localStorage, change);
const session = (change) => store(() => sessionStorage, change);

function read(name) {
  try {
    const found = JSON.parse(local((storage) => storage.getItem(KEPT + name)) ?? "null");
    const messages = found?.messages;
    const isMessage = (one) => ["user", "assistant"].includes(one?.role) && typeof one.content === "string";
    if (!isName(name) || !Array.isArray(messages) || !messages.length || !messages.every(isMessage)) return null;
    if (messages[0].role !== "user") return null;
    const votes = Object.entries(found.votes ?? {}).filter(
      ([index, vote]) => messages[index] && isName(vote?.ballot) && ["up", "down"].includes(vote.vote),
    );
    return { name, messages, at: Number.isFinite(found.at) ? found.at : 0, votes: Object.fromEntries(votes) };
  } catch {
    return null;
  }
}

function names() {
  const keys = local((storage) => Array.from({ length: storage.length }, (_, number) => storage.key(number))) ?? [];
  return keys.filter((key) => key?.startsWith(KEPT)).map((key) => key.slice(KEPT.length));
}

// The last first. What is broken, or too much, is thrown away on the way.
function conversations() {
  const found = names().map((name) => read(name) ?? { name, at: -1 });
  found.sort((one, other) => other.at - one.at);
  found.filter((one, place) => one.at < 0 || place >= MOST_KEPT).forEach((one) => forget(one.name));
  return found.filter((one, place) => one.at >= 0 && place < MOST_KEPT);
}

const forget = (name) => local((storage) => storage.removeItem(KEPT + name));

// As much of the end of a conversation as there is room for; it begins with a question.
function fitting(messages, votes) {
  let from = 0;
  while (from < messages.length - 2 && JSON.stringify(messages.slice(from)).length > LONGEST_KEPT) from += 2;
  const moved = Object.entries(votes).flatMap(([index, vote]) => (index >= from ? [[index - from, vote]] : []));
  return { at: Date.now(), messages: messages.slice(from), votes: Object.fromEntries(moved) };
}

// Two tabs may show one conversation, as "Duplicate tab" has it, but one of them writes under its name. Tells whether
// that is this one; it is, until it lets go or is closed.
let letGo = () => {};
function hold(name) {
  letGo();
  const left = new Promise((done) => (letGo = done));
  if (!navigator.locks) return Promise.resolve(true); // an address without https has none
  return new Promise((told) => {
    const has = () => (told(true), left);
    navigator.locks.request(KEPT + name, { signal: AbortSignal.timeout(PATIENCE) }, has).catch(() => told(false));
  });
}

function keep(name, messages, votes) {
  const text = JSON.stringify(fitting(messages, votes));
  for (let tries = 0; tries <= MOST_KEPT; tries += 1) {
    const isKept = local((storage) => (storage.setItem(KEPT + name, text), true));
    const others = isKept ? [] : conversations().filter((one) => one.name !== name);
    if (!others.length) break;
    forget(others.at(-1).name); // to make room
  }
  conversations();
}
