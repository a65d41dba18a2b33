import { text } from "./texts.js";
import { setBusy, tell } from "./views.js";

/**
 * Gives a form with one field its manners: what is wrong with the value is told at the field and the field gets the focus, all else is
 * told in an alert, nothing typed is lost, and nothing is sent twice.
 *
 * @param {HTMLFormElement} form
 * @param {object} steps
 * @param {(value: string) => string | undefined} steps.fault what is plainly wrong with the value, before anything is sent
 * @param {(value: string) => Promise<import("./api.js").Outcome>} steps.send
 * @param {(outcome: import("./api.js").Outcome, value: string) => void} steps.finish for `done` and `gone`
 */
export function prepareForm(form, { fault, send, finish }) {
  const field = form.querySelector("input[required]");
  const fieldFault = form.querySelector(".field-fault");
  const alert = form.querySelector('[role="alert"]');
  const button = form.querySelector('button[type="submit"]');
  let isBusy = false;

  const work = (busy) => {
    isBusy = busy;
    field.readOnly = busy;
    setBusy(button, busy);
  };
  const clear = () => {
    field.removeAttribute("aria-invalid");
    fieldFault.textContent = "";
    alert.textContent = "";
  };
  const refuse = (words, language) => {
    field.setAttribute("aria-invalid", "true");
    tell(fieldFault, words, language);
    field.focus();
  };

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (isBusy) return;
    clear();
    const value = field.value;
    const plainFault = fault(value);
    if (plainFault !== undefined) {
      refuse(plainFault);
      return;
    }
    work(true);
    const outcome = await send(value);
    work(false);
    if (outcome.kind === "refused") refuse(outcome.message, outcome.language);
    else if (outcome.kind === "failed") alert.textContent = `${outcome.message} ${text("say.kept")}`;
    else finish(outcome, value);
  });

  return { field, clear };
}

/** A button that shows what is typed into a password field, and hides it again. `hide()` for when the form is sent. */
export function prepareReveal(button, field) {
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.textContent = text(isShown ? "say.hide" : "say.show");
    button.setAttribute("aria-label", text(isShown ? "say.hidePassword" : "say.showPassword"));
  };
  button.addEventListener("click", () => {
    show(field.type === "password");
  });
  return {
    hide() {
      show(false);
    },
  };
}
