import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { v7 } from "uuid";

import { badRequest, headersTooLarge, requestTimeout } from "../errors/catalogue.ts";
import type { Fault } from "../errors/fault.ts";
import { errorDocument } from "./error-document.ts";

/** What Node keeps on a socket while it answers a request. */
interface Answering {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

/**
 * Answers what never became a request (no HTTP, headers too long, too slow) with an errors document, and closes the connection.
 * Nothing but the socket is there, so the bytes are written by hand. https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: Error & { readonly code?: string }, socket: Socket): void {
  const { _httpMessage: answer } = socket as Answering;
  if (error.code === "ECONNRESET" || !socket.writable || answer?.headersSent === true) {
    socket.destroy(error);
    return;
  }
  socket.end(rawAnswer(faultOf(error.code)), () => {
    socket.destroy();
  });
}

function faultOf(code: string | undefined): Fault {
  switch (code) {
    case "ERR_HTTP_REQUEST_TIMEOUT":
      return requestTimeout();
    case "HPE_HEADER_OVERFLOW":
      return headersTooLarge();
    default:
      return badRequest("The request is not well-formed HTTP.");
  }
}

function rawAnswer(fault: Fault): Buffer {
  const id = v7();
  const { mediaType, body } = errorDocument([fault], id, { plain: false });
  const head = [
    `HTTP/1.1 ${String(fault.status)} ${STATUS_CODES[fault.status] ?? ""}`,
    `Date: ${new Date().toUTCString()}`,
    `Content-Type: ${mediaType}`,
    `Content-Length: ${String(body.length)}`,
    "Cache-Control: no-store",
    // JSON:API 1.1, "Server Responsibilities".
    "Vary: Accept",
    "X-Content-Type-Options: nosniff",
    "Connection: close",
    `X-Request-Id: ${id}`,
  ];
  return Buffer.concat([Buffer.from(`${head.join("\r\n")}\r\n\r\n`), body]);
}
