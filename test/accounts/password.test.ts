import t from "tap";

import { contextWords, normalisePassword, passwordFault } from "../../src/accounts/password.ts";

const policy = { minLength: 8, email: "Ada.Lovelace@B\u00fccher.example" };

t.test("long and unusual passwords are taken", (t) => {
  for (const password of [
    "correct horse",
    "🦄".repeat(256),
    "a".repeat(255) + "b",
    "        x",
    "pässwört-ß",
    "e\u0301".repeat(256),
  ]) {
    t.equal(passwordFault(password, policy), undefined);
  }
  t.end();
});

t.test("length is counted in code points after NFKC", (t) => {
  t.equal(passwordFault("🦄".repeat(7), policy), "must have at least 8 characters");
  t.equal(passwordFault("e\u0301".repeat(7), policy), "must have at least 8 characters");
  t.equal(passwordFault("x".repeat(257), policy), "must have at most 256 characters");
  t.equal(passwordFault("\ufdfa".repeat(15), policy), "must have at most 256 characters");
  t.equal(passwordFault("", policy), "must have at least 8 characters");
  t.end();
});

t.test("a text of which the hash would not see all is refused", (t) => {
  t.match(passwordFault("long enough\0", policy), /NUL/);
  t.match(passwordFault("long enough\ud800", policy), /well-formed/);
  t.end();
});

t.test("common passwords are refused in any case and width", (t) => {
  for (const password of ["password1", "PassWord1", "ｐａｓｓｗｏｒｄ１", "12345678", "qwertyuiop"]) {
    t.match(passwordFault(password, policy), /commonly used/, password);
  }
  t.end();
});

t.test("the address is no password, however it is spelt", (t) => {
  for (const password of [
    "Ada.Lovelace@B\u00fccher.example",
    "ada.lovelace@xn--bcher-kva.example",
    " ADA.LOVELACE@b\u00fccher.example ",
  ]) {
    t.equal(passwordFault(password, policy), "must not be the email address", password);
  }
  t.equal(passwordFault("ada.lovelace@elsewhere.example", policy), undefined);
  t.end();
});

t.test("the name of the service is no password, nor with a few signs around it", (t) => {
  const words = contextWords("Ace Ledger", "https://accounts.northwind.example:8443/base");
  t.same([...words].sort(), ["accounts", "aceledger", "ledger", "northwind"]);
  const judged = (password: string) => passwordFault(password, { ...policy, contextWords: words });
  for (const password of [
    "Ledger2026!",
    "aceledger",
    "Ace-Ledger_1",
    "!!!northwind99",
    "Accounts-2026",
    "ledgerledger",
  ]) {
    t.match(judged(password), "little more than the name", password);
  }
  for (const password of ["ledger of my uncle", "north wind and rain", "walnut-orbit-9"]) {
    t.equal(judged(password), undefined, password);
  }
  t.same(contextWords("Rekey", "http://127.0.0.1:3000"), ["rekey"], "no word of an address");
  t.same(contextWords("Rekey", undefined), ["rekey"]);
  t.end();
});

t.test("a megabyte costs next to nothing", (t) => {
  const start = performance.now();
  passwordFault("a".repeat(1_000_000), policy);
  passwordFault("\ufdfa".repeat(300_000), policy);
  t.ok(performance.now() - start < 50);
  t.end();
});

t.test("one password however it is composed", (t) => {
  t.equal(normalisePassword("cafe\u0301"), normalisePassword("caf\u00e9"));
  t.end();
});
