// The page: the list of phones, the ones that are open, and the stream of what is new.

import { Phone } from "./phone.js";
import { loadPicture, make, readable, setTime, words } from "./text.js";

const OPEN = 8; // phones that open by themselves
const SAMPLES = 3; // phones that are open at least, sample people's where no others are
const LISTED = 50; // phones in the list
const FACES = 6; // colours in the stylesheet
const NUMBER = /^\+[1-9]\d{6,14}$/;

const find = (id) => document.getElementById(id);

class Page {
  workspaces = [];
  phones = new Map(); // "network/number" → an open Phone
  entries = new Map(); // "network/number" → its entry in the list
  closed = new Set(); // phones that somebody closed stay closed
  offset = 0;
  news = [];

  constructor() {
    this.deck = find("deck");
    this.pictureBox = find("pictures");
    this.pictureBox.checked = localStorage.getItem("pictures") === "load";
    this.seen = new IntersectionObserver((changes) => this.#seen(changes), { root: this.deck, threshold: 0.5 });
    find("find").addEventListener("submit", (event) => this.#find(event));
    this.pictureBox.addEventListener("change", () => this.#loadPictures());
    addEventListener("hashchange", () => this.#follow());
  }

  // What a text needs to be shown.
  clock = () => Date.now() + this.offset;
  get pictures() {
    return this.pictureBox.checked;
  }

  owner(number) {
    return this.people.get(number)?.name;
  }

  // The workspace whose sample person has this number.
  home(number) {
    return this.people.get(number)?.workspace;
  }

  label(network) {
    return this.networks.length > 1 ? network : "";
  }

  face(element, number) {
    element.textContent = this.owner(number)?.[0] ?? number.slice(-2);
    element.dataset.face = Number(number.slice(-3)) % FACES;
  }

  get(what, parameters = {}) {
    return this.#ask(`/sandbox/${what}?${new URLSearchParams(parameters)}`);
  }

  post(text) {
    const headers = { "Content-Type": "application/json" };
    return this.#ask("/sandbox/texts", { method: "POST", headers, body: JSON.stringify(text) });
  }

  async #ask(address, options) {
    const response = await fetch(address, options).catch(() => {
      throw new Error("Engine does not answer. Is it still running?");
    });
    const answer = await response.json().catch(() => ({ message: `Engine answers ${response.status}.` }));
    if (!response.ok) throw new Error(answer.message);
    return answer;
  }

  async start() {
    const cursor = await this.refresh();
    for (const { network, phone } of this.recent.slice(0, OPEN)) this.open(network, phone);
    for (const [number, { network }] of this.people) if (this.phones.size < SAMPLES) this.open(network, number);
    this.#follow();
    const stream = new EventSource(`/sandbox/events?${new URLSearchParams({ after: cursor })}`);
    stream.addEventListener("texts", ({ data }) => this.#arrive(JSON.parse(data)));
    stream.addEventListener("reload", () => this.#reload());
    stream.addEventListener("open", () => this.#live("live"));
    stream.addEventListener("error", () => this.#live("reconnecting"));
  }

  // Loads everything but the conversations. Gives the place in the stream that it stands for.
  async refresh() {
    const state = await this.get("state", { limit: LISTED });
    this.offset = state.now - Date.now();
    this.networks = state.networks;
    this.workspaces = state.workspaces;
    this.people = new Map(
      state.workspaces.flatMap(({ name, network, people }) =>
        people.filter(({ phone }) => NUMBER.test(phone)).map((person) => [person.phone, { name: person.name, network, workspace: name }]),
      ),
    );
    this.recent = state.recent;
    this.more = state.more;
    this.#list();
    return state.cursor;
  }

  async #reload() {
    await this.refresh();
    for (const phone of this.phones.values()) {
      phone.offerSenders();
      phone.load();
    }
    for (const { network, phone } of this.recent) this.#openUnasked(network, phone);
  }

  open(network, number) {
    const key = `${network}/${number}`;
    let phone = this.phones.get(key);
    if (!phone) {
      phone = new Phone(network, number, this);
      this.phones.set(key, phone);
      this.deck.append(phone.element);
      this.seen.observe(phone.element);
      phone.load();
    }
    this.closed.delete(key);
    this.#marks();
    return phone;
  }

  close(phone) {
    const key = `${phone.network}/${phone.number}`;
    const neighbour = phone.element.nextElementSibling ?? phone.element.previousElementSibling;
    this.phones.delete(key);
    this.closed.add(key);
    this.seen.unobserve(phone.element);
    phone.element.remove();
    (neighbour?.querySelector("h2") ?? this.deck).focus();
    this.#marks();
  }

  #openUnasked(network, number) {
    const key = `${network}/${number}`;
    if (this.phones.size < OPEN && !this.closed.has(key)) this.open(network, number);
  }

  #goTo(phone) {
    phone.element.scrollIntoView({ inline: "center", block: "nearest" });
    phone.element.querySelector("h2").focus({ preventScroll: true });
  }

  // `/sandbox#+14155550123` opens that phone.
  #follow() {
    const number = decodeURIComponent(location.hash.slice(1));
    if (NUMBER.test(number)) this.#goTo(this.open(this.#networkOf(number), number));
  }

  #find(event) {
    event.preventDefault();
    const field = find("number");
    const typed = field.value.replace(/[\s().\-–]/g, "");
    const ending = [...this.entries.keys()].map((key) => key.split("/")[1]).filter((number) => number.endsWith(typed));
    const number = ending.length === 1 ? ending[0] : typed;
    const valid = NUMBER.test(number);
    find("find-note").textContent = valid ? "" : "Write it with its country code: +14155550123";
    field.setAttribute("aria-invalid", String(!valid));
    if (!valid) return;
    field.value = "";
    this.#goTo(this.open(this.#networkOf(number), number));
  }

  #networkOf(number) {
    return this.networks.find((network) => this.entries.has(`${network}/${number}`)) ?? this.networks[0];
  }

  #arrive({ network, texts }) {
    const byPhone = Map.groupBy(texts, ({ phone }) => phone);
    for (const [number, arrived] of byPhone) {
      this.#openUnasked(network, number);
      const phone = this.phones.get(`${network}/${number}`);
      phone?.add(arrived);
      this.#enter(network, arrived.at(-1), arrived.filter(({ mine }) => !mine).length);
      if (phone?.visible) this.#read(network, number);
    }
    this.#announce(texts.filter(({ mine }) => !mine));
    this.#marks();
  }

  #list() {
    const unread = new Map([...this.entries].map(([key, entry]) => [key, entry.unread]));
    find("list").replaceChildren();
    this.entries.clear();
    for (const [number, { network }] of [...this.people].toReversed()) this.#entry(network, number);
    for (const text of this.recent.toReversed()) this.#enter(text.network, text, unread.get(`${text.network}/${text.phone}`) ?? 0);
    const known = [...this.entries.keys()].map((key) => key.split("/")[1]);
    find("known").replaceChildren(...known.map((number) => new Option(this.owner(number) ?? "", number)));
    this.#marks();
  }

  // Puts a phone at the top of the list.
  #entry(network, number) {
    const key = `${network}/${number}`;
    let entry = this.entries.get(key);
    if (!entry) {
      const element = make("entry");
      entry = { element, button: element.querySelector("button"), unread: 0 };
      entry.button.addEventListener("click", () => this.#goTo(this.open(network, number)));
      entry.button.querySelector(".who").textContent = this.owner(number) ?? readable(number);
      entry.button.querySelector(".last").textContent = "no texts yet";
      this.face(entry.button.querySelector(".face"), number);
    }
    this.entries.delete(key);
    this.entries.set(key, entry);
    const held = entry.element.contains(document.activeElement);
    find("list").prepend(entry.element);
    if (held) entry.button.focus({ preventScroll: true });
    return entry;
  }

  #enter(network, text, unread) {
    const entry = this.#entry(network, text.phone);
    entry.unread += unread;
    entry.button.querySelector(".last").textContent = words(text).slice(0, 120);
    setTime(entry.button.querySelector("time"), text.at);
    for (const [old, { element }] of this.entries) {
      if (this.entries.size <= LISTED) break;
      element.remove();
      this.entries.delete(old);
      this.more = true;
    }
  }

  #seen(changes) {
    for (const { target, isIntersecting } of changes) {
      const phone = [...this.phones.values()].find(({ element }) => element === target);
      if (!phone) continue;
      phone.visible = isIntersecting;
      if (isIntersecting) this.#read(phone.network, phone.number);
    }
    this.#marks();
  }

  #read(network, number) {
    const entry = this.entries.get(`${network}/${number}`);
    if (entry) entry.unread = 0;
  }

  #marks() {
    for (const [key, { button, unread }] of this.entries) {
      const badge = button.querySelector(".new");
      badge.hidden = !unread;
      badge.textContent = `${unread > 99 ? "99+" : unread} new`;
      button.setAttribute("aria-current", String(Boolean(this.phones.get(key)?.visible)));
    }
    find("others").hidden = !this.more;
    find("empty").hidden = this.phones.size > 0;
  }

  #announce(texts) {
    if (!texts.length) return;
    this.news.push(...texts);
    clearTimeout(this.announcing);
    this.announcing = setTimeout(() => {
      const [text] = this.news;
      const one = `${text.name ?? text.sender} to ${this.owner(text.phone) ?? text.phone}: ${words(text).slice(0, 300)}`;
      find("announcer").textContent = this.news.length === 1 ? one : `${this.news.length} new texts`;
      this.news = [];
    }, 300);
  }

  #loadPictures() {
    localStorage.setItem("pictures", this.pictures ? "load" : "ask");
    if (this.pictures) document.querySelectorAll(".picture").forEach(loadPicture);
  }

  #live(state) {
    Object.assign(find("live"), { textContent: state }).dataset.state = state;
  }
}

new Page().start().catch((error) => {
  find("live").textContent = error.message;
});
