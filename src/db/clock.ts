/** Milliseconds since 1970, UTC. Passed in wherever time decides something, so that a test can move it. */
export type Clock = () => number;

export const systemClock: Clock = () => Date.now();

/** A point in time as every table stores it: ISO 8601, UTC, milliseconds (24 characters), which sorts as text on every database. */
export function timestamp(milliseconds: number): string {
  // The present moment is asked for several times by each of many requests.
  if (milliseconds !== last) {
    text = new Date(milliseconds).toISOString();
    last = milliseconds;
  }
  return text;
}

let last = Number.NaN;
let text = "";
