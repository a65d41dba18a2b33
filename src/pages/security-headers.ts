/** What every page needs of its own; all else is forbidden. */
const PAGE_POLICY = {
  "default-src": "'none'",
  "script-src": "'self'",
  "style-src": "'self'",
  "img-src": "'self'",
  "connect-src": "'self'",
  "base-uri": "'none'",
  // Scripts send what is typed; a form that goes out by itself would carry a password to wherever it is told.
  "form-action": "'none'",
  "frame-ancestors": "'none'",
  "require-trusted-types-for": "'script'",
  "trusted-types": "'none'",
};

/** Swagger UI has images in its styles, and puts together HTML of its own. What it shows comes from us, and stays here. */
const DOCS_POLICY = {
  ...withoutTrustedTypes(PAGE_POLICY),
  "img-src": "'self' data:",
};

/** A mail is written by strangers: no scripts, no requests, an origin of nobody's. Its links open pages that are free of all this. */
const MAIL_POLICY = {
  "default-src": "'none'",
  "style-src": "'unsafe-inline'",
  "base-uri": "'none'",
  "form-action": "'none'",
  "frame-ancestors": "'self'",
  sandbox: "allow-popups allow-popups-to-escape-sandbox",
};

const YEAR = 365 * 24 * 60 * 60;

/**
 * The headers of every page and of what belongs to it. OWASP HTTP Headers Cheat Sheet; CSP Level 3; Trusted Types.
 *
 * @param isHttps whether the public address is one of https: then browsers are told to come by no other way
 * @param frames whether the page shows frames of its own origin
 */
export function pageHeaders({ isHttps, frames = false }: { isHttps: boolean; frames?: boolean }) {
  return {
    ...commonHeaders(isHttps),
    "content-security-policy": policy({ ...PAGE_POLICY, ...(frames ? { "frame-src": "'self'" } : {}) }),
    "cross-origin-opener-policy": "same-origin",
    "x-frame-options": "DENY",
  };
}

/** The headers of the documentation's page: as those of every page, with the policy that Swagger UI can work under. */
export function docsHeaders({ isHttps }: { isHttps: boolean }) {
  return { ...pageHeaders({ isHttps }), "content-security-policy": policy(DOCS_POLICY) };
}

/**
 * The headers of a mail's HTML, shown in a frame. Without an opener policy: with one, browsers refuse a sandboxed page (HTML,
 * "navigate": a response with COOP and sandboxing flags is a network error).
 */
export function mailHeaders({ isHttps }: { isHttps: boolean }) {
  return {
    ...commonHeaders(isHttps),
    "content-security-policy": policy(MAIL_POLICY),
    "x-frame-options": "SAMEORIGIN",
  };
}

function commonHeaders(isHttps: boolean) {
  return {
    "cache-control": "no-store",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-robots-tag": "noindex, nofollow",
    ...(isHttps ? { "strict-transport-security": `max-age=${String(YEAR)}` } : {}),
  };
}

function withoutTrustedTypes({
  "require-trusted-types-for": _require,
  "trusted-types": _types,
  ...others
}: typeof PAGE_POLICY) {
  return others;
}

function policy(directives: Readonly<Record<string, string>>): string {
  return Object.entries(directives)
    .map(([name, value]) => `${name} ${value}`)
    .join("; ");
}
