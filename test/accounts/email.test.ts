import t from "tap";

import { addressHash, parseEmail } from "../../src/accounts/email.ts";

const normalOf = (text: string) => {
  const parsed = parseEmail(text);
  return "normal" in parsed ? parsed.normal : undefined;
};

t.test("an address is kept as given, trimmed", (t) => {
  t.same(parseEmail("  Ada.Lovelace+x@Example.COM \n"), {
    address: "Ada.Lovelace+x@Example.COM",
    normal: "ada.lovelace+x@example.com",
  });
  t.end();
});

t.test("letters of another width or form are kept as those of the mailbox that the account is known by", (t) => {
  for (const [given, address] of [
    ["\uff21da@x.example", "Ada@x.example"],
    ["\u212aim@x.example", "Kim@x.example"],
    ["\ufb01ona@x.example", "fiona@x.example"],
    ["jose\u0301@x.example", "jos\u00e9@x.example"],
    ["a@\uff38.example", "a@X.example"],
  ] as const) {
    t.match(parseEmail(given), { address }, given);
  }
  t.end();
});

t.test("spellings of one address have one normal form", (t) => {
  for (const [one, other] of [
    ["A@x.example", "a@X.EXAMPLE"],
    ["e\u0301va@x.example", "\u00e9va@x.example"],
    ["\uff41da@x.example", "ada@x.example"],
    ["a@b\u00fccher.example", "a@xn--bcher-kva.example"],
    ["a@BU\u0308CHER.example", "a@xn--bcher-kva.example"],
    ["a@x\uff0eexample", "a@x.example"],
    ["mi\u212ae@x.example", "mike@x.example"],
  ] as const) {
    t.equal(normalOf(one), normalOf(other), `${one} is ${other}`);
    t.type(normalOf(one), "string");
  }
  t.end();
});

t.test("the normal form of a normal form is itself", (t) => {
  for (const text of [
    "\u0130stanbul@x.example",
    "\u1e9e@x.example",
    "\ufb01@x.example",
    "\u03d3a@x.example",
    "a@fa\u00df.example",
  ]) {
    const normal = normalOf(text) ?? "";
    t.equal(normalOf(normal), normal);
  }
  t.end();
});

t.test("addresses that only look alike are different ones", (t) => {
  t.not(normalOf("m\u0131ke@x.example"), normalOf("mike@x.example"), "dotless i");
  t.not(normalOf("\u0430da@x.example"), normalOf("ada@x.example"), "Cyrillic a");
  t.end();
});

t.test("plain and unusual addresses are taken", (t) => {
  for (const text of [
    "a@localhost",
    "o'brien@x.example",
    "a@1.example",
    "a@a.b.c.example",
    "用户@例子.example",
    `${"a".repeat(64)}@x.example`,
  ]) {
    t.type(normalOf(text), "string", text);
  }
  t.end();
});

t.test("what is no address is refused with a phrase", (t) => {
  for (const text of [
    "",
    " ",
    "a",
    "@",
    "a@",
    "@x.example",
    "a@b@c.example",
    "a\uff20b@c.example",
    "a b@x.example",
    "a@x .example",
    '"a"@x.example',
    "a,b@x.example",
    "<a@x.example>",
    "Ada <a@x.example>",
    "a(b)@x.example",
    "a:b@x.example",
    "a;b@x.example",
    "a\\b@x.example",
    "a[b]@x.example",
    "a@[127.0.0.1]",
    "a\n@x.example",
    "a\0@x.example",
    "a\r\nBcc:b@x.example",
    "a\u202eb@x.example",
    "a\u200bb@x.example",
    "a\u00adb@x.example",
    "a\u3164b@x.example",
    "a\ud800b@x.example",
    "a\u00a0b@x.example",
    ".a@x.example",
    "a.@x.example",
    "a..b@x.example",
    "a@.example",
    "a@x..example",
    "a@x.example.",
    "a@-x.example",
    "a@x-.example",
    "a@x_y.example",
    "a@127.1",
    "a@0x7f.1",
    "a@1",
    "a@x.example/b",
    "a@ex%61mple.com",
    "a@x.example?b",
    "a@x.example#b",
    "a@xn--a",
    `${"a".repeat(65)}@x.example`,
    `${"\u00e9".repeat(33)}@x.example`,
    `a@${"b".repeat(64)}.example`,
    `a@${"b.".repeat(130)}example`,
  ]) {
    const parsed = parseEmail(text);
    t.ok("message" in parsed && parsed.message.startsWith("must "), JSON.stringify(text.slice(0, 40)));
  }
  t.end();
});

t.test("the local part may have 64 octets after folding too", (t) => {
  // One character that folds to eighteen.
  t.equal(normalOf(`${"\ufdfa".repeat(5)}@x.example`), undefined);
  t.end();
});

t.test("a huge text costs next to nothing", (t) => {
  const start = performance.now();
  parseEmail("a".repeat(1_000_000));
  parseEmail(`${"a.".repeat(500_000)}@`);
  t.ok(performance.now() - start < 50);
  t.end();
});

t.test("the hash of an address is a key of 64 hexadecimal digits", (t) => {
  t.match(addressHash("a@x.example"), /^[0-9a-f]{64}$/);
  t.not(addressHash("a@x.example"), addressHash("b@x.example"));
  t.end();
});
