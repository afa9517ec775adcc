// Runs when the evaluation view is first opened, as its `js_on_load`: Gradio hands over `element` and `server`.
// Every screen is HTML from the server; here is only which one is asked for, and what becomes of the answer.

const POLL = 1000; // milliseconds between two looks at a run that goes on
const TYPING = 200; // and from a key pressed to the search
const LARGEST = 2e6; // bytes of a set; the server checks it too
const NOT_UTF8 =
  '<div class="problem" role="alert"><p>This file is not UTF-8 text. Save it as UTF-8; a set is JSONL, CSV or TSV.</p></div>';

const screen = element.querySelector("p")?.parentElement ?? element;
const part = (name) => screen.querySelector(`[data-part="${name}"]`);
let shown = ""; // the name of the run on the screen; "" for the list
let watching = 0;
let latest = 0;
const drawn = new WeakMap();

async function ask(request) {
  try {
    return await server.evaluation(request);
  } catch {
    return { problem: '<div class="problem" role="alert"><p>The server does not answer. Is Crossroads still running?</p></div>' };
  }
}

function tell(markup) {
  const place = part("told") ?? screen.querySelector("header") ?? screen;
  if (place === screen) screen.innerHTML = `${markup}<p><button type="button" data-want="runs">Try again</button></p>`;
  else if (place.dataset.part) place.innerHTML = markup;
  else {
    place.querySelector(".problem")?.remove();
    place.insertAdjacentHTML("beforeend", markup);
  }
  place.querySelector(".problem")?.scrollIntoView({ block: "nearest" });
}

async function show(request, button) {
  const turn = ++latest;
  const came = shown;
  screen.setAttribute("aria-busy", "true");
  button?.setAttribute("disabled", "");
  const reply = await ask(request);
  if (turn !== latest) return;
  screen.removeAttribute("aria-busy");
  button?.removeAttribute("disabled");
  if (reply.problem) return tell(reply.problem);
  shown = request.want === "run" ? request.name : "";
  screen.innerHTML = reply.html;
  const back = request.want === "runs" && came && screen.querySelector(`.open[data-name="${CSS.escape(came)}"]`);
  (back || screen.querySelector("h2"))?.focus({ preventScroll: Boolean(!back) });
  if (!back) element.closest(".view").scrollTop = 0;
  if (request.want === "runs") watch(reply.going);
}

function watch(going) {
  clearTimeout(watching);
  if (going) watching = setTimeout(look, POLL);
}

async function look() {
  const reply = await ask({ want: "progress" });
  if (!part("progress")) return;
  if (reply.problem) return watch(true);
  redraw(part("progress"), reply.html);
  if (reply.going) return watch(true);
  const { html } = await ask({ want: "list" });
  if (html && part("runs")) redraw(part("runs"), html);
}

function redraw(place, markup) {
  if (drawn.get(place) === markup) return; // or a tick in the list would be lost, and what is read aloud repeated
  drawn.set(place, markup);
  const focused = document.activeElement;
  const want = place.contains(focused) && focused.dataset.want;
  place.innerHTML = markup;
  if (want) place.querySelector(`[data-want="${want}"]`)?.focus();
}

async function change(request) {
  tell("");
  const reply = await ask(request);
  if (reply.problem) return tell(reply.problem);
  redraw(part("progress"), reply.html);
  watch(reply.going);
}

function decoded(bytes) {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

async function keep(file) {
  if (!file) return;
  if (file.size > LARGEST) return tell('<div class="problem" role="alert"><p>This file is larger than 2 MB. Split it into several sets.</p></div>');
  const text = decoded(await file.arrayBuffer());
  const reply = text === null ? { problem: NOT_UTF8 } : await ask({ want: "keep", name: file.name, text });
  if (reply.problem) {
    part("form").elements.file.value = "";
    return tell(reply.problem);
  }
  tell("");
  part("form").outerHTML = reply.html;
  part("form").elements.set.focus();
}

async function save(name) {
  const reply = await ask({ want: "page", name });
  if (reply.problem) return tell(reply.problem);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([reply.text], { type: "text/html" }));
  link.download = reply.file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), POLL);
}

async function open(details) {
  if (!details.open || details.querySelector(".inside")) return;
  details.insertAdjacentHTML("beforeend", '<div class="inside"><p class="quiet" role="status">Reading…</p></div>');
  const { run, kind, before, after } = details.parentElement.dataset;
  const number = Number(details.dataset.number);
  const reply = await ask(kind ? { want: "pair", kind, before, after, number } : { want: "case", name: run, number });
  details.querySelector(".inside").innerHTML = reply.html ?? reply.problem;
}

function jump(number) {
  const details = screen.querySelector(`.case[data-number="${number}"]`);
  details.hidden = false;
  details.open = true;
  details.scrollIntoView();
  details.querySelector("summary").focus({ preventScroll: true });
}

let typing = 0;
let searches = 0;
function search(form) {
  clearTimeout(typing);
  typing = setTimeout(async () => {
    const turn = ++searches;
    const { kind, outcome, words } = form.elements;
    const asked = { want: "matching", name: shown, kind: kind.value, outcome: outcome.value, words: words.value };
    const reply = await ask(asked);
    if (turn !== searches || !form.isConnected) return;
    if (reply.problem) return tell(reply.problem);
    const found = new Set(reply.numbers);
    for (const one of screen.querySelectorAll(".case")) one.hidden = !found.has(Number(one.dataset.number));
    part("count").textContent = reply.told;
  }, TYPING);
}

const ticked = () => [...screen.querySelectorAll('[name="compared"]:checked')];

function tick() {
  const count = ticked().length;
  screen.querySelector('.compare [type="submit"]').disabled = count !== 2;
  part("ticked").textContent =
    count === 2 ? "The earlier one is taken as before." : count > 2 ? "Only two can be compared." : "Tick two runs to compare them.";
}

element.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button || button.type === "submit") return;
  const { want, name, jump: number } = button.dataset;
  if (number) jump(number);
  else if (want === "page") save(name);
  else if (want === "stop" || want === "resume") change({ want, name });
  else if (want) show({ want, name }, button);
});

element.addEventListener("submit", (event) => {
  event.preventDefault();
  const { want } = event.target.dataset;
  if (want === "begin") {
    const { set, cases } = event.target.elements;
    change({ want, set: set.value, cases: cases.value });
  } else if (want === "comparison" && ticked().length === 2) {
    const [before, after] = ticked().sort((one, other) => (one.dataset.started < other.dataset.started ? -1 : 1));
    show({ want, before: before.value, after: after.value }, event.submitter);
  }
});

element.addEventListener("input", (event) => {
  if (event.target.name === "compared") tick();
  else if (event.target.name === "file") keep(event.target.files[0]);
  else if (event.target.closest(".filters")) search(event.target.form);
});

element.addEventListener("toggle", (event) => event.target.matches(".case") && open(event.target), true);

// The list is read anew when the view is opened again: a run may have been made in a terminal meanwhile.
new IntersectionObserver(([seen]) => {
  if (!seen.isIntersecting || screen.hasAttribute("aria-busy")) return;
  if (part("runs")) look();
  else if (!screen.querySelector(".back")) show({ want: "runs" });
}).observe(element.closest(".view"));
