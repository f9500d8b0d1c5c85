import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { OCI_IMAGE, type SmallImage } from "./small-image.ts";

/** A registry elsewhere, as far as who pulls sees it; what it does wrong is told it by the test. */
export interface FakeUpstream extends AsyncDisposable {
  /** `127.0.0.1:<port>`. */
  readonly host: string;
  /** `METHOD path`, in the order in which they came. */
  readonly requests: string[];
  /** The headers of the last request. */
  headers: IncomingMessage["headers"];
  /** How it wants to know who asks; open to everybody where absent. */
  auth?: { readonly scheme: "basic" | "bearer"; readonly username: string; readonly password: string };
  /** Answers in the place of the registry where it gives an answer: for what goes wrong. */
  instead?: (request: IncomingMessage, response: ServerResponse) => boolean;
  /** Puts an image into a repository, under a tag and its digest. */
  put(
    repository: string,
    tag: string,
    image: Pick<SmallImage, "digest" | "text"> & Partial<Pick<SmallImage, "blobs">>,
    type?: string,
  ): void;
  delete(repository: string, reference: string): void;
}

const TOKEN = "a-token-of-the-upstream";

export async function fakeUpstream(): Promise<FakeUpstream> {
  const manifests = new Map<string, { readonly text: string; readonly digest: string; readonly type: string }>();
  const blobs = new Map<string, Buffer>();
  const server = createServer((request, response) => {
    const { method = "GET", url = "/" } = request;
    upstream.requests.push(`${method} ${url.split("?")[0]}`);
    upstream.headers = request.headers;
    if (upstream.instead?.(request, response) === true) return;
    if (url.startsWith("/token")) return giveToken(request, response);
    if (!isKnown(request)) return challenge(response);
    const [, repository = "", kind = "", reference = ""] = /^\/v2\/(.+)\/(manifests|blobs)\/(.+)$/.exec(url) ?? [];
    const manifest = kind === "manifests" ? manifests.get(`${repository} ${reference}`) : undefined;
    const blob = kind === "blobs" ? blobs.get(`${repository} ${reference}`) : undefined;
    const body = url === "/v2/" ? Buffer.from("{}") : manifest ? Buffer.from(manifest.text) : blob;
    if (!body) return void response.writeHead(404).end();
    response.writeHead(200, {
      "content-length": body.length,
      ...(manifest && { "content-type": manifest.type, "docker-content-digest": manifest.digest }),
    });
    response.end(method === "HEAD" ? undefined : body);
  });

  function isKnown({ headers }: IncomingMessage): boolean {
    const { auth } = upstream;
    if (!auth) return true;
    return headers.authorization === (auth.scheme === "basic" ? basic(auth) : `Bearer ${TOKEN}`);
  }

  function challenge(response: ServerResponse): void {
    const bearer = `Bearer realm="http://${upstream.host}/token",service="fake, and odd",scope="repository:x:pull"`;
    response.writeHead(401, { "www-authenticate": upstream.auth?.scheme === "basic" ? 'Basic realm="fake"' : bearer }).end();
  }

  function giveToken({ headers }: IncomingMessage, response: ServerResponse): void {
    const known = upstream.auth && headers.authorization === basic(upstream.auth);
    response.writeHead(known ? 200 : 401).end(JSON.stringify(known ? { token: TOKEN, expires_in: 300 } : {}));
  }

  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const upstream: FakeUpstream = {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    headers: {},
    put(repository, tag, { digest, text, blobs: parts = [] }, type = OCI_IMAGE) {
      for (const reference of [tag, digest]) manifests.set(`${repository} ${reference}`, { text, digest, type });
      for (const part of parts) blobs.set(`${repository} ${part.digest}`, part.bytes);
    },
    delete: (repository, reference) => void manifests.delete(`${repository} ${reference}`),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return upstream;
}

function basic({ username, password }: { readonly username: string; readonly password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}
