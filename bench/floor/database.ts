import knex, { type Knex } from "knex";

/** As SQLite is opened by the server. */
const PRAGMAS = "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON; PRAGMA busy_timeout=5000";

type Opened = (error: Error | null, connection: SqliteConnection) => void;
interface SqliteConnection {
  exec(sql: string, done: (error: Error | null) => void): void;
}

/** Knex as its guide has it: `sqlite:FILE` or `postgres://…`. */
export function openDatabase(url: string): Knex {
  if (!url.startsWith("sqlite:")) return knex({ client: "pg", connection: url, pool: { min: 0, max: 10 } });
  return knex({
    client: "sqlite3",
    connection: { filename: url.slice("sqlite:".length) },
    useNullAsDefault: true,
    pool: {
      min: 1,
      max: 1,
      afterCreate: (connection: SqliteConnection, done: Opened) => {
        connection.exec(PRAGMAS, (error) => {
          done(error, connection);
        });
      },
    },
  });
}
