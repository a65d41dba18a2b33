import type { Knex } from "knex";

import { notFound } from "../errors/catalogue.ts";

/**
 * Deletes a user, and keeps the id from ever being given again. Somebody with a stolen session could otherwise delete its user and be
 * that user anew, with an address and a password of their own choice, and without the current password.
 *
 * @throws {Fault} 404 when there is no such user
 */
export async function deleteUser(trx: Knex.Transaction, id: string): Promise<void> {
  await trx("retired_ids").insert({ id }).onConflict("id").ignore();
  if ((await trx("users").where({ id }).delete()) !== 1) throw notFound();
}

/**
 * Whether a deleted user had this id. To be asked after the new user's insert, in the same transaction: the insert waits for a deletion
 * that is under way, and only then is it seen.
 */
export async function isRetired(trx: Knex.Transaction, id: string): Promise<boolean> {
  return (await trx("retired_ids").where({ id }).first("id")) !== undefined;
}
