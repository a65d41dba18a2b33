/**
 * What this machine can hash, whatever a server does around it: scrypt of node:crypto on all cores at once.
 * node dist/bench/floor/scrypt.js LOG_N P SECONDS: prints hashes a second.
 */
import { randomBytes, scrypt } from "node:crypto";
import { availableParallelism } from "node:os";

const [logN = 15, p = 3, seconds = 5] = process.argv.slice(2).map(Number);
const options = { N: 2 ** logN, r: 8, p, maxmem: 2 * 128 * 2 ** logN * 8 };
const hash = (): Promise<void> =>
  new Promise((resolve, reject) => {
    scrypt("correct-horse-seed", randomBytes(32), 64, options, (error) => {
      if (error === null) resolve();
      else reject(error);
    });
  });

const begun = performance.now();
const until = begun + seconds * 1000;
let hashes = 0;
await Promise.all(
  Array.from({ length: availableParallelism() }, async () => {
    while (performance.now() < until) {
      await hash();
      hashes += 1;
    }
  }),
);
console.log((1000 * hashes) / (performance.now() - begun));
