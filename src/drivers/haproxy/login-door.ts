import { once } from "node:events";
import { rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { LoginAnswer, LoginHandler, LoginRequest } from "../../ports/login-door.ts";
import { openOwnFolder } from "../filesystem/own-folder.ts";
import { page } from "./error-pages.ts";
import { GATE_HEADER, LOGIN_SOCKET, SESSION_HEADER } from "./render-login.ts";

const TITLES: Readonly<Record<number, string>> = {
  302: "302 Found",
  307: "307 Temporary Redirect",
  400: "400 Bad Request",
  401: "401 Authorization Required",
  500: "500 Internal Server Error",
  561: "561",
};

/** Answers the requests that HAProxy hands on to the login, at a socket in its folder: nobody else gets there. @param directory in which HAProxy runs */
export async function openLoginDoor(directory: string, handler: LoginHandler): Promise<AsyncDisposable> {
  const folder = await openOwnFolder(directory);
  const socket = `${folder.path}/${LOGIN_SOCKET}`;
  // HAProxy has taken a whole head of at most its own buffer, and adds a session in base64 to it.
  const server = createServer({ maxHeaderSize: 64 * 1024 }, (request, response) => {
    // What a client sends is not looked at: it sends it again once it has logged in.
    request.resume();
    void handler(read(request)).then((answer) => write(response, answer));
  });
  // Of a control plane that ended without closing it.
  await rm(socket, { force: true });
  server.listen(socket);
  await once(server, "listening");
  return {
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      server.closeAllConnections();
      await closed;
      await folder[Symbol.asyncDispose]();
    },
  };
}

function read({ headers, url = "/" }: IncomingMessage): LoginRequest {
  const { [GATE_HEADER]: gate, [SESSION_HEADER]: session } = headers;
  return {
    host: headers.host ?? "",
    target: url,
    cookies: cookiesOf(headers.cookie ?? ""),
    ...(typeof gate === "string" && { gate }),
    ...(typeof session === "string" && { session: Buffer.from(session, "base64").toString("latin1") }),
  };
}

/** Of two of one name the first counts. */
function cookiesOf(header: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const pair of header.split(";")) {
    const [name = "", ...value] = pair.split("=");
    if (name.trim() !== "" && !found.has(name.trim())) found.set(name.trim(), value.join("=").trim());
  }
  return found;
}

function write(response: ServerResponse, { status, location, cookies = [] }: LoginAnswer): void {
  const title = TITLES[status] ?? String(status);
  response.writeHead(status, title.replace(/^\d+ ?/, ""), {
    "content-type": "text/html",
    "cache-control": "no-store",
    ...(location !== undefined && { location }),
    ...(cookies.length > 0 && { "set-cookie": [...cookies] }),
  });
  response.end(page(title));
}
