/** From where a request comes. */
export interface Client {
  /** IPv4 or IPv6 address; behind a trusted proxy the one that the proxy reports. */
  readonly ipAddress: string;
  /** The `User-Agent` header, shortened to 512 characters; null when there is none. */
  readonly userAgent: string | null;
  /** The language, of those that mails can be written in, that the request likes best; null when it says nothing of it. */
  readonly language: string | null;
}

/** Who makes a request. Decided once a request, by the session whose token it carries. */
export interface Caller {
  /** Null: nobody is logged in. */
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly isAdmin: boolean;
  /** A bearer token was sent. With `userId` null it was no good. */
  readonly tokenSent: boolean;
  readonly client: Client;
}

/** Who makes a request of which nothing is known. */
export const NOBODY: Caller = {
  userId: null,
  sessionId: null,
  isAdmin: false,
  tokenSent: false,
  client: { ipAddress: "", userAgent: null, language: null },
};
