// GET /metrics for Prometheus on a local port. Answers nothing else; no log-in, so it must stay local.

import { createServer, type Server } from 'node:http';

/** Opens the port; `collect` returns the exposition text. Rejects with the system's error. */
export async function openMetricsServer(
  address: string,
  port: number,
  collect: () => Promise<{ readonly contentType: string; readonly text: string }>,
): Promise<Server> {
  const server = createServer({ requestTimeout: 10_000, headersTimeout: 5_000 }, (request, response) => {
    if (request.method !== 'GET' || request.url !== '/metrics') {
      response.writeHead(404, { 'content-type': 'text/plain' }).end('only GET /metrics\n');
      return;
    }
    collect().then(
      ({ contentType, text }) => response.writeHead(200, { 'content-type': contentType }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.maxConnections = 20;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port }, resolve);
  });
  return server;
}
