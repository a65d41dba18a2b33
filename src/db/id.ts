import { randomFillSync } from "node:crypto";
import { v7 } from "uuid";

/** A UUID takes 16 random bytes. Asked for singly, they are most of its cost: each time is a call of the operating system. */
const BYTES = 16;
const pool = new Uint8Array(256 * BYTES);
let used = pool.length;

function random(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  const bytes = pool.slice(used, used + BYTES);
  // Used once, and nowhere to be found afterwards.
  pool.fill(0, used, used + BYTES);
  used += BYTES;
  return bytes;
}

let last = 0;
let sequence = 0;

/** A new id: UUIDv7, so that ids sort by creation, those of one millisecond too. RFC 9562, sections 5.7 and 6.2 (method 1). */
export function newId(): string {
  const bytes = random();
  const now = Date.now();
  if (now > last) {
    last = now;
    // Half of the room is left to count on.
    sequence = new DataView(bytes.buffer).getUint32(6) >>> 1;
  } else {
    sequence += 1;
    if (sequence > 0xffffffff) {
      last += 1;
      sequence = 0;
    }
  }
  return v7({ random: bytes, msecs: last, seq: sequence });
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `value` is a UUID of any version in its canonical lower-case form. RFC 9562, section 4. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}
