import { stopIt } from "./api.js";
import { text } from "./texts.js";
import { setBusy, show, takeToken, tell, viewNamed } from "./views.js";

/** The token of the mailed link: in this variable and nowhere else. */
let token = takeToken();

/** What there is to stop, and the words for it. */
const KINDS = new Map([
  ["reset", "say.stoppedReset"],
  ["password-changed", "say.stoppedPassword"],
]);

const button = document.querySelector("[data-stop]");
const alert = document.querySelector('[role="alert"]');
let isBusy = false;
/** Whether an attempt ended in a way that leaves open if it did its work. */
let isPerhapsDone = false;

button.addEventListener("click", async () => {
  if (isBusy) return;
  isBusy = true;
  alert.textContent = "";
  setBusy(button, true);
  const outcome = await stopIt(token);
  setBusy(button, false);
  isBusy = false;
  if (outcome.kind === "failed" || outcome.kind === "refused") {
    isPerhapsDone ||= outcome.isUnclear === true;
    tell(alert, outcome.message, outcome.language);
    return;
  }
  token = undefined;
  history.replaceState(null, "");
  if (outcome.kind === "gone") {
    viewNamed("dead").querySelector("[data-perhaps]").hidden = !isPerhapsDone;
    show("dead");
  } else {
    tellOf(outcome.body);
    show("stopped");
  }
});

for (const other of document.querySelectorAll("[data-go]")) {
  other.addEventListener("click", () => {
    if (!isBusy) show(other.dataset.go);
  });
}

show(token === undefined ? "reopen" : "stop", { isFirst: true });

/** What was stopped, and what to do next. Of a kind that this page does not know the server's own sentence tells. */
function tellOf({ kind, message }) {
  const view = viewNamed("stopped");
  const key = KINDS.get(kind);
  if (key === undefined) tell(view.querySelector("[data-message]"), String(message ?? ""), "en");
  else tell(view.querySelector("[data-message]"), text(key));
  const next = view.querySelector("[data-next]");
  next.hidden = key === undefined;
  if (key !== undefined) next.textContent = text(`${key}Next`);
}
