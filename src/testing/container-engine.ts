import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface EngineContainer {
  readonly id: string;
  name: string;
  running: boolean;
  started: boolean;
  readonly labels: Readonly<Record<string, string>>;
  readonly networkMode: string;
}

/** A Docker engine on a socket of its own that has containers, and nothing in them: they run until they are killed or removed. It tells their deaths as events. */
export interface ContainerEngine extends AsyncDisposable {
  readonly socketPath: string;
  readonly containers: ReadonlyMap<string, EngineContainer>;
  /** Requests in their order, such as `POST /containers/create app`; those that only ask are left out. */
  readonly asked: readonly string[];
  kill(id: string): void;
}

interface CreateBody {
  readonly Labels: Readonly<Record<string, string>>;
  readonly HostConfig: { readonly NetworkMode: string };
}

export async function containerEngine(): Promise<ContainerEngine> {
  const folder = await mkdtemp(join(tmpdir(), "container-engine-"));
  const socketPath = join(folder, "engine.sock");
  const containers = new Map<string, EngineContainer>();
  const asked: string[] = [];
  const streams = new Set<ServerResponse>();
  let count = 0;

  const find = (of: string): EngineContainer | undefined => containers.get(of) ?? [...containers.values()].find(({ name }) => name === of);
  const tell = ({ id, labels }: EngineContainer, Action: string): void => {
    const now = Date.now();
    const message = { Action, Actor: { ID: id, Attributes: { ...labels, exitCode: "137" } }, time: now / 1000, timeNano: now * 1e6 };
    for (const stream of streams) stream.write(`${JSON.stringify(message)}\n`);
  };
  const kill = (id: string): void => {
    const found = find(id);
    if (!found?.running) return;
    found.running = false;
    tell(found, "die");
  };
  const inspection = ({ id, name, running, started, labels, networkMode }: EngineContainer): unknown => ({
    Id: id,
    Name: `/${name}`,
    Config: { Labels: labels },
    HostConfig: { NetworkMode: networkMode },
    State: {
      Status: running ? "running" : started ? "exited" : "created",
      StartedAt: started ? new Date().toISOString() : "0001-01-01T00:00:00Z",
      FinishedAt: new Date().toISOString(),
      ExitCode: 137,
      Error: "",
    },
    NetworkSettings: { Networks: {} },
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "", "http://engine");
    const path = url.pathname.replace(/^\/v\d+\.\d+/, "");
    const send = (status: number, body: unknown = {}): void =>
      void response.writeHead(status, { "content-type": "application/json", "api-version": "1.47" }).end(JSON.stringify(body));
    if (path === "/events") {
      streams.add(response);
      response.on("close", () => streams.delete(response));
      response.flushHeaders();
      return;
    }
    if (path === "/info") return send(200, { OperatingSystem: "Linux", Architecture: "x86_64", SecurityOptions: [] });
    if (path === "/networks" && request.method === "GET") return send(200, []);
    if (path.startsWith("/images/"))
      return send(200, { Id: "sha256:1", RepoDigests: [/^\/images\/(.*)\/json$/.exec(path)?.[1]], RepoTags: [] });
    if (path.endsWith("/logs")) return void response.writeHead(200).end();
    let text = "";
    for await (const chunk of request) text += String(chunk);
    if (path === "/containers/json")
      return send(
        200,
        [...containers.values()].map(({ id, labels, running }) => ({
          Id: id,
          Labels: labels,
          State: running ? "running" : "exited",
          Status: "",
        })),
      );
    if (path === "/containers/create") {
      const name = url.searchParams.get("name") ?? "";
      if (find(name)) return send(409, { message: `Conflict: ${name}` });
      const { Labels: labels, HostConfig } = JSON.parse(text) as CreateBody;
      const id = (count += 1).toString(16).padStart(64, "0");
      containers.set(id, { id, name, running: false, started: false, labels, networkMode: HostConfig.NetworkMode });
      asked.push(`create ${name}`);
      return send(201, { Id: id, Warnings: [] });
    }
    const [, kind, of = "", verb] = path.split("/");
    if (kind !== "containers") return send(200);
    const found = find(of);
    if (!found) return send(404, { message: `No such container: ${of}` });
    if (request.method === "GET") return send(200, inspection(found));
    asked.push(`${verb ?? "remove"} ${found.name}`);
    if (verb === "rename") found.name = url.searchParams.get("name") ?? "";
    if (verb === "start") found.running = found.started = true;
    if (verb === "stop" || verb === "kill") kill(found.id);
    if (request.method === "DELETE") {
      kill(found.id);
      containers.delete(found.id);
      tell(found, "destroy");
    }
    send(200);
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return {
    socketPath,
    containers,
    asked,
    kill,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(folder, { recursive: true });
    },
  };
}
