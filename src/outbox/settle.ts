import { growing } from "./timing.ts";

/** Seconds; doubles up to its most as long as the trouble lasts. */
const AGAIN = { first: 0.25, most: 5 };

/**
 * Writes down how an entry ended. If the database is out of reach, tries again as long as the entry is surely ours: a mail that went
 * out but stayed in the table would go out a second time.
 *
 * @param until by `performance.now()`
 * @returns whether it was written
 */
export async function settle(
  write: () => Promise<unknown>,
  until: number,
  onFailure: (error: unknown, inSeconds: number) => void,
): Promise<boolean> {
  for (let tries = 0; ; tries += 1) {
    try {
      await write();
      return true;
    } catch (error) {
      const inSeconds = growing(AGAIN, tries);
      onFailure(error, inSeconds);
      if (performance.now() + inSeconds * 1000 > until) return false;
      await new Promise((resolve) => setTimeout(resolve, inSeconds * 1000));
    }
  }
}
