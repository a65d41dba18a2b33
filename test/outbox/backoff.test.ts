import t from "tap";

import { backoff, nextTry } from "../../src/outbox/backoff.ts";

const FAR = 1e12;

void t.test("pauses grow up to five minutes", (t) => {
  t.same(
    [1, 2, 3, 6, 7, 8, 1000].map((attempts) => backoff(attempts, 1)),
    [5, 10, 20, 160, 300, 300, 300],
  );
  t.end();
});

void t.test("jitter is full, but leaves a second", (t) => {
  t.equal(backoff(3, 0.5), 10);
  t.equal(backoff(8, 0), 1);
  t.end();
});

void t.test("the next try is after the pause", (t) => {
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: FAR }, 1), 5000);
  t.end();
});

void t.test("a pause that the mail service asks for comes on top", (t) => {
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: FAR, afterSeconds: 60 }, 1), 65_000);
  t.end();
});

void t.test("the last try is half a minute before the end", (t) => {
  t.equal(nextTry({ now: 0, attempts: 8, expiresAt: 100_000 }, 1), 70_000);
  t.end();
});

void t.test("after the last try there is none", (t) => {
  t.equal(nextTry({ now: 70_000, attempts: 9, expiresAt: 100_000 }, 1), null);
  t.equal(nextTry({ now: 99_000, attempts: 1, expiresAt: 100_000 }, 0), null);
  t.equal(nextTry({ now: 200_000, attempts: 1, expiresAt: 100_000 }, 0), null);
  t.end();
});

void t.test("a pause that the mail service asks for is bounded: by the last try, and by an hour", (t) => {
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: 100_000, afterSeconds: 69.5 }, 1), 70_000);
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: 100_000, afterSeconds: 80 }, 0), 70_000);
  for (const afterSeconds of [31_536_000, Number.MAX_VALUE, Number.POSITIVE_INFINITY])
    t.equal(nextTry({ now: 0, attempts: 1, expiresAt: FAR, afterSeconds }, 1), 3_605_000, String(afterSeconds));
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: FAR, afterSeconds: -10 }, 1), 5000);
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: 100_000, afterSeconds: Number.NaN }, 1), 70_000);
  t.end();
});

void t.test("an end that is no date gives up", (t) => {
  t.equal(nextTry({ now: 0, attempts: 1, expiresAt: Number.NaN }, 0), null);
  t.end();
});
