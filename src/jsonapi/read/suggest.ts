import { distance } from "fastest-levenshtein";

/** The names that somebody who wrote `name` may have meant: at most three, nearest first. */
export function suggest(name: string, known: Iterable<string>): string[] {
  const wanted = name.toLowerCase();
  // A long name is no slip of the pen, and comparing it would cost time.
  if (wanted.length > 64) return [];
  return [...known]
    .map((candidate) => ({ candidate, far: slips(wanted, candidate.toLowerCase()) }))
    .filter(({ candidate, far }) => far <= Math.max(1, Math.floor(candidate.length / 3)))
    .sort((a, b) => a.far - b.far)
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** How far apart two names are. Two neighbours that changed places are one slip, though two letters differ. */
function slips(wanted: string, known: string): number {
  const at = [...wanted].findIndex((letter, index) => letter !== known[index]);
  const swapped = wanted.slice(0, at) + wanted.charAt(at + 1) + wanted.charAt(at) + wanted.slice(at + 2);
  return at >= 0 && swapped === known ? 1 : distance(wanted, known);
}
