import { connect } from "node:net";
import fc from "fast-check";
import t from "tap";

import { conversations, type Pieces } from "../fixtures/fuzz/bytes.ts";
import { fuzz } from "../fixtures/fuzz/runs.ts";
import { Scene } from "../fixtures/fuzz/scene.ts";

/** For how long the server may say nothing before we hang up (milliseconds): it may be waiting for more. */
const SILENCE = 60;

/** Everything that the server says, until it hangs up or has no more to say. */
async function converse(port: number, pieces: Pieces): Promise<string> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  const heard: Buffer[] = [];
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.on("data", (chunk) => heard.push(chunk));
  // The server may hang up while we talk.
  socket.on("error", () => undefined);
  for (const piece of pieces) {
    socket.write(Buffer.from(piece, "latin1"));
    await new Promise((resolve) => setImmediate(resolve));
  }
  socket.setTimeout(SILENCE, () => socket.destroy());
  await closed;
  return Buffer.concat(heard).toString("latin1");
}

/** Splits what was heard into answers, by their lengths. @throws {Error} where it is none */
function answersIn(heard: string): { status: number; head: string; body: string }[] {
  const answers = [];
  for (let rest = heard; rest !== "";) {
    const end = rest.indexOf("\r\n\r\n");
    const head = rest.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (end < 0 || Number.isNaN(status)) throw new Error(`no answer: ${rest.slice(0, 500)}`);
    const after = rest.slice(end + 4);
    const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
    // An answer to HEAD tells of a body that does not come.
    const hasBody =
      status >= 200 && status !== 204 && status !== 304 && !/^HTTP\/1\.1 \d{3} /.test(after) && after !== "";
    const body = hasBody ? after.slice(0, length) : "";
    answers.push({ status, head, body });
    rest = hasBody ? after.slice(length) : after;
  }
  return answers;
}

void t.test(
  "whatever bytes come, each connection gets answers that are whole or is closed, and the server lives",
  async (t) => {
    const scene = await Scene.make(t);
    let answered = 0;
    await fuzz(
      t,
      fc.asyncProperty(conversations, async (pieces) => {
        const heard = await converse(
          scene.port,
          pieces.map((piece) => scene.fill(piece)),
        );
        for (const { status, head, body } of answersIn(heard)) {
          answered += 1;
          if (status >= 500) throw new Error(`${head}\n\n${body}`);
          if (status === 100) continue;
          if (!/^x-request-id: /im.test(head)) throw new Error(`answered past all of ours: ${head}\n\n${body}`);
          if (/^content-type: application\/(vnd\.api\+)?json/im.test(head) && body !== "")
            JSON.parse(Buffer.from(body, "latin1").toString());
          else if (status >= 400 && body !== "") throw new Error(`a fault in no document: ${head}\n\n${body}`);
        }
        const { status } = await scene.client.send({ method: "GET", path: "/healthz", headers: {} });
        if (status !== 200) throw new Error(`the server is ${String(status)}`);
        const complaints = await scene.evidence.complaints();
        if (complaints.length > 0) throw new Error(complaints.join("\n"));
        await scene.restore();
      }),
      250,
    );
    t.ok(answered > 0);
    t.same(await scene.evidence.broken(), []);
  },
);
