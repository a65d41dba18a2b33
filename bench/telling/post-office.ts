/**
 * A stand-in for Postmark, as a process of its own so that its work is not in what is measured: takes every mail after as many
 * milliseconds as it is told. node dist/bench/telling/post-office.js 40: prints its URL.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const delay = Number(process.argv[2] ?? "40");
let count = 0;
const server = createServer((request, response) => {
  request.resume().on("end", () => {
    count += 1;
    const answer = { To: "", SubmittedAt: "", MessageID: `mail-${String(count)}`, ErrorCode: 0, Message: "OK" };
    setTimeout(() => {
      response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(answer));
    }, delay);
  });
});
server.listen(0, "127.0.0.1", () => {
  console.log(`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`);
});
