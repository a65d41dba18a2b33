import type { Knex } from "knex";

/**
 * Keeps an id from ever being given again. Somebody with a stolen session could otherwise delete its user and be that user anew, with
 * an address and a password of their own choice, and without the current password.
 */
export async function retireId(trx: Knex.Transaction, id: string): Promise<void> {
  await trx("retired_ids").insert({ id }).onConflict("id").ignore();
}

/**
 * Whether a deleted user had this id. To be asked after the new user's insert, in the same transaction: the insert waits for a deletion
 * that is under way, and only then is it seen.
 */
export async function isRetired(trx: Knex.Transaction, id: string): Promise<boolean> {
  return (await trx("retired_ids").where({ id }).first("id")) !== undefined;
}
