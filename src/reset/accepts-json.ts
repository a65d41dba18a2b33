import Negotiator from "negotiator";

const JSON_TYPES = ["application/json", "application/vnd.api+json"];

/**
 * Whether an `Accept` header allows JSON by either of its names, whatever parameters stand beside. RFC 9110, section 12.5.1.
 */
export function acceptsJson(accept: string | undefined): boolean {
  if (accept === undefined) return true;
  const withoutParameters = accept.replaceAll(/"(?:[^"\\]|\\.)*"/g, "quoted").replaceAll(/;\s*(?!q\s*=)[^;,]*/gi, "");
  return new Negotiator({ headers: { accept: withoutParameters } }).mediaType(JSON_TYPES) !== undefined;
}

/** Whether a `Content-Type` header names JSON by either of its names. */
export function isJson(contentType: string | undefined): boolean {
  const type = contentType?.split(";")[0]?.trim().toLowerCase();
  return type !== undefined && JSON_TYPES.includes(type);
}
