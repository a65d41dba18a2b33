import { v7 } from "uuid";

/** A new id: UUIDv7, so that ids sort by creation. RFC 9562, section 5.7. */
export function newId(): string {
  return v7();
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

/** Whether `value` is a UUID of any version in its canonical lower-case form. RFC 9562, section 4. */
export function isUuid(value: string): boolean {
  return UUID.test(value);
}
