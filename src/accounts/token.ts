import { createHash, randomBytes } from "node:crypto";

/** A new bearer or reset token: 256 bits of the system's CSPRNG, base64url (43 characters). OWASP ASVS 5, 11.5. */
export function mintToken(): string {
  return randomBytes(32).toString("base64url");
}

/** Whether `text` could be a token of ours at all. */
export function looksLikeToken(text: string): boolean {
  return /^[A-Za-z0-9_-]{43}$/.test(text);
}

/**
 * What is kept of a token: SHA-256 of its text, hexadecimal. Fast is right here: 256 random bits cannot be guessed. The text is
 * hashed, not the bytes that it stands for, so that another spelling of the same bytes is another token.
 */
export function hashToken(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
