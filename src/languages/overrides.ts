import { readdirSync, readFileSync, statSync } from "node:fs";
import { isAbsolute, join } from "node:path";
import { distance } from "fastest-levenshtein";

/** Beyond these it is not the folder that was meant: a home, a root. */
const MAX_FILES = 1000;
const MAX_DEPTH = 4;

/**
 * A folder in which the operator puts files of their own in the place of ours, or beside them. Whoever could use a file asks for it by
 * its path; in the end a file that nobody has asked for is a fault, since it is most likely a slip of the pen. Names that begin with
 * a dot, and Markdown, are the operator's own affair.
 */
export class Overrides {
  readonly #folder: string | undefined;
  /** Relative, with slashes. */
  readonly #files: readonly string[];
  readonly #asked = new Set<string>();
  /** A line is told once, however many languages a file is read for. */
  readonly #faults = new Set<string>();

  /** @param folder absolute; without one nothing is overridden */
  constructor(folder?: string) {
    this.#folder = folder;
    this.#files = folder === undefined ? [] : this.#list(folder);
  }

  get isEmpty(): boolean {
    return this.#files.length === 0;
  }

  /** The text of a file (UTF-8), or `undefined` if the operator has none there. */
  read(path: string): string | undefined {
    this.#asked.add(path);
    if (this.#folder === undefined || !this.#files.includes(path)) return undefined;
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(readFileSync(join(this.#folder, path)));
    } catch (error) {
      this.fault(path, error instanceof TypeError ? "is no UTF-8" : "cannot be read");
      return undefined;
    }
  }

  /** The names right below a folder, of files and of folders in which there are files. */
  namesIn(folder: string): string[] {
    const below = this.#files.filter((path) => path.startsWith(`${folder}/`));
    return [...new Set(below.map((path) => path.slice(folder.length + 1).split("/")[0] ?? ""))];
  }

  /**
   * Something is wrong with a file, which may be one that is missing. `message` goes on after the path: «is no JSON».
   *
   * @param path relative to the folder; absolute for a file of ours
   */
  fault(path: string, message: string): void {
    const file = this.#folder === undefined || isAbsolute(path) ? path : join(this.#folder, path);
    this.#faults.add(`${file} ${message}`);
  }

  /** All that is wrong with the folder, one line each; to be asked when everything has been read. */
  faults(): readonly string[] {
    const unknown = this.#files.filter((path) => !this.#asked.has(path));
    for (const path of unknown) {
      const meant = nearest(path, this.#asked);
      this.fault(path, `takes the place of nothing${meant === undefined ? "" : `: is ${meant} meant?`}`);
      this.#asked.add(path);
    }
    return [...this.#faults];
  }

  /** @throws {Error} with all that is wrong */
  throwIfFaulty(): void {
    const faults = this.faults();
    if (faults.length > 0) throw new Error(faults.join("\n"));
  }

  #list(root: string): string[] {
    const files: string[] = [];
    const visit = (folder: string, depth: number) => {
      for (const name of readdirSync(join(root, folder)).sort()) {
        if (name.startsWith(".") || files.length > MAX_FILES) continue;
        const path = folder === "" ? name : `${folder}/${name}`;
        // Follows links: a mounted configuration consists of them.
        if (!isFolder(join(root, path))) files.push(...(/\.md$/i.test(name) ? [] : [path]));
        else if (depth < MAX_DEPTH) visit(path, depth + 1);
        else this.fault(path, "lies too deep: nothing is read there");
      }
    };
    visit("", 1);
    if (files.length <= MAX_FILES) return files;
    this.#faults.add(`${root} holds more than ${String(MAX_FILES)} files: it cannot be the folder that was meant`);
    return [];
  }
}

/** A path that may have been meant instead. */
function nearest(path: string, known: Iterable<string>): string | undefined {
  const near = [...known].map((candidate) => ({ candidate, far: distance(path, candidate) }));
  return near.filter(({ far }) => far <= 3).sort((a, b) => a.far - b.far)[0]?.candidate;
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    // A link that leads nowhere: told when the file is read, or as one that nobody asks for.
    return false;
  }
}
