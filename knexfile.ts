/** For Knex' own command line (`npm run knex -- migrate:make …`): the options that the server uses. */
import { knexOptions } from "./src/db/knex.ts";

export default knexOptions(process.env["DATABASE_URL"] ?? "sqlite:data/rekey.sqlite");
