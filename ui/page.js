// Runs once, as the reader's `js_on_load`: Gradio hands over `element` (the reader), `trigger` and `watch`.
// Links into stories are heard on the document, since messages are drawn anew with every word that comes.

const LINKS = "#chat a.cite, #chat a.person, #chat a.near, #views a.story";
const TIPPED = "#chat a.cite, #chat .doubt-note, #chat .doubt"; // their titles are shown as a card
const THEME = "crossroads.theme";
// What Gradio leaves out, takes away, or gets wrong for those who listen to the page: selector, attribute, value.
// A citation's name is the first line of its title.
const SPOKEN = [
  ['#chat [data-testid="user"]', "aria-label", () => "Question"],
  ['#chat [data-testid="bot"]', "aria-label", () => "Answer"],
  ["#chat a.cite", "aria-label", (link) => (link.title ? link.title.split("\n")[0] : link.getAttribute("aria-label"))],
  ["#chat .doubt-note", "role", () => "note"],
  ["#chat .doubt-note", "tabindex", () => "0"],
  ["#chat .examples", "role", () => "group"],
  ["#composer .submit-button", "aria-label", () => "Ask"],
  ["#composer .stop-button", "aria-label", () => "Stop"],
];
const body = document.body;
const page = new AbortController();
let opener = ""; // the address of the link by which a story was opened
let which = -1; // and its place among the links to that address: a person's card leads where their first citation does
let beside = []; // the addresses of all citations of that answer

const at = (event, selector) => event.target instanceof Element && event.target.closest(selector);
const listen = (name, heard) =>
  document.addEventListener(
    name,
    (event) => (element.isConnected ? heard(event) : page.abort()),
    { capture: true, signal: page.signal },
  );

function stored(change) {
  try {
    return change(localStorage);
  } catch {
    return null; // storage is switched off, or full: the page works without
  }
}

// The reader.

const linksTo = (href) => [...document.querySelectorAll(LINKS)].filter((link) => link.getAttribute("href") === href);

// Drawn anew it is another element, without its mark.
function openerNow() {
  const same = linksTo(opener);
  return same.find((other) => other.hasAttribute("aria-current")) ?? same[which] ?? same.at(-1);
}

function open(link) {
  const message = link.closest('[data-testid="bot"], .cites');
  beside = message ? [...message.querySelectorAll("a.cite, .cites a.story")].map((cite) => cite.getAttribute("href")) : [];
  hideCard();
  show(link.getAttribute("href"), link);
}

function show(href, link) {
  [opener, which] = [href, linksTo(href).indexOf(link)];
  document.querySelectorAll("#views a[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  link?.setAttribute("aria-current", "true");
  const article = element.querySelector("article");
  const isThere = article?.dataset.place === href;
  if (isThere) reveal();
  if (!isThere || article.classList.contains("notice")) trigger("click", { place: href, also: beside }); // it may be another now
}

// Previous and next: the answer's other citations of the same story. Their link in the answer becomes the current one.
function step(button) {
  const from = linksTo(opener).find((link) => link.hasAttribute("aria-current"));
  const message = from?.closest('[data-testid="bot"], .cites');
  const links = linksTo(button.dataset.place);
  element.dataset.stepped = button.classList.contains("next") ? "next" : "previous";
  show(button.dataset.place, links.find((link) => message?.contains(link)) ?? links.at(-1));
}

function reveal() {
  const article = element.querySelector("article");
  if (!article) return;
  body.dataset.reader = "open";
  document.querySelector("#views a[aria-current]")?.scrollIntoView({ block: "nearest" });
  const text = article.querySelector(".story-text");
  const mark = article.querySelector("mark.cited");
  const above = mark ? mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop : 0;
  text.scrollTop = mark ? above - text.clientHeight / 4 : 0;
  const stepped = article.querySelector(`.step.${element.dataset.stepped}:enabled`); // so that Enter steps on
  delete element.dataset.stepped;
  (stepped ?? mark ?? article.querySelector("h2") ?? text).focus({ preventScroll: true });
}

function close() {
  delete body.dataset.reader;
  const link = openerNow();
  link?.removeAttribute("aria-current");
  link?.focus({ preventScroll: true });
}

// The card: what a citation's title says, beside the citation. While it is seen, the browser's own tooltip is not.

const card = document.createElement("div");
card.id = "card";
card.setAttribute("role", "tooltip");
card.hidden = true;
let tipped = null;
let title = "";
let leaving = 0;
let mouse = "";

function showCard(target) {
  if (target === tipped) return clearTimeout(leaving);
  hideCard();
  if (!target.title) return;
  [tipped, title] = [target, target.title];
  target.removeAttribute("title");
  target.setAttribute("aria-describedby", card.id);
  const lines = title.split("\n");
  const parts = lines.map((line, number) => {
    const kind = lines.length === 1 ? "reason" : number === 0 ? "whose" : number === lines.length - 1 ? "quote" : "path";
    const part = document.createElement("p");
    part.className = kind;
    part.textContent = kind === "whose" ? line.replace(/^Source \d+: /, "") : line;
    return part;
  });
  card.replaceChildren(...parts);
  if (!card.isConnected) body.append(card);
  card.hidden = false;
  place(target.getClientRects()[0]);
}

// Above the citation where there is room, else below; never beyond the window.
function place(spot) {
  const { width, height } = card.getBoundingClientRect();
  const edge = 12;
  const isAbove = spot.top - height - 8 >= edge;
  card.style.left = `${Math.max(edge, Math.min(spot.left - 24, innerWidth - width - edge))}px`;
  card.style.top = `${isAbove ? spot.top - height - 8 : Math.min(spot.bottom + 8, innerHeight - height - edge)}px`;
}

function hideCard() {
  clearTimeout(leaving);
  tipped?.removeAttribute("aria-describedby");
  if (tipped && !tipped.title) tipped.title = title;
  tipped = null;
  card.hidden = true;
}

// Only where the mouse itself moved: what is drawn anew beneath a mouse at rest was not pointed at.
listen("pointermove", (event) => {
  const spot = `${event.clientX} ${event.clientY}`;
  if (event.pointerType !== "mouse" || spot === mouse) return;
  mouse = spot;
  const target = at(event, TIPPED);
  if (target) showCard(target);
  else if (at(event, "#card")) clearTimeout(leaving);
});
listen("pointerout", (event) => {
  if (event.pointerType === "mouse" && (at(event, TIPPED) || at(event, "#card"))) {
    clearTimeout(leaving);
    leaving = setTimeout(hideCard, 160); // long enough to move onto the card
  }
});
listen("focusin", (event) => {
  const target = at(event, TIPPED);
  if (target && target.matches(":focus-visible")) showCard(target);
});
listen("focusout", (event) => at(event, TIPPED) && hideCard());
listen("scroll", (event) => {
  if (!tipped || event.target === card) return;
  const spot = tipped.getClientRects()[0];
  if (spot && spot.bottom > 0 && spot.top < innerHeight) place(spot);
  else hideCard();
});

// What could be asked next is asked as if it had been typed.

async function ask(link) {
  const question = link.textContent;
  if (link.classList.contains("unfiltered")) await withoutFilters();
  const box = document.querySelector("#composer textarea");
  if (!box) return;
  Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value").set.call(box, question);
  box.dispatchEvent(new Event("input", { bubbles: true }));
  if (matchMedia("(pointer: fine)").matches) box.focus(); // on a phone the keyboard would cover the answer
  requestAnimationFrame(() => document.querySelector("#composer .submit-button")?.click()); // none: an answer is written
}

function withoutFilters() {
  const chips = () => document.querySelectorAll("#narrow-bar .chip");
  const until = performance.now() + 5000;
  (document.querySelector("#narrow-bar .drop-all") ?? chips()[0])?.click();
  return new Promise((done) => {
    const look = () => (chips().length && performance.now() < until ? requestAnimationFrame(look) : done());
    look();
  });
}

// All that is clicked and typed.

listen("click", (event) => {
  const link = at(event, LINKS);
  const asked = at(event, "#chat a.ask");
  if (link || asked) {
    event.preventDefault();
    event.stopPropagation();
    if (link) open(link);
    else ask(asked);
  } else if (at(event, "#reader .step")) {
    step(at(event, "#reader .step"));
  } else if (at(event, "#reader .close")) {
    close();
  } else if (at(event, "#chat .doubt-note")) {
    showCard(at(event, "#chat .doubt-note"));
  } else if (at(event, "#light")) {
    const theme = body.classList.toggle("dark") ? "dark" : "light";
    stored((storage) => storage.setItem(THEME, theme));
  } else if (tipped) {
    hideCard();
  }
});

const STEPS = { ArrowLeft: "previous", ArrowRight: "next" };

listen("keydown", (event) => {
  const link = at(event, LINKS);
  const asked = at(event, "#chat a.ask");
  if ((link || asked) && event.key === " ") {
    event.preventDefault();
    if (link) open(link);
    else ask(asked);
  } else if (event.key === "Escape") {
    if (tipped) hideCard();
    else if (at(event, '[role="combobox"][aria-expanded="true"]')) return; // Gradio closes its list
    else if (at(event, "#narrow-panel, #narrow-bar") && body.dataset.narrow) document.querySelector("#narrow")?.click();
    else if (body.dataset.reader) close();
  } else if (event.key in STEPS && !event.altKey && !event.ctrlKey && !event.metaKey && element.contains(event.target)) {
    const button = element.querySelector(`.step.${STEPS[event.key]}:enabled`);
    if (button) {
      event.preventDefault();
      step(button);
      delete element.dataset.stepped; // the words keep the focus, from where the arrows go on
    }
  }
});

function speak() {
  for (const [selector, attribute, value] of SPOKEN)
    for (const found of document.querySelectorAll(selector))
      if (found.getAttribute(attribute) !== value(found)) found.setAttribute(attribute, value(found));
}

// A message is drawn anew with every word, and when what could be asked next comes below it: what was pointed at, what has
// the focus and what is open are found again.

const HELD = '#chat [data-testid="bot"]';
const within = (message) => [...message.querySelectorAll("a, .doubt-note")];
let held = null;

listen("focusin", (event) => {
  const message = at(event, HELD);
  const number = message ? within(message).indexOf(event.target) : -1;
  held = number < 0 ? null : { node: event.target, number, message: [...document.querySelectorAll(HELD)].indexOf(message) };
});
listen("pointerdown", () => (held = null));

function findAgain() {
  if (tipped && !tipped.isConnected) hideCard();
  if (body.dataset.reader && opener && !document.querySelector("#views a[aria-current]"))
    openerNow()?.setAttribute("aria-current", "true");
  if (!held || held.node.isConnected || ![null, body].includes(document.activeElement)) return;
  const message = document.querySelectorAll(HELD)[held.message];
  if (message) within(message)[held.number]?.focus({ preventScroll: true });
}

speak();
new MutationObserver(() => (speak(), findAgain())).observe(body, { subtree: true, childList: true, attributeFilter: ["aria-label", "role"] });

watch("value", () => (element.querySelector("article") ? reveal() : delete body.dataset.reader));

const chosen = stored((storage) => storage.getItem(THEME));
if (chosen) body.classList.toggle("dark", chosen === "dark");
