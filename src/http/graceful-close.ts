import type { Socket } from "node:net";
import type { FastifyInstance } from "fastify";

/** How often connections that have become idle are closed while the server closes, in milliseconds. */
const SWEEP = 100;

/**
 * Lets `app.close()` finish the requests at hand and wait for nothing else: answers say `connection: close`, idle connections are
 * closed at once, and whatever is left after `drainMs` milliseconds is cut.
 */
export function closeGracefully(app: FastifyInstance, drainMs: number): void {
  let closing = false;
  const sockets = new Set<Socket>();
  app.server.on("connection", (socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });

  app.addHook("onSend", (_request, reply, payload, done) => {
    // Else a kept-alive connection stays open after its answer, and the server with it.
    if (closing) reply.header("connection", "close");
    done(null, payload);
  });

  app.addHook("preClose", (done) => {
    closing = true;
    const { server } = app;
    if (server.listening) {
      // Browsers open connections in advance. Node does not count one as idle before its first request.
      for (const socket of sockets) if (socket.bytesRead === 0) socket.destroy();
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
