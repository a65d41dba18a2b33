/** Keeps the list of mails up to date, and shows times in the reader's own zone. Without it the page works, as it was loaded. */

const PAUSE_MS = 2000;

const nav = document.querySelector("[data-mailbox]");
const list = nav.querySelector("ol");
const template = nav.querySelector("template");
const status = nav.querySelector('[role="status"]');

const timeWords = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

for (const time of document.querySelectorAll("time")) localise(time);
setInterval(() => {
  if (!document.hidden) void refresh();
}, PAUSE_MS);
document.addEventListener("visibilitychange", () => {
  if (!document.hidden) void refresh();
});

async function refresh() {
  let mails;
  try {
    const response = await fetch(`${nav.dataset.mailbox}.json`, {
      cache: "no-store",
      signal: AbortSignal.timeout(5000),
    });
    if (!response.ok) return;
    ({ mails } = await response.json());
  } catch {
    // The server is being restarted, or is gone: the next round will tell.
    return;
  }
  const shown = new Map(Array.from(list.children, (item) => [item.dataset.id, item]));
  const fresh = mails.filter(({ id }) => !shown.has(id));
  if (fresh.length === 0 && mails.length === shown.size) return;

  const focused = list.contains(document.activeElement) ? document.activeElement : undefined;
  list.replaceChildren(...mails.map((mail) => shown.get(mail.id) ?? itemOf(mail)));
  focused?.focus();
  list.hidden = mails.length === 0;
  nav.querySelector(".empty").hidden = mails.length > 0;
  if (fresh.length > 0) status.textContent = `New mail: ${fresh[0].subject}`;
}

function itemOf({ id, subject, to, at }) {
  const item = template.content.firstElementChild.cloneNode(true);
  item.dataset.id = id;
  item.querySelector("a").href = `${nav.dataset.mailbox}/${encodeURIComponent(id)}`;
  item.querySelector(".subject").textContent = subject;
  item.querySelector(".to").textContent = to;
  const time = item.querySelector("time");
  time.dateTime = at;
  localise(time);
  return item;
}

function localise(time) {
  const date = new Date(time.dateTime);
  if (!Number.isNaN(date.getTime())) time.textContent = timeWords.format(date);
}
