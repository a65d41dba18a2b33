import type { Payload } from "./payload.ts";

/**
 * In which language somebody is written to: wishes, of which the first is taken that mails can be written in.
 */
export type Languages = readonly (string | null | undefined)[];

type Holder = { readonly language: string | null } | undefined;

/** Of a mail that somebody asked for who was not logged in: most likely the same person reads it, in the same browser. */
export function askersLanguages({ language }: Payload, holder: Holder): Languages {
  return [language, holder?.language];
}

/**
 * Of a notice, or a mail that somebody else caused: the account's own language comes first. If it was not the holder who changed
 * something, then the thief's browser must not choose the language of the warning.
 */
export function holdersLanguages({ language }: Payload, holder: Holder): Languages {
  return [holder?.language, language];
}
