const appName = document.querySelector("[data-app-name]").textContent;
const status = document.querySelector('[role="status"]');

/**
 * Takes the token out of the address, so that it is neither seen over a shoulder, nor copied, nor in the history. A note stays with
 * the history entry: after a reload the page can say why the token is not there.
 */
export function takeToken() {
  const parameters = new URLSearchParams(location.search);
  if (!parameters.has("token")) return undefined;
  history.replaceState({ hadToken: true }, "", location.pathname);
  return parameters.get("token").trim() || undefined;
}

/** Shows one view instead of all others, and takes the focus to its heading unless it is the first one. */
export function show(name, { isFirst = false } = {}) {
  for (const view of document.querySelectorAll("[data-view]")) view.hidden = view.dataset.view !== name;
  const heading = viewNamed(name).querySelector("h1");
  document.title = `${heading.textContent} – ${appName}`;
  if (!isFirst) heading.focus();
}

export function viewNamed(name) {
  return document.querySelector(`[data-view="${name}"]`);
}

/** Tells a screen reader what is going on. */
export function say(words) {
  status.textContent = words;
}

/** A button while it works, and afterwards: its words, and whether it can be pressed. */
export function setBusy(button, isBusy) {
  button.dataset.idle ??= button.textContent;
  // Not `disabled`: that would throw a keyboard's focus off the button.
  button.setAttribute("aria-disabled", String(isBusy));
  button.textContent = isBusy ? button.dataset.busy : button.dataset.idle;
  say(isBusy ? button.dataset.busy : "");
}

/** Words in an element: ours in the page's language, or the server's, which are English. */
export function tell(element, words, language) {
  element.textContent = words;
  if (language === undefined) element.removeAttribute("lang");
  else element.setAttribute("lang", language);
}
