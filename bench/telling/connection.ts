import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** As they came: name and value, in their order. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
  /** From the first byte sent until the last one received. */
  readonly milliseconds: number;
}

export interface Request {
  readonly method: string;
  readonly path: string;
  readonly body?: unknown;
  readonly token?: string;
}

/**
 * One kept-alive connection, one request at a time. By hand, on a socket: an HTTP client's own work would blur what is measured.
 */
export class Connection {
  readonly #socket: Socket;
  readonly #host: string;
  #received = "";
  #done: ((answer: Answer) => void) | undefined;
  #sentAt = 0n;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setNoDelay(true).setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      this.#receive(chunk);
    });
  }

  static async to(url: string): Promise<Connection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    return new Connection(socket, host);
  }

  ask({ method, path, body, token }: Request): Promise<Answer> {
    const text = body === undefined ? "" : JSON.stringify(body);
    const type = path.startsWith("/v1/auth/") ? "application/json" : "application/vnd.api+json";
    const head = [
      `${method} ${path} HTTP/1.1`,
      `Host: ${this.#host}`,
      `Accept: ${type}`,
      ...(token === undefined ? [] : [`Authorization: Bearer ${token}`]),
      ...(text === "" ? [] : [`Content-Type: ${type}`, `Content-Length: ${String(Buffer.byteLength(text))}`]),
    ];
    return new Promise((resolve) => {
      this.#done = resolve;
      this.#sentAt = process.hrtime.bigint();
      this.#socket.write(`${head.join("\r\n")}\r\n\r\n${text}`);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: string): void {
    const at = process.hrtime.bigint();
    this.#received += chunk;
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: *(\d+)/i.exec(this.#received.slice(0, end + 2))?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const [statusLine = "", ...lines] = this.#received.slice(0, end).split("\r\n");
    const body = this.#received.slice(end + 4);
    this.#received = "";
    this.#done?.({
      status: Number(statusLine.split(" ")[1]),
      headers: lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 2)] as const),
      body,
      milliseconds: Number(at - this.#sentAt) / 1e6,
    });
  }
}
