import { once } from "node:events";
import { connect, type Socket } from "node:net";

export interface Answer {
  readonly status: number;
  /** Seconds; undefined where the answer has no such header. */
  readonly retryAfter: number | undefined;
}

/**
 * One kept-alive HTTP/1.1 connection, one request at a time, on a bare socket: the load client shares the machine with the server
 * that it measures, and must cost as little as it can.
 */
export class Connection {
  readonly #socket: Socket;
  #received = "";
  #answered: ((answer: Answer) => void) | undefined;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (chunk: Buffer) => {
      this.#received += chunk.toString("latin1");
      this.#read();
    });
    const gone = () => this.#finish({ status: 0, retryAfter: undefined });
    socket.on("error", gone);
    socket.on("close", gone);
  }

  static async open(port: number): Promise<Connection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new Connection(socket);
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed && this.#socket.writable;
  }

  /** Status 0: the connection was closed without an answer. */
  ask(request: Buffer): Promise<Answer> {
    // A socket that is closed already would say nothing any more.
    if (!this.isOpen) return Promise.resolve({ status: 0, retryAfter: undefined });
    return new Promise((resolve) => {
      this.#received = "";
      this.#answered = resolve;
      this.#socket.write(request);
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #read(): void {
    const end = this.#received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/\r\ncontent-length: (\d+)/i.exec(this.#received)?.[1] ?? 0);
    if (this.#received.length < end + 4 + length) return;
    const retryAfter = /\r\nretry-after: (\d+)/i.exec(this.#received)?.[1];
    this.#finish({
      status: Number(this.#received.slice(9, 12)),
      retryAfter: retryAfter === undefined ? undefined : Number(retryAfter),
    });
  }

  #finish(answer: Answer): void {
    const answered = this.#answered;
    this.#answered = undefined;
    answered?.(answer);
  }
}

/** Connections that are lent out one request at a time; up to `most` of them. */
export class Pool {
  readonly #port: number;
  readonly #most: number;
  readonly #idle: Connection[] = [];
  readonly #waiting: (() => void)[] = [];
  #open = 0;

  constructor(port: number, most: number) {
    this.#port = port;
    this.#most = most;
  }

  async ask(request: Buffer): Promise<Answer> {
    const connection = await this.#take();
    try {
      return await connection.ask(request);
    } finally {
      if (connection.isOpen) this.#idle.push(connection);
      else this.#open -= 1;
      this.#waiting.shift()?.();
    }
  }

  close(): void {
    for (const connection of this.#idle) connection.close();
  }

  async #take(): Promise<Connection> {
    for (;;) {
      const idle = this.#idle.pop();
      if (idle?.isOpen === true) return idle;
      if (idle !== undefined) {
        this.#open -= 1;
        continue;
      }
      if (this.#open < this.#most) {
        this.#open += 1;
        return await Connection.open(this.#port);
      }
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }
}
