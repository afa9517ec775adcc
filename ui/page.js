// Runs once, as the reader's `js_on_load`: Gradio hands over `element` (the reader), `trigger` and `watch`.
// Links into stories are heard on the document, since messages are drawn anew with every word that comes.

const LINKS = "#chat a.cite, #chat a.person, #chat a.near";
const THEME = "crossroads.theme";
// What Gradio leaves out, takes away, or gets wrong for those who listen to the page: selector, attribute, value.
// A citation's name is the first line of its title.
const SPOKEN = [
  ['#chat [data-testid="user"]', "aria-label", () => "Question"],
  ['#chat [data-testid="bot"]', "aria-label", () => "Answer"],
  ["#chat a.cite", "aria-label", (link) => link.title.split("\n")[0]],
  ["#chat .examples", "role", () => "group"],
  ["#composer .submit-button", "aria-label", () => "Ask"],
  ["#composer .stop-button", "aria-label", () => "Stop"],
];
const body = document.body;
const page = new AbortController();
let opener = "";

const linkOf = (event) => event.target instanceof Element && event.target.closest(LINKS);
const listen = (name, heard) =>
  document.addEventListener(
    name,
    (event) => (element.isConnected ? heard(event) : page.abort()),
    { capture: true, signal: page.signal },
  );

function open(link) {
  opener = link.getAttribute("href");
  const message = link.closest('[data-testid="bot"]');
  const cites = message ? [...message.querySelectorAll("a.cite")] : [];
  document.querySelectorAll("#chat a[aria-current]").forEach((other) => other.removeAttribute("aria-current"));
  link.setAttribute("aria-current", "true");
  if (element.querySelector("article")?.dataset.place === opener) reveal();
  else trigger("click", { place: opener, also: cites.map((cite) => cite.getAttribute("href")) });
}

function reveal() {
  const article = element.querySelector("article");
  if (!article) return;
  body.dataset.reader = "open";
  document.querySelector("#chat [aria-current]")?.scrollIntoView({ block: "nearest" });
  const text = article.querySelector(".story-text");
  const mark = article.querySelector("mark.cited");
  const above = mark ? mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop : 0;
  text.scrollTop = mark ? above - text.clientHeight / 4 : 0;
  (mark ?? article.querySelector("h2") ?? text).focus({ preventScroll: true });
}

function close() {
  delete body.dataset.reader;
  const same = [...document.querySelectorAll(LINKS)].filter((link) => link.getAttribute("href") === opener);
  const link = same.find((other) => other.hasAttribute("aria-current")) ?? same.at(-1); // drawn anew, it has lost it
  link?.removeAttribute("aria-current");
  link?.focus({ preventScroll: true });
}

listen("click", (event) => {
  const link = linkOf(event);
  if (link) {
    event.preventDefault();
    event.stopPropagation();
    open(link);
  } else if (event.target instanceof Element && event.target.closest("#reader .close")) {
    close();
  } else if (event.target instanceof Element && event.target.closest("#light")) {
    localStorage.setItem(THEME, body.classList.toggle("dark") ? "dark" : "light");
  }
});

listen("keydown", (event) => {
  const link = linkOf(event);
  if (link && event.key === " ") {
    event.preventDefault();
    open(link);
  } else if (event.key === "Escape" && body.dataset.reader) {
    close();
  }
});

function speak() {
  for (const [selector, attribute, value] of SPOKEN)
    for (const found of document.querySelectorAll(selector))
      if (found.getAttribute(attribute) !== value(found)) found.setAttribute(attribute, value(found));
}

speak();
new MutationObserver(speak).observe(body, { subtree: true, childList: true, attributeFilter: ["aria-label", "role"] });

watch("value", () => (element.querySelector("article") ? reveal() : delete body.dataset.reader));

const chosen = localStorage.getItem(THEME);
if (chosen) body.classList.toggle("dark", chosen === "dark");
