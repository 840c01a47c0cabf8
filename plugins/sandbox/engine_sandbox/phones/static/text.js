// One text as a bubble. Everything from outside goes in as text, never as markup.

const TIME = new Intl.DateTimeFormat([], { timeStyle: "short" });
const DAY = new Intl.DateTimeFormat([], { weekday: "short", day: "numeric", month: "short" });
const FULL = new Intl.DateTimeFormat([], { dateStyle: "full", timeStyle: "long" });

export function make(id) {
  return document.getElementById(id).content.firstElementChild.cloneNode(true);
}

export function readable(number) {
  return number.replace(/^\+1(\d{3})(\d{3})(\d{4})$/, "+1 $1 $2 $3");
}

export function words(text) {
  return text.parts.map((part) => part.text).join("") || (text.media.length ? "Picture" : "");
}

export function setTime(element, at) {
  const moment = new Date(at);
  const today = moment.toDateString() === new Date().toDateString();
  element.dateTime = moment.toISOString();
  element.title = FULL.format(moment);
  element.textContent = today ? TIME.format(moment) : `${DAY.format(moment)}, ${TIME.format(moment)}`;
}

// How far a text is, and in how many milliseconds that changes.
function progress(text, now) {
  if (text.mine) return ["received"];
  if (now < text.sent_at) return ["queued", text.sent_at - now];
  if (now < text.done_at) return ["sent", text.done_at - now];
  return [text.error ? `undelivered ${text.error}` : "delivered"];
}

// `clock` gives the server's time; `pictures` is true where pictures are loaded without being asked for.
export function renderText(text, { clock, pictures }) {
  const item = make("text");
  item.dataset.position = text.position;
  item.classList.toggle("mine", text.mine);
  const body = item.querySelector(".body");
  body.append(...text.parts.map(part));
  body.hidden = !text.parts.length;
  item.querySelector(".media").append(...text.media.map((address) => picture(address, pictures)));
  item.querySelector(".from").textContent = text.mine ? `to ${text.name ?? text.sender}` : (text.name ?? text.sender);
  setTime(item.querySelector("time"), text.at);
  item.querySelector(".size").textContent = size(text);
  describe(item.querySelector("dl"), text);
  paint(item, text, clock);
  return item;
}

function part({ text, href }) {
  if (!href) return text;
  const link = document.createElement("a");
  link.href = href;
  link.target = "_blank";
  link.rel = "noopener noreferrer";
  link.textContent = text;
  if (href !== text) link.title = `Opens ${new URL(href, location.href)} here`;
  return link;
}

function picture(address, load) {
  const button = make("picture");
  const name = address.split(/[?#]/)[0].split("/").pop() || address;
  button.querySelector("bdi").textContent = name;
  button.title = address;
  button.setAttribute("aria-label", `Load the picture ${name}`);
  button.addEventListener("click", () => loadPicture(button));
  if (load) queueMicrotask(() => loadPicture(button));
  return button;
}

export function loadPicture(button) {
  const image = new Image();
  image.alt = `Picture ${button.querySelector("bdi").textContent}`;
  image.referrerPolicy = "no-referrer";
  image.addEventListener("load", () => button.replaceWith(image));
  image.addEventListener("error", () => {
    button.classList.add("failed");
    button.querySelector("bdi").textContent = `${button.title} could not be loaded`;
  });
  image.src = button.title;
}

function size(text) {
  if (text.media.length) return "MMS";
  return `${text.segments} ${text.segments === 1 ? "segment" : "segments"} · ${text.encoding}`;
}

function paint(item, text, clock) {
  const [state, later] = progress(text, clock());
  const element = item.querySelector(".state");
  element.textContent = state;
  element.dataset.state = state.split(" ")[0];
  if (later !== undefined) setTimeout(() => item.isConnected && paint(item, text, clock), Math.min(later + 20, 2 ** 31 - 1));
}

function describe(list, text) {
  const counted = text.encoding === "GSM-7" ? "septets" : "UTF-16 units";
  const rows = [
    [text.mine ? "To" : "From", text.name ? `${text.name} (${text.sender})` : text.sender],
    ["Workspace", text.workspace],
    ["At", FULL.format(new Date(text.at))],
    ["Size", `${text.units} ${counted}, ${text.segments} ${text.segments === 1 ? "segment" : "segments"}`],
    ["Error", text.error],
    ["Why", text.message && `engine explain ${text.message}`],
    ["Id", text.id],
  ];
  for (const [name, value] of rows) {
    if (!value) continue;
    const term = document.createElement("dt");
    const description = document.createElement("dd");
    term.textContent = name;
    description.textContent = value;
    list.append(term, description);
  }
}
