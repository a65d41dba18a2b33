import { setTimeout as sleep } from "node:timers/promises";
import type { Knex } from "knex";

import { hasOneWriter } from "./dialect.ts";
import { hadEnded, losesTransaction, wasInTheWay } from "./driver-errors.ts";

/**
 * Writing, where the database has one writer. Each commit waits for the disk, and whoever else wants to write waits for that: with
 * commits of their own, a hundred requests wait for the disk a hundred times, one after the other. So those that wait share a
 * transaction, each in a savepoint of its own, and nobody is answered before it is committed. («Group commit», DeWitt et al., ACM
 * SIGMOD 1984.)
 *
 * Whoever comes alone writes alone, by the same statements as without all this. A database with many writers does as much by itself.
 */

/** How much one commit may hold, and for how long it takes in more (milliseconds): reads wait meanwhile. */
const MOST_TOGETHER = 64;
const LONGEST_TOGETHER = 20;

/** Where there are many writers: how often a transaction is begun that others are in the way of, and how long it keeps off (milliseconds). */
const MOST_BEGINNINGS = 4;
const LONGEST_REST = 50;

interface Turn {
  /** In a transaction of its own, or by itself: then a single statement, which happens as a whole or not at all. */
  readonly isTransaction: boolean;
  run(db: Knex): Promise<unknown>;
  resolve(value: unknown): void;
  reject(error: unknown): void;
  readonly impatience: NodeJS.Timeout;
}

type Outcome = { readonly turn: Turn } & ({ readonly value: unknown } | Failure);

interface Failure {
  readonly error: unknown;
  /** What was written before it, by whomever in the same transaction, may be taken back too. */
  readonly isLost: boolean;
}

/** For too long others wrote. The same request may succeed a moment later. */
export class WriterBusy extends Error {
  constructor(milliseconds: number) {
    super(`The database was busy with other writes for ${String(milliseconds)} ms`);
    this.name = "WriterBusy";
  }
}

/**
 * Runs what writes in a transaction. All of it happens, and is on the disk when this returns; or nothing of it does. Within another
 * transaction it is a part of that.
 *
 * @param run is called again where the database has taken everything back because another transaction was in the way (a deadlock): it
 *   must not count on being called once
 * @throws {WriterBusy | Error} what `run` throws, or what went wrong with the commit
 */
export async function transact<Result>(db: Knex, run: (trx: Knex.Transaction) => Promise<Result>): Promise<Result> {
  if (db.isTransaction === true) return await db.transaction(run);
  if (!hasOneWriter(db)) return await untilOutOfTheWay(() => db.transaction(run));
  return (await writerOf(db).take(true, (trx) => run(trx as Knex.Transaction))) as Result;
}

/**
 * The same for a write that is a single statement.
 *
 * @param run issues one statement, and waits for it; called again as there
 */
export async function writeOnce<Result>(db: Knex, run: (db: Knex) => Promise<Result>): Promise<Result> {
  if (db.isTransaction === true) return await run(db);
  if (!hasOneWriter(db)) return await untilOutOfTheWay(() => run(db));
  return (await writerOf(db).take(false, run)) as Result;
}

async function untilOutOfTheWay<Result>(begin: () => Promise<Result>): Promise<Result> {
  for (let beginnings = 1; ; beginnings += 1) {
    try {
      return await begin();
    } catch (error) {
      if (!wasInTheWay(error) || beginnings === MOST_BEGINNINGS) throw error;
      // Not all of them at the same time again.
      await sleep(Math.random() * LONGEST_REST);
    }
  }
}

const writers = new WeakMap<object, Writer>();

function writerOf(db: Knex): Writer {
  let writer = writers.get(db);
  if (writer === undefined) {
    writer = new Writer(db);
    writers.set(db, writer);
  }
  return writer;
}

class Writer {
  readonly #db: Knex;
  readonly #waiting: Turn[] = [];
  #isWriting = false;

  constructor(db: Knex) {
    this.#db = db;
  }

  take(isTransaction: boolean, run: (db: Knex) => Promise<unknown>): Promise<unknown> {
    // As long as for a connection.
    const { acquireConnectionTimeout: patience = 10_000 } = (this.#db.client as Knex.Client).config;
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.splice(this.#waiting.indexOf(turn), 1);
        reject(new WriterBusy(patience));
      };
      const turn: Turn = { isTransaction, run, resolve, reject, impatience: setTimeout(giveUp, patience) };
      this.#waiting.push(turn);
      if (!this.#isWriting) void this.#write();
    });
  }

  async #write(): Promise<void> {
    this.#isWriting = true;
    for (let first = this.#next(); first !== undefined; first = this.#next()) {
      const outcomes = this.#waiting.length === 0 ? [await outcomeOf(first, this.#db)] : await this.#together(first);
      for (const outcome of outcomes) {
        if ("error" in outcome) outcome.turn.reject(outcome.error);
        else outcome.turn.resolve(outcome.value);
      }
    }
    this.#isWriting = false;
  }

  #next(): Turn | undefined {
    const turn = this.#waiting.shift();
    clearTimeout(turn?.impatience);
    return turn;
  }

  /** One transaction for those who wait, in the order in which they came. What each of them saw is there, or none of them is told so. */
  async #together(first: Turn): Promise<Outcome[]> {
    const taken = [first];
    const outcomes: Outcome[] = [];
    let lost: Failure | undefined;
    try {
      await this.#db.transaction(async (trx) => {
        // Knex comes here even where the transaction could not begin.
        if (trx.isCompleted()) return;
        const end = performance.now() + LONGEST_TOGETHER;
        for (let turn: Turn | undefined = first; turn !== undefined;) {
          const outcome = await outcomeOf(turn, trx);
          // Some faults of the disk take back all that was written so far.
          if ("error" in outcome && outcome.isLost) {
            lost = outcome;
            throw outcome.error;
          }
          outcomes.push(outcome);
          turn = taken.length < MOST_TOGETHER && performance.now() < end ? this.#next() : undefined;
          if (turn !== undefined) taken.push(turn);
        }
      });
      return outcomes;
    } catch (failure) {
      // Where SQLite has rolled back by itself, Knex says that it could not: what counts is why.
      const { error } = lost ?? { error: failure };
      return taken.map((turn) => ({ turn, error, isLost: true }));
    }
  }
}

async function outcomeOf(turn: Turn, db: Knex): Promise<Outcome> {
  let first: unknown;
  const run = async (within: Knex) => {
    try {
      return await turn.run(within);
    } catch (error) {
      first = error;
      throw error;
    }
  };
  try {
    return { turn, value: await (turn.isTransaction ? db.transaction(run) : run(db)) };
  } catch (error) {
    return { turn, error: hadEnded(error) ? first : error, isLost: losesTransaction(error) };
  }
}
