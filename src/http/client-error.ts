import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";

import { newId } from "../db/id.ts";
import { badRequest, headersTooLarge, requestTimeout } from "../errors/catalogue.ts";
import type { Fault } from "../errors/fault.ts";
import { errorDocument } from "./error-document.ts";

/** What Node keeps on a socket while it answers a request. */
interface Answering {
  readonly _httpMessage?: { readonly headersSent: boolean } | null;
}

interface ClientError extends Error {
  readonly code?: string;
  /** What came last: a Buffer, whatever Fastify's types say. */
  readonly rawPacket?: unknown;
}

/**
 * Answers what never became a request (no HTTP, headers too long, too slow) with an errors document, and closes the connection.
 * Nothing but the socket is there, so the bytes are written by hand. https://nodejs.org/api/http.html#event-clienterror
 */
export function answerClientError(error: ClientError, socket: Socket): void {
  const { _httpMessage: answer } = socket as Answering;
  if (error.code === "ECONNRESET" || !socket.writable || answer?.headersSent === true) {
    socket.destroy(error);
    return;
  }
  // Bytes behind the head of an answer to HEAD would be taken for the next answer.
  const { rawPacket } = error;
  const isHead = Buffer.isBuffer(rawPacket) && rawPacket.toString("latin1", 0, 5) === "HEAD ";
  socket.end(rawAnswer(faultOf(error.code), isHead), () => {
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

function rawAnswer(fault: Fault, isHead: boolean): Buffer {
  const id = newId();
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
  const headBytes = Buffer.from(`${head.join("\r\n")}\r\n\r\n`);
  return isHead ? headBytes : Buffer.concat([headBytes, body]);
}
