import type { FastifyInstance } from "fastify";

/** How often connections that have become idle are closed while the server closes, in milliseconds. */
const SWEEP = 100;

/**
 * Lets `app.close()` finish the requests at hand and wait for nothing else: answers say `connection: close`, idle connections are
 * closed at once, and whatever is left after `drainMs` milliseconds is cut.
 */
export function closeGracefully(app: FastifyInstance, drainMs: number): void {
  let closing = false;

  app.addHook("onSend", (_request, reply, payload, done) => {
    // Else a kept-alive connection stays open after its answer, and the server with it.
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });

  app.addHook("preClose", (done) => {
    closing = true;
    const { server } = app;
    if (server.listening) {
      // Node checks slow clients no longer once a server closes: a half-sent request would hold it for ever.
      const cut = setTimeout(() => {
        server.closeAllConnections();
      }, drainMs);
      const sweep = setInterval(() => {
        server.closeIdleConnections();
      }, SWEEP);
      server.once("close", () => {
        clearTimeout(cut);
        clearInterval(sweep);
      });
    }
    done();
  });
}
