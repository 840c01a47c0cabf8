// One phone: the part of its conversation that is in view, and a box to text from it.

import { make, readable, renderText } from "./text.js";

const PAGE = 40; // texts loaded at a time
const MOST = 160; // texts kept in the page, however long the conversation
const NEAR = 80; // pixels from the end that still count as reading the end

export class Phone {
  constructor(network, number, page) {
    Object.assign(this, { network, number, page });
    this.element = make("phone");
    this.log = this.element.querySelector(".log");
    this.list = this.element.querySelector("ol");
    this.form = this.element.querySelector("form");
    this.body = this.form.elements.body;
    this.sender = this.form.elements.sender;
    this.note = this.form.querySelector(".note");
    this.earlierButton = this.element.querySelector(".earlier");
    this.latestButton = this.element.querySelector(".later");
    this.atEnd = true;
    this.work = Promise.resolve();
    this.#name();
    this.#listen();
    this.offerSenders();
  }

  #name() {
    const title = this.element.querySelector("h2");
    const owner = this.page.owner(this.number);
    title.textContent = owner ?? readable(this.number);
    this.element.querySelector(".owner").textContent = [owner && readable(this.number), this.page.label(this.network)]
      .filter(Boolean)
      .join(" · ");
    this.page.face(this.element.querySelector(".face"), this.number);
    const name = title.textContent;
    this.element.setAttribute("aria-label", `Phone ${name}`);
    this.log.setAttribute("aria-label", `Texts of ${name}`);
    this.body.setAttribute("aria-label", `Text from ${name}`);
    this.element.querySelector(".close").setAttribute("aria-label", `Close the phone ${name}`);
  }

  #listen() {
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.body.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        this.form.requestSubmit();
      }
    });
    this.earlierButton.addEventListener("click", () => this.earlier());
    this.latestButton.addEventListener("click", () => this.load());
    this.element.querySelector(".close").addEventListener("click", () => this.page.close(this));
  }

  offerSenders() {
    const chosen = this.sender.value;
    this.sender.replaceChildren();
    for (const workspace of this.page.workspaces.filter(({ network }) => network === this.network)) {
      const group = document.createElement("optgroup");
      group.label = workspace.title;
      for (const sender of workspace.senders) {
        group.append(new Option(`${sender.name} · ${readable(sender.value)}`, JSON.stringify([workspace.name, sender.name, sender.value])));
      }
      if (group.childElementCount) this.sender.append(group);
    }
    const home = [...this.sender.options].find(({ value }) => JSON.parse(value)[0] === this.page.home(this.number));
    if (chosen || home) this.sender.value = chosen || home.value;
    const none = !this.sender.options.length;
    for (const element of this.form.elements) element.disabled = none;
    if (none) this.note.textContent = "No sender here can be texted.";
  }

  // One thing after the other, so that what arrives while texts are loading is not lost.
  #then(work) {
    this.work = this.work.then(work).catch((error) => {
      this.note.textContent = error.message;
    });
    return this.work;
  }

  // Shows the last texts.
  load() {
    return this.#then(async () => {
      const { texts, more } = await this.#fetch({});
      this.list.replaceChildren(...texts.map((text) => this.#render(text)));
      this.atEnd = true;
      this.#buttons(more);
      this.#scrollToEnd();
      if (texts.length) this.#answer(texts.at(-1));
    });
  }

  earlier() {
    return this.#then(async () => {
      const first = this.list.firstElementChild;
      const { texts, more } = await this.#fetch({ before: first.dataset.position });
      const fromEnd = this.log.scrollHeight - this.log.scrollTop;
      this.list.prepend(...texts.map((text) => this.#render(text)));
      this.log.scrollTop = this.log.scrollHeight - fromEnd;
      while (this.list.childElementCount > MOST) {
        this.list.lastElementChild.remove();
        this.atEnd = false;
      }
      if (!more) this.log.focus();
      this.#buttons(more);
    });
  }

  // Takes texts that have just been written.
  add(texts) {
    return this.#then(() => {
      const last = Number(this.list.lastElementChild?.dataset.position ?? 0);
      const unknown = texts.filter(({ position }) => position > last);
      if (!unknown.length || !this.atEnd) return;
      const reading = this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight > NEAR;
      if (reading && this.list.childElementCount >= MOST) {
        this.atEnd = this.latestButton.hidden = false;
        return;
      }
      for (const text of unknown) {
        const item = this.#render(text);
        item.classList.add("fresh");
        this.list.append(item);
      }
      if (!reading || unknown.at(-1).mine) {
        while (this.list.childElementCount > MOST) {
          this.list.firstElementChild.remove();
          this.earlierButton.hidden = false;
        }
        this.#scrollToEnd();
      }
      this.#answer(unknown.at(-1));
    });
  }

  async send() {
    if (this.sending || !this.body.value.trim() || !this.sender.value) return;
    this.sending = true;
    const [workspace, sender] = JSON.parse(this.sender.value);
    try {
      const taken = await this.page.post({ workspace, sender, phone: this.number, body: this.body.value });
      this.body.value = "";
      const replies = taken.replies.length;
      this.note.textContent = `${taken.rule ?? "no rule"} · ${replies === 1 ? "1 reply" : `${replies || "no"} replies`}`;
      if (this.atEnd) this.#scrollToEnd();
    } catch (error) {
      this.note.textContent = error.message;
    } finally {
      this.sending = false;
    }
  }

  #fetch(more) {
    return this.page.get("conversation", { network: this.network, phone: this.number, limit: PAGE, ...more });
  }

  #render(text) {
    return renderText(text, this.page);
  }

  #buttons(more) {
    this.earlierButton.hidden = !more;
    this.latestButton.hidden = this.atEnd;
  }

  #scrollToEnd() {
    this.log.scrollTop = this.log.scrollHeight;
  }

  // Who wrote last is who an answer goes to, unless somebody else was chosen by hand.
  #answer(text) {
    if (document.activeElement === this.sender || this.body.value) return;
    for (const option of this.sender.options) {
      const [workspace, , value] = JSON.parse(option.value);
      if (value === text.sender && workspace === (text.workspace ?? workspace)) this.sender.value = option.value;
    }
  }
}
