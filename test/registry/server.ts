import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** What came in. */
interface Seen {
  readonly method: string;
  readonly url: string;
  readonly authorization: string | undefined;
}

/** A server on this machine that a test scripts: what it is asked, and how it answers. */
export interface TestServer {
  /** `127.0.0.1:<port>` */
  readonly host: string;
  readonly seen: Seen[];
  close(): Promise<void>;
}

export type Answerer = (request: IncomingMessage, response: ServerResponse, server: TestServer) => void;

export async function serve(answer: Answerer): Promise<TestServer> {
  const seen: Seen[] = [];
  const http = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    seen.push({ method, url, authorization: headers.authorization });
    answer(request, response, server);
  });
  await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
  const server: TestServer = {
    host: `127.0.0.1:${(http.address() as AddressInfo).port}`,
    seen,
    close: () => {
      http.closeAllConnections();
      return new Promise((resolve) => http.close(() => resolve()));
    },
  };
  return server;
}
