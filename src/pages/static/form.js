/**
 * Gives a form with one field its manners: what is wrong with the value is told at the field and the field gets the focus, all else is
 * told in an alert, nothing typed is lost, and nothing is sent twice.
 *
 * @param {HTMLFormElement} form
 * @param {object} steps
 * @param {(value: string) => string | undefined} steps.fault what is plainly wrong with the value, before anything is sent
 * @param {(value: string) => Promise<import("./api.js").Outcome>} steps.send
 * @param {(outcome: import("./api.js").Outcome, value: string) => void} steps.finish for `done` and `gone`
 * @param {(words: string) => void} steps.say tells a screen reader what is going on
 */
export function prepareForm(form, { fault, send, finish, say }) {
  const field = form.querySelector("input[required]");
  const fieldFault = form.querySelector(".field-fault");
  const alert = form.querySelector('[role="alert"]');
  const button = form.querySelector('button[type="submit"]');
  const buttonWords = button.textContent;
  let isBusy = false;

  const setBusy = (busy) => {
    isBusy = busy;
    // Not `disabled`: that would throw a keyboard's focus off the button.
    button.setAttribute("aria-disabled", String(busy));
    button.textContent = busy ? button.dataset.busy : buttonWords;
    field.readOnly = busy;
    say(busy ? button.dataset.busy : "");
  };
  const clear = () => {
    field.removeAttribute("aria-invalid");
    fieldFault.textContent = "";
    alert.textContent = "";
  };
  const refuse = (words) => {
    field.setAttribute("aria-invalid", "true");
    fieldFault.textContent = words;
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
    setBusy(true);
    const outcome = await send(value);
    setBusy(false);
    if (outcome.kind === "refused") refuse(outcome.message);
    else if (outcome.kind === "failed") alert.textContent = outcome.message;
    else finish(outcome, value);
  });

  return { field, clear };
}

/** A button that shows what is typed into a password field, and hides it again. `hide()` for when the form is sent. */
export function prepareReveal(button, field) {
  const show = (isShown) => {
    field.type = isShown ? "text" : "password";
    button.textContent = isShown ? "Hide" : "Show";
    button.setAttribute("aria-label", `${button.textContent} the password`);
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
