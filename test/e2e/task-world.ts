import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type DockerEngine, dockerEngine, EngineError } from "../../src/drivers/docker/engine.ts";
import { dockerTaskRunner, type DockerTaskRunnerOptions } from "../../src/drivers/docker/runner.ts";
import { systemClock } from "../../src/drivers/system/clock.ts";
import type { ContainerSpec, LogSink, TaskNetwork, TaskRunner } from "../../src/ports/task-runner.ts";
import { buildImage } from "../../src/testing/images.ts";
import type { TaskRunnerWorld } from "../../src/testing/task-runner-contract.ts";

const SOCKET = process.env["DOCKER_HOST"]?.replace(/^unix:\/\//, "") ?? "/var/run/docker.sock";
const IMAGE = "airfield-test/programs:1";

export interface TaskWorld extends TaskRunnerWorld {
  readonly engine: DockerEngine;
  readonly instance: string;
  readonly image: string;
  /** A container of the test image that runs a line of shell. */
  shell(line: string): Pick<ContainerSpec, "image" | "pullReference" | "command">;
  /** Between the runner that lives now and the engine. */
  line(): Line;
  /** What the runners had to say to an operator. */
  readonly warnings: string[];
}

/** A way to the engine that can be cut: to a runner behind it the engine is gone, and to the engine the runner is dead. */
export interface Line extends AsyncDisposable {
  readonly socketPath: string;
  /** Nothing passes any more, until it is mended. */
  cut(): void;
  mend(): void;
  /** Cuts the line when so many more requests have passed; resolves then. */
  cutAfter(requests: number): Promise<void>;
}

async function line(): Promise<Line> {
  const socketPath = join(tmpdir(), `airfield-line-${randomBytes(6).toString("hex")}.sock`);
  const open = new Set<Socket>();
  let whole = true;
  let left = Number.POSITIVE_INFINITY;
  let onCut: () => void = () => undefined;
  const cut = (): void => {
    whole = false;
    left = Number.POSITIVE_INFINITY;
    for (const socket of open) socket.destroy();
    onCut();
  };
  const server = createServer((near) => {
    if (!whole) {
      near.destroy();
      return;
    }
    const far = connect(SOCKET);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(socket);
      socket.on("error", () => undefined);
      socket.on("close", () => {
        open.delete(socket);
        other.destroy();
      });
    }
    near.on("data", (chunk) => {
      far.write(chunk);
      // A request of this client fits into one chunk, or two where its body is long.
      if (/^(GET|POST|DELETE) /.test(chunk.toString("latin1", 0, 7)) && (left -= 1) === 0) setImmediate(cut);
    });
    far.on("data", (chunk) => near.write(chunk));
    near.on("end", () => far.end());
    far.on("end", () => near.end());
  }).listen(socketPath);
  await once(server, "listening");
  return {
    socketPath,
    cut,
    mend: () => void (whole = true),
    cutAfter: (requests) =>
      new Promise((resolve) => {
        onCut = resolve;
        left = requests;
        if (requests === 0) cut();
      }),
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      await once(server, "close");
    },
  };
}

let built: Promise<void> | undefined;

/** A real engine, an installation of its own on it, and nothing left behind. */
export async function taskWorld(options: Partial<DockerTaskRunnerOptions> = {}): Promise<TaskWorld> {
  // The image has a health check that never passes: ECS ignores it.
  await (built ??= buildImage({ name: IMAGE, instructions: ["HEALTHCHECK --interval=1s CMD false"] }));
  const engine = dockerEngine({ socketPath: SOCKET });
  const instance = `test${randomBytes(4).toString("hex")}`;
  const vpc = { vpcId: `vpc-${instance}`, octet: 64 + (randomBytes(1)[0]! % 128) };
  const stored = new Map<string, string[]>();
  const positions = new Map<string, string>();
  const warnings: string[] = [];
  let count = 1;

  const makeRunner = async (): Promise<{ runner: TaskRunner; way: Line; dead: { value: boolean } }> => {
    const way = await line();
    // What a killed process would still write must not count.
    const dead = { value: false };
    const logSink: LogSink = {
      begin({ stream }) {
        if (!dead.value) stored.set(stream, stored.get(stream) ?? []);
        return Promise.resolve();
      },
      write({ stream }, lines, position) {
        if (dead.value) return new Promise(() => undefined);
        // What was not begun has no place.
        const known = stored.get(stream);
        known?.push(...lines.map(({ message }) => message));
        positions.set(stream, position);
        return Promise.resolve();
      },
      resumeFrom: ({ stream }) => Promise.resolve(positions.get(stream)),
    };
    const logger = (message: string): void => void warnings.push(message);
    return {
      runner: await dockerTaskRunner({ socketPath: way.socketPath, instance, clock: systemClock, logSink, logger, ...options }),
      way,
      dead,
    };
  };

  let current = await makeRunner();
  const all = [current];
  const shell = (line: string): Pick<ContainerSpec, "image" | "pullReference" | "command"> => ({
    image: IMAGE,
    pullReference: IMAGE,
    command: ["sh", "-c", line],
  });

  return {
    engine,
    instance,
    image: IMAGE,
    warnings,
    shell,
    runner: () => current.runner,
    line: () => current.way,
    program({ prints = [], exits, stubborn, healthy, image, executable }) {
      if (image === "missing") return { image: "localhost:1/nothing:here", pullReference: "localhost:1/nothing:here" };
      if (executable === "missing") return { image: IMAGE, pullReference: IMAGE, command: ["/no/such/program"] };
      const trap = stubborn ? "trap '' TERM" : "trap 'exit 0' TERM";
      const end = exits === undefined ? "while :; do sleep 1000 & wait; done" : `exit ${exits}`;
      return {
        ...shell([trap, ...prints.map((line) => `echo '${line}'`), end].join("\n")),
        ...(healthy && { healthCheck: { command: ["CMD-SHELL", "true"], interval: 1, timeout: 5, retries: 3, startPeriod: 0 } }),
      };
    },
    network(): TaskNetwork {
      count += 1;
      return {
        mode: "awsvpc",
        vpcId: vpc.vpcId,
        vpcCidr: `10.${vpc.octet}.0.0/16`,
        address: `10.${vpc.octet}.1.${count}`,
        hostname: `ip-10-${vpc.octet}-1-${count}`,
      };
    },
    id: () => randomBytes(16).toString("hex"),
    begun: (stream) => stored.has(stream),
    lines: (stream) => stored.get(stream) ?? [],
    async crash() {
      current.dead.value = true;
      current.way.cut();
      current = await makeRunner();
      all.push(current);
      return current.runner;
    },
    kill: ({ runtimeId }) => engine.call("POST", `/containers/${runtimeId}/kill`),
    async [Symbol.asyncDispose]() {
      await Promise.all(all.map(({ runner }) => runner.close()));
      await Promise.all(all.map(({ way }) => way[Symbol.asyncDispose]()));
      const filters = JSON.stringify({ label: [`airfield.instance=${instance}`] });
      const ignoreGone = (error: unknown): void => {
        if (!(error instanceof EngineError && (error.status === 404 || error.status === 409))) throw error;
      };
      const containers = await engine.call<readonly { Id: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
      await Promise.all(
        containers.map(({ Id }) => engine.call("DELETE", `/containers/${Id}`, { query: { v: true, force: true } }).catch(ignoreGone)),
      );
      const volumes = await engine.call<{ Volumes: readonly { Name: string }[] | null }>("GET", "/volumes", { query: { filters } });
      await Promise.all((volumes.Volumes ?? []).map(({ Name }) => engine.call("DELETE", `/volumes/${Name}`).catch(ignoreGone)));
      const networks = await engine.call<readonly { Id: string }[]>("GET", "/networks", { query: { filters } });
      await Promise.all(networks.map(({ Id }) => engine.call("DELETE", `/networks/${Id}`).catch(ignoreGone)));
      engine.close();
    },
  };
}
