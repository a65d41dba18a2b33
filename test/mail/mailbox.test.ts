import t from "tap";

import { Mailbox } from "../../src/mail/mailbox.ts";

const mail = (subject: string) => ({
  to: "ada@example.org",
  subject,
  text: "",
  html: "",
  tag: "reset",
  reference: "r",
});

void t.test("mails are listed, the newest first", async (t) => {
  const mailbox = new Mailbox({ clock: () => 0 });
  await mailbox.send(mail("one"));
  await mailbox.send(mail("two"));
  t.same(
    mailbox.list().map((stored) => [stored.mail.subject, stored.at]),
    [
      ["two", "1970-01-01T00:00:00.000Z"],
      ["one", "1970-01-01T00:00:00.000Z"],
    ],
  );
});

void t.test("a mail is found by the id that sending gave", async (t) => {
  const mailbox = new Mailbox({ clock: () => 0 });
  const delivery = await mailbox.send(mail("one"));
  t.equal(delivery.outcome, "sent");
  t.equal(mailbox.get(delivery.outcome === "sent" ? delivery.messageId : "")?.mail.subject, "one");
  t.equal(mailbox.get("unknown"), undefined);
});

void t.test("only the newest are kept", async (t) => {
  const mailbox = new Mailbox({ clock: () => 0, limit: 2 });
  for (const subject of ["one", "two", "three"]) await mailbox.send(mail(subject));
  t.same(
    mailbox.list().map((stored) => stored.mail.subject),
    ["three", "two"],
  );
});
