import { askForMail, setPassword } from "./api.js";
import { prepareForm, prepareReveal } from "./form.js";

/** The token of the mailed link: in this variable and nowhere else. */
let token = takeToken();

const appName = document.querySelector("[data-app-name]").textContent;
const status = document.querySelector('[role="status"]');
/** Whether an attempt to set the password ended in a way that leaves open if it was set. */
let isPerhapsSet = false;

const ask = prepareForm(document.querySelector('[data-form="ask"]'), {
  fault: (email) => (email.trim() === "" ? "Please enter the email address of your account." : undefined),
  send: askForMail,
  finish: ({ body }, email) => {
    const view = viewNamed("sent");
    view.querySelector("[data-message]").textContent = sentence(body?.message);
    view.querySelector("[data-email]").textContent = typeof body?.email === "string" ? body.email : email;
    show("sent");
  },
  say,
});

const passwordForm = document.querySelector('[data-form="set"]');
const set = prepareForm(passwordForm, {
  fault: (password) => {
    if (password === "") return "Please choose a password.";
    const { minLength } = set.field;
    if ([...password.normalize("NFKC")].length >= minLength) return undefined;
    return `This password must have at least ${minLength} characters.`;
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
  say,
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
    const words = "Your browser leaves the closing to you: please close this page yourself.";
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

/**
 * Takes the token out of the address, so that it is neither seen over a shoulder, nor copied, nor in the history. A note stays with
 * the history entry: after a reload the page can say why the token is not there.
 */
function takeToken() {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has("token")) return undefined;
  history.replaceState({ hadToken: true }, "", location.pathname);
  return parameters.get("token").trim() || undefined;
}

/** Shows one view instead of all others, and takes the focus to its heading unless it is the first one. */
function show(name, { isFirst = false } = {}) {
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
  const heading = viewNamed(name).querySelector("h1");
  document.title = `${heading.textContent} – ${appName}`;
  if (!isFirst) heading.focus();
}

function viewNamed(name) {
  return document.querySelector(`[data-view="${name}"]`);
}

function say(words) {
  status.textContent = words;
}

function sentence(words) {
  if (typeof words !== "string" || words === "")
    return "If there is an account with this address, a mail is on its way to it.";
  return /[.!?]$/.test(words) ? words : `${words}.`;
}
