/**
 * Every fault that the server can answer with, one constructor a code of `codes.ts`: status and title stand there, constructors take
 * what varies.
 */
export * from "./access-faults.ts";
export * from "./document-faults.ts";
export * from "./http-faults.ts";
export * from "./parameter-faults.ts";
