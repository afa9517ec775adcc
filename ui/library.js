// Runs once, as the shelf's `js_on_load`: Gradio hands over `element` (the shelf), `trigger` and `watch`.
// Says when the library is looked at, which way was picked in the picture, and which story shall be removed.

const library = element.closest("#library");
const page = new AbortController();
const listen = (name, heard) =>
  document.addEventListener(name, (event) => (element.isConnected ? heard(event) : page.abort()), {
    signal: page.signal,
  });

// Nothing of the library is read before somebody looks, and it is looked up anew each time somebody comes back.
let isSeen = false;
new IntersectionObserver((entries) => {
  const before = isSeen;
  isSeen = entries.at(-1).isIntersecting;
  if (isSeen && !before) trigger("load", {});
}).observe(library);

let isPicked = false;
function pick(data) {
  isPicked = true;
  trigger("select", data);
}
let first = 0; // the place of the first story that comes with "Show more"
watch("value", () => {
  if (isPicked) library.querySelector("#library-count")?.scrollIntoView({ block: "start" });
  isPicked = false;
  if (first) element.querySelectorAll(".card a.story")[first]?.focus({ preventScroll: true }); // the button may be gone
  first = 0;
});

// Plotly draws the picture whenever it likes, and tells of clicks on its own element only.
function hear() {
  const plot = library.querySelector("#journeys .js-plotly-plot");
  if (!plot?.on || plot.dataset.heard) return;
  plot.dataset.heard = "yes";
  plot.setAttribute("role", "img");
  plot.setAttribute("aria-label", "The ways people took, from backgrounds to roles. The list below says the same.");
  plot.on("plotly_click", (event) => {
    const data = event.points?.[0]?.customdata;
    if (data) pick({ from: data.from ?? "", to: data.to ?? "" });
  });
}
new MutationObserver(hear).observe(library, { subtree: true, childList: true });

// Plotly fits its picture to the window's changes only, and the reader beside the view takes room without one.
let width = 0;
new ResizeObserver(([{ contentRect }]) => {
  if (contentRect.width && width && contentRect.width !== width) window.dispatchEvent(new Event("resize"));
  width = contentRect.width || width;
}).observe(library.querySelector("#ways"));

function confirmed(title) {
  const dialog = document.createElement("dialog");
  dialog.className = "confirm";
  dialog.setAttribute("aria-labelledby", "confirm-title");
  const asked = Object.assign(document.createElement("p"), { id: "confirm-title" });
  asked.textContent = `Remove “${title}”?`;
  const note = document.createElement("p");
  note.className = "note";
  note.textContent = "Its file is deleted from the stories folder, and its words from the index. This cannot be undone.";
  const buttons = document.createElement("p");
  buttons.className = "buttons";
  const keep = Object.assign(document.createElement("button"), { textContent: "Keep it", autofocus: true });
  const remove = Object.assign(document.createElement("button"), { textContent: "Remove it", className: "danger" });
  buttons.append(keep, remove);
  dialog.append(asked, note, buttons);
  library.append(dialog);
  return new Promise((resolve) => {
    keep.addEventListener("click", () => dialog.close());
    remove.addEventListener("click", () => dialog.close("remove"));
    dialog.addEventListener("close", () => {
      resolve(dialog.returnValue === "remove");
      dialog.remove();
    });
    dialog.showModal();
  });
}

listen("click", async (event) => {
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest("#library-more")) first = element.querySelectorAll(".card").length;
  const way = target?.closest("#library button.way");
  if (way) pick({ from: way.dataset.from, to: way.dataset.to });
  if (target?.closest("#adding-save, #work-again")) library.scrollTo({ top: 0 }); // how far it is stands there
  const remove = target?.closest("#library button.remove");
  if (remove && (await confirmed(remove.dataset.title))) {
    trigger("delete", { place: remove.dataset.place });
    library.scrollTo({ top: 0 });
  }
});
