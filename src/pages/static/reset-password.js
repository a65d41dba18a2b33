import { askForMail, setPassword } from "./api.js";
import { prepareForm, prepareReveal } from "./form.js";
import { text } from "./texts.js";
import { say, show, takeToken, viewNamed } from "./views.js";

/** The token of the mailed link: in this variable and nowhere else. */
let token = takeToken();

/** Whether an attempt to set the password ended in a way that leaves open if it was set. */
let isPerhapsSet = false;

const ask = prepareForm(document.querySelector('[data-form="ask"]'), {
  fault: (email) => (email.trim() === "" ? text("say.noEmail") : undefined),
  send: askForMail,
  finish: ({ body }, email) => {
    viewNamed("sent").querySelector("[data-email]").textContent = typeof body?.email === "string" ? body.email : email;
    show("sent");
  },
});

const passwordForm = document.querySelector('[data-form="set"]');
const set = prepareForm(passwordForm, {
  fault: (password) => {
    if (password === "") return text("say.noPassword");
    const { minLength } = set.field;
    if ([...password.normalize("NFKC")].length >= minLength) return undefined;
    return text("say.tooShort", { min: minLength });
  },
  send: async (password) => {
    // A browser keeps what is typed into a text field for later suggestions.
    reveal.hide();
    const outcome = await setPassword(token, password);
    if (outcome.kind === "failed" && outcome.isUnclear) isPerhapsSet = true;
    return outcome;
  },
  finish: (outcome) => {
    token = undefined;
    history.replaceState(null, "");
    if (outcome.kind === "gone") {
      viewNamed("gone").querySelector("[data-perhaps-set]").hidden = !isPerhapsSet;
    } else {
      const email = String(outcome.body.email ?? "");
      // Before the form goes: now a password manager can tell whose password it was.
      passwordForm.elements.namedItem("username").value = email;
      viewNamed("done").querySelector("[data-email]").textContent = email;
    }
    show(outcome.kind);
    set.field.value = "";
  },
});
const reveal = prepareReveal(document.querySelector(".reveal"), set.field);

for (const button of document.querySelectorAll("[data-go]")) {
  button.addEventListener("click", () => {
    document.querySelector("[data-reopen]").hidden = true;
    ask.clear();
    show(button.dataset.go);
    ask.field.focus();
    ask.field.select();
  });
}

document.querySelector("[data-close]").addEventListener("click", () => {
  window.close();
  // Still here: browsers let pages close themselves only in some cases.
  setTimeout(() => {
    const words = text("say.closeYourself");
    document.querySelector("[data-close-hint]").textContent = words;
    say(words);
  }, 300);
});

// A browser may keep a page that is left as it stands, and show it again on «back», whoever sits there then.
window.addEventListener("pagehide", () => {
  token = undefined;
  set.field.value = "";
  ask.field.value = "";
});
window.addEventListener("pageshow", ({ persisted }) => {
  if (!persisted || viewNamed("set").hidden) return;
  set.clear();
  document.querySelector("[data-reopen]").hidden = false;
  show("ask");
});

if (token === undefined) {
  document.querySelector("[data-reopen]").hidden = history.state?.hadToken !== true;
  show("ask", { isFirst: true });
} else {
  show("set", { isFirst: true });
}
