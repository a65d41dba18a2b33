/** What the clients for both databases have in common: which statements are run again, and how savepoints are named. */

/** A query on its way through Knex. The driver's answer is noted in it. */
export interface Query {
  readonly sql: string;
  readonly bindings?: readonly unknown[];
  readonly method?: string;
  readonly returning?: unknown;
  options?: { readonly name?: string };
  response?: unknown;
  /** Of what gives no rows. */
  context?: unknown;
}

/** What is run again and again. All else (schema, settings) is seldom, and would only fill the place. */
const REPEATED = /^\s*(?:select|insert|update|delete|with|begin|commit|rollback|savepoint|release)\b/i;

/**
 * Longer statements are not kept: there is one for each number of values, clients choose that number, and those of thousands take a
 * megabyte each.
 */
const MOST_BINDINGS = 250;

/**
 * Nor are those of more characters than this, for the same reason: clients choose how many filters there are, and a server needs forty
 * bytes for each character of what it has planned. Our own have two thousand at most, but for inserts of many rows.
 */
const LONGEST = 4_000;

/** Whether a statement is one to be kept, or named, for the next time. */
export function isWorthKeeping({ sql, bindings = [] }: Pick<Query, "sql" | "bindings">): boolean {
  return bindings.length <= MOST_BINDINGS && sql.length <= LONGEST && REPEATED.test(sql);
}

/** A transaction of Knex', by what is changed of it. */
export interface Named {
  txid: string;
  depth?: number;
}

/**
 * Names a transaction's savepoint by how deep it is in others. Knex names each one anew, and no two would share a statement; with one
 * name for all, what was rolled back inside would be taken for what is around it, since ROLLBACK TO leaves its savepoint there.
 */
export function named<Transaction extends Named>(transaction: Transaction, outer: unknown): Transaction {
  const depth = ((outer as Named | null | undefined)?.depth ?? 0) + 1;
  return Object.assign(transaction, { depth, txid: `part${String(depth)}` });
}
