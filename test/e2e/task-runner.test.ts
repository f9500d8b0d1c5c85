import { createServer, request } from "node:http";
import { connect, type AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { inspect, type Inspection } from "../../src/drivers/docker/container-start.ts";
import type { ContainerSpec, TaskObservation, TaskSpec } from "../../src/ports/task-runner.ts";
import { follow, taskRunnerContract, taskSpec } from "../../src/testing/task-runner-contract.ts";
import { type TaskWorld, taskWorld } from "./task-world.ts";

taskRunnerContract("Docker", taskWorld);

async function inWorld(options: Parameters<typeof taskWorld>[0] = {}): Promise<TaskWorld> {
  const world = await taskWorld(options);
  onTestFinished(() => world[Symbol.asyncDispose]());
  return world;
}

const log = (stream: string): Pick<ContainerSpec, "log"> => ({
  log: { account: "123456789012", region: "us-east-1", group: "e2e", stream },
});

/** Starts the task and gives what it comes to. */
async function run(world: TaskWorld, spec: TaskSpec, until: "running" | "stopped"): Promise<TaskObservation> {
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  return task.until(until);
}

function get(address: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    request({ host: address, port }, (response) => {
      let body = "";
      response.on("data", (chunk: Buffer) => (body += chunk.toString()));
      response.on("end", () => resolve(body));
    })
      .on("error", reject)
      .end();
  });
}

/** A web server that answers with `text`; ready when its health check says so. */
const web = (world: TaskWorld, text: string): Partial<ContainerSpec> & Pick<ContainerSpec, "image" | "pullReference"> => ({
  ...world.shell(`mkdir /www; echo ${text} > /www/index.html; exec httpd -f -p 80 -h /www`),
  portMappings: [{ containerPort: 80, protocol: "tcp" }],
  stopTimeout: 1,
  healthCheck: { command: ["CMD-SHELL", "wget -q -O /dev/null http://127.0.0.1:80/"], interval: 1, timeout: 5, retries: 5, startPeriod: 0 },
});

async function healthy(world: TaskWorld, spec: TaskSpec): Promise<TaskObservation> {
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  return task.until(({ containers }) => containers.some(({ health }) => health === "HEALTHY"));
}

test("an awsvpc task answers on its own address, and the health check says when", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [web(world, "direct")]);
  const seen = await healthy(world, spec);
  const address = spec.network.mode === "awsvpc" ? spec.network.address : "";
  expect(seen.endpoints).toEqual([{ containerName: "app", containerPort: 80, address, port: 80 }]);
  expect(seen.containers[0]?.networkBindings).toEqual([]);
  expect(await get(address, 80)).toBe("direct\n");
});

test("where tasks cannot be reached directly, an awsvpc task answers on loopback", async () => {
  const world = await inWorld({ reach: "published" });
  for (const more of [[], [world.program({})]]) {
    const seen = await healthy(world, taskSpec(world, [web(world, "published"), ...more]));
    expect(seen.endpoints[0]?.address).toBe("127.0.0.1");
    expect(await get("127.0.0.1", seen.endpoints[0]!.port)).toBe("published\n");
  }
});

test("bridge: dynamic and static host ports, listening on loopback only", async () => {
  const world = await inWorld();
  const free = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => free.once("listening", resolve));
  const { port } = free.address() as AddressInfo;
  const portMappings = (hostPort: number): ContainerSpec["portMappings"] => [{ containerPort: 80, hostPort, protocol: "tcp" }];
  const taken = await run(
    world,
    taskSpec(world, [{ ...web(world, "x"), portMappings: portMappings(port) }], { network: { mode: "bridge" } }),
    "stopped",
  );
  expect(taken.stop).toEqual({ code: "TaskFailedToStart", reason: "Task failed to start" });
  expect(taken.containers[0]?.reason).toMatch(/^CannotStartContainerError: Error response from daemon: .*address already in use/);
  await new Promise((resolve) => free.close(resolve));

  const fixed = await healthy(
    world,
    taskSpec(world, [{ ...web(world, "fixed"), portMappings: portMappings(port) }], { network: { mode: "bridge" } }),
  );
  expect(fixed.containers[0]?.networkBindings).toEqual([{ containerPort: 80, hostPort: port, protocol: "tcp", bindIP: "0.0.0.0" }]);
  const dynamic = await healthy(
    world,
    taskSpec(world, [{ ...web(world, "dynamic"), portMappings: portMappings(0) }], { network: { mode: "bridge" } }),
  );
  const hostPort = dynamic.containers[0]!.networkBindings[0]!.hostPort;
  expect(hostPort).toBeGreaterThanOrEqual(32_768);
  expect(dynamic.endpoints).toEqual([{ containerName: "app", containerPort: 80, address: "127.0.0.1", port: hostPort }]);
  expect(await get("127.0.0.1", hostPort)).toBe("dynamic\n");
  const beyond = await new Promise((resolve) => {
    connect(hostPort, "172.17.0.1")
      .once("connect", () => resolve("connected"))
      .once("error", (error: NodeJS.ErrnoException) => resolve(error.code));
  });
  expect(beyond).toBe("ECONNREFUSED");
});

test("containers of an awsvpc task share its network namespace; a pause container holds it", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [
    { ...world.shell("wget -q -O - http://127.0.0.1:80/"), ...log("client"), dependsOn: [{ containerName: "c1", condition: "HEALTHY" }] },
    web(world, "shared"),
  ]);
  const stopped = await run(world, spec, "stopped");
  expect(world.lines("client")).toEqual(["shared"]);
  expect(stopped.containers[0]).toMatchObject({ exitCode: 0 });
  const filters = JSON.stringify({ label: [`airfield.instance=${world.instance}`] });
  const left = await world.engine.call<readonly { State: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
  expect(left.map(({ State }) => State)).toEqual(["exited", "exited", "exited"]);
  await world.runner().forget(spec.taskArn);
  expect(await world.engine.call("GET", "/containers/json", { query: { all: true, filters } })).toEqual([]);
});

test("memory exceeded: OutOfMemoryError and 137", async () => {
  const world = await inWorld();
  const stopped = await run(world, taskSpec(world, [{ ...world.shell("exec tail /dev/zero"), memory: 16 }]), "stopped");
  expect(stopped.containers[0]).toMatchObject({ exitCode: 137, reason: "OutOfMemoryError: Container killed due to memory usage" });
  expect(stopped.stop).toEqual({ code: "EssentialContainerExited", reason: "Essential container in task exited" });
});

test("what the specification says reaches the container", async () => {
  const world = await inWorld();
  const spec = taskSpec(
    world,
    [
      {
        ...world.shell(
          [
            "echo $GREETING; id -u; pwd; touch /nope 2>&1; touch /scratch/a /data/b && echo written; ulimit -n; cat /proc/sys/net/core/somaxconn",
            "cat /proc/1/comm; df -m /dev/shm | tail -1 | awk '{print $2}'; cat /sys/fs/cgroup/memory/memory.limit_in_bytes /sys/fs/cgroup/memory.max 2>/dev/null; hostname",
          ].join("\n"),
        ),
        ...log("spec"),
        entryPoint: ["/bin/busybox"],
        environment: { GREETING: "hello world" },
        user: "0",
        workingDirectory: "/data",
        readonlyRootFilesystem: true,
        memory: 64,
        memoryReservation: 32,
        cpu: 128,
        ulimits: [{ name: "nofile", softLimit: 2048, hardLimit: 4096 }],
        systemControls: { "net.core.somaxconn": "321" },
        linux: {
          initProcessEnabled: true,
          sharedMemorySize: 128,
          addCapabilities: ["SYS_PTRACE"],
          dropCapabilities: ["NET_RAW"],
          tmpfs: [{ containerPath: "/scratch", size: 8, mountOptions: ["rw"] }],
        },
        mountPoints: [{ sourceVolume: "data", containerPath: "/data", readOnly: false }],
        dockerLabels: { team: "blue" },
      },
    ],
    { cpu: 512, memory: 128, volumes: [{ name: "data", kind: "task" }] },
  );
  const stopped = await run(world, spec, "stopped");
  const hostname = spec.network.mode === "awsvpc" ? spec.network.hostname : "";
  expect(world.lines("spec")).toEqual([
    "hello world",
    "0",
    "/data",
    "touch: /nope: Read-only file system",
    "written",
    "2048",
    "321",
    "docker-init",
    "128",
    String(64 * 1024 * 1024),
    hostname,
  ]);
  const { HostConfig, Config } = (await inspect(world.engine, stopped.containers[0]!.runtimeId!)) as Inspection & {
    readonly HostConfig: Record<string, unknown>;
  };
  expect(HostConfig).toMatchObject({
    CpuShares: 128,
    CpuPeriod: 100_000,
    CpuQuota: 50_000,
    MemoryReservation: 32 * 1024 * 1024,
    MemorySwap: 64 * 1024 * 1024,
    CapAdd: ["SYS_PTRACE"],
    CapDrop: ["NET_RAW"],
  });
  expect(Config.Labels).toMatchObject({
    team: "blue",
    "airfield.task-arn": spec.taskArn,
    "airfield.container-name": "app",
    "com.amazonaws.ecs.task-arn": spec.taskArn,
    "com.amazonaws.ecs.cluster": "contract",
    "com.amazonaws.ecs.task-definition-family": "contract",
    "com.amazonaws.ecs.task-definition-version": "1",
  });
  expect(JSON.stringify(Config.Labels)).not.toContain("hello world");
  const volume = `/volumes/airfield-${world.instance}-${spec.taskId}-data`;
  await world.engine.call("GET", volume);
  await world.runner().forget(spec.taskArn);
  await expect(world.engine.call("GET", volume)).rejects.toMatchObject({ status: 404 });
});

test("no new privileges, no network, own devices, links and a limit of processes are the kernel's", async () => {
  const world = await inWorld();
  const hardened = taskSpec(
    world,
    [
      {
        ...world.shell(
          "grep NoNewPrivs /proc/1/status | cut -f2; ip -o link | wc -l; ls /dev/mine; cat /sys/fs/cgroup/pids/pids.max /sys/fs/cgroup/pids.max 2>/dev/null",
        ),
        ...log("hardened"),
        securityOptions: ["no-new-privileges"],
        networkDisabled: true,
        linux: { devices: [{ hostPath: "/dev/null", containerPath: "/dev/mine", permissions: ["read"] }] },
      },
    ],
    { launchType: "FARGATE", memory: 64 },
  );
  await run(world, hardened, "stopped");
  expect(world.lines("hardened")).toEqual(["1", "1", "/dev/mine", "512"]);
  const linked = taskSpec(
    world,
    [
      {
        ...world.shell("wget -q -O - http://db/"),
        ...log("linked"),
        links: [{ containerName: "side", alias: "db" }],
        dependsOn: [{ containerName: "side", condition: "HEALTHY" }],
      },
      { ...web(world, "by its alias"), name: "side", essential: false },
    ],
    { network: { mode: "bridge" } },
  );
  await run(world, linked, "stopped");
  expect(world.lines("linked")).toEqual(["by its alias"]);
});

test("a container with a restart policy runs again in its place, and its task goes on", async () => {
  const world = await inWorld();
  const again = taskSpec(world, [
    {
      ...world.shell("echo run; sleep 2; [ -f /again ] && exit 0; touch /again; exit 3"),
      ...log("restart"),
      restartPolicy: { ignoredExitCodes: [0], attemptPeriod: 1 },
    },
  ]);
  const stopped = await run(world, again, "stopped");
  expect(world.lines("restart")).toEqual(["run", "run"]);
  expect(stopped.containers[0]).toMatchObject({ exitCode: 0 });
});

test("a volume is shared by mountPoints and volumesFrom", async () => {
  const world = await inWorld();
  const spec = taskSpec(
    world,
    [
      {
        ...world.shell("cat /shared/note"),
        ...log("reader"),
        volumesFrom: [{ sourceContainer: "c1", readOnly: true }],
        dependsOn: [{ containerName: "c1", condition: "COMPLETE" }],
      },
      {
        ...world.shell("echo from c1 > /shared/note"),
        essential: false,
        mountPoints: [{ sourceVolume: "v", containerPath: "/shared", readOnly: false }],
      },
    ],
    { network: { mode: "bridge" }, volumes: [{ name: "v", kind: "task" }] },
  );
  await run(world, spec, "stopped");
  expect(world.lines("reader")).toEqual(["from c1"]);
});

test("a dependency that does not get healthy within its startTimeout fails the task", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [
    { ...world.program({}), dependsOn: [{ containerName: "c1", condition: "HEALTHY" }] },
    {
      ...world.program({}),
      startTimeout: 2,
      healthCheck: { command: ["CMD-SHELL", "false"], interval: 1, timeout: 2, retries: 1, startPeriod: 0 },
    },
  ]);
  const stopped = await run(world, spec, "stopped");
  expect(stopped.stop?.code).toBe("TaskFailedToStart");
  expect(stopped.containers[0]?.reason).toMatch(/^CannotStartContainerError: dependency graph: .*has timed out\.$/);
});

test("long lines arrive whole, also from a terminal, and empty lines are left out", async () => {
  const world = await inWorld();
  const long = "head -c 40000 /dev/zero | tr '\\0' x; echo; echo; echo end; echo err >&2";
  await run(world, taskSpec(world, [{ ...world.shell(long), ...log("plain") }]), "stopped");
  expect(world.lines("plain").toSorted()).toEqual(["end", "err", "x".repeat(40_000)]);
  await run(world, taskSpec(world, [{ ...world.shell(long), ...log("terminal"), pseudoTerminal: true }]), "stopped");
  expect(world.lines("terminal")).toEqual(["x".repeat(40_000), "end", "err"]);
});

test("what is printed last arrives: without a line feed, at a signal, and of a container that prints a lot and exits at once", async () => {
  const world = await inWorld();
  const endings = Array.from({ length: 6 }, (_, at) => `part-${at}`);
  const parts = endings.map((stream) =>
    run(world, taskSpec(world, [{ ...world.shell("printf part; sleep 1"), ...log(stream) }]), "stopped"),
  );
  const much = run(
    world,
    taskSpec(world, [{ ...world.shell("yes $(seq -s - 100 115) | head -c 4194304; printf end"), ...log("much") }]),
    "stopped",
  );
  const signalled = taskSpec(world, [
    { ...world.shell("trap 'printf bye; exit 0' TERM; echo up; while :; do sleep 0.1; done"), ...log("bye") },
  ]);
  await run(world, signalled, "running");
  const ended = follow(world.runner(), signalled.taskArn).until("stopped");
  await expect.poll(() => world.lines("bye"), { timeout: 30_000 }).toEqual(["up"]);
  world.runner().stop(signalled.taskArn);
  await Promise.all([...parts, much, ended]);
  expect(endings.map((stream) => world.lines(stream))).toEqual(endings.map(() => ["part"]));
  expect(world.lines("bye")).toEqual(["up", "bye"]);
  expect(world.lines("much")).toHaveLength(4_194_304 / 64 + 1);
  expect(world.lines("much").at(-1)).toBe("end");
});

test("an event may have several lines", async () => {
  const world = await inWorld();
  const printed = world.shell("echo INFO a; echo '  at x'; echo '  at y'; echo ERROR b");
  const { log: place } = log("joined");
  await run(world, taskSpec(world, [{ ...printed, log: { ...place!, multilinePattern: "^(INFO|ERROR)" } }]), "stopped");
  expect(world.lines("joined")).toEqual(["INFO a\n  at x\n  at y\n", "ERROR b\n"]);
});

test("lines are stored while the container runs, and a burst loses nothing", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [{ ...world.shell("seq 1 20000; echo last; sleep 600"), ...log("burst") }]);
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  await task.until("running");
  // However long that takes here: the container goes on.
  await expect.poll(() => world.lines("burst").at(-1), { timeout: 120_000 }).toBe("last");
  expect(world.lines("burst")).toEqual([...Array.from({ length: 20_000 }, (_, at) => String(at + 1)), "last"]);
});

test("after a crash the log goes on without a lost or repeated line", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [
    { ...world.shell("i=0; while [ $i -lt 40 ]; do i=$((i+1)); echo line $i; echo error $i >&2; usleep 50000; done"), ...log("resumed") },
  ]);
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  await task.until("running");
  await expect.poll(() => world.lines("resumed").length, { timeout: 10_000 }).toBeGreaterThan(10);
  const next = await world.crash();
  const after = follow(next, spec.taskArn);
  await next.adopt();
  await after.until("stopped");
  const numbered = (word: string): string[] => Array.from({ length: 40 }, (_, at) => `${word} ${at + 1}`);
  const of = (word: string): string[] => world.lines("resumed").filter((line) => line.startsWith(word));
  expect(of("line")).toEqual(numbered("line"));
  expect(of("error")).toEqual(numbered("error"));
});

test("created and not started: the task is continued when its specification is delivered again", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [world.program({}), world.program({})]);
  const before = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  await before.until("running");
  // What a crash between create and start leaves: one container runs, the other only exists.
  const name = `airfield-${world.instance}-${spec.taskId}-c1`;
  const next = await world.crash();
  const was = (await inspect(world.engine, name)) as Inspection & {
    readonly Config: Record<string, unknown>;
    readonly HostConfig: unknown;
  };
  await world.engine.call("DELETE", `/containers/${name}`, { query: { force: true } });
  await world.engine.call("POST", "/containers/create", {
    query: { name },
    body: { ...was.Config, Hostname: "", HostConfig: was.HostConfig },
  });
  expect((await inspect(world.engine, name)).State.Status).toBe("created");
  const running = (await inspect(world.engine, `airfield-${world.instance}-${spec.taskId}-app`)).Id;
  const task = follow(next, spec.taskArn);
  const [adopted] = await next.adopt();
  expect(adopted).toMatchObject({ phase: "creating", containers: [{ status: "RUNNING" }, { status: "PENDING" }] });
  next.start(spec);
  const seen = await task.until("running");
  expect(seen.containers[0]?.runtimeId).toBe(running);
  expect(seen.containers[1]?.status).toBe("RUNNING");
});

test("a container removed behind the runner's back stops its task; a network removed is made anew", async () => {
  const world = await inWorld();
  const spec = taskSpec(world, [world.program({})]);
  const task = follow(world.runner(), spec.taskArn);
  world.runner().start(spec);
  const running = await task.until("running");
  await world.engine.call("DELETE", `/containers/${running.containers[0]?.runtimeId}`, { query: { force: true } });
  expect((await task.until("stopped")).stop).toEqual({ code: "EssentialContainerExited", reason: "Essential container in task exited" });
  await world.engine.call("DELETE", `/networks/airfield-${world.instance}-vpc-${world.instance}`);
  expect((await run(world, taskSpec(world, [world.program({})]), "running")).containers[0]?.status).toBe("RUNNING");
});

test("host and none networks, and a shared PID namespace", async () => {
  const world = await inWorld();
  await run(world, taskSpec(world, [{ ...world.shell("ip -o link | wc -l"), ...log("none") }], { network: { mode: "none" } }), "stopped");
  expect(world.lines("none")).toEqual(["1"]);
  const host = await run(
    world,
    taskSpec(world, [{ ...world.program({}), portMappings: [{ containerPort: 61_234, protocol: "tcp" }] }], { network: { mode: "host" } }),
    "running",
  );
  expect(host.endpoints).toEqual([{ containerName: "app", containerPort: 61_234, address: "127.0.0.1", port: 61_234 }]);
  const shared = taskSpec(world, [{ ...world.shell("cat /proc/1/comm"), ...log("pid") }, world.program({})], { pidMode: "task" });
  await run(world, shared, "stopped");
  expect(world.lines("pid")).toEqual(["pause"]);
});

test(
  "killed at any point of a start, the next runner finishes it: each container is there once and runs",
  { timeout: 120_000 },
  async () => {
    const world = await inWorld();
    // Two containers: look for the network, make it, look for the pause image, create and start three containers, follow a log.
    for (let requests = 0; requests <= 12; requests += 1) {
      const spec = taskSpec(world, [{ ...world.program({ prints: ["once"] }), ...log(`killed-${requests}`) }, world.program({})]);
      const running = follow(world.runner(), spec.taskArn).until("running");
      const cut = world.line().cutAfter(requests);
      world.runner().start(spec);
      await Promise.race([cut, running]);
      const next = await world.crash();
      const task = follow(next, spec.taskArn);
      await next.adopt();
      next.start(spec);
      const seen = await task.until("running");
      expect(seen.containers.map(({ status }) => status)).toEqual(["RUNNING", "RUNNING"]);
      const filters = JSON.stringify({ label: [`airfield.task-arn=${spec.taskArn}`] });
      const there = await world.engine.call<readonly { State: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
      expect(there.map(({ State }) => State)).toEqual(["running", "running", "running"]);
      next.stop(spec.taskArn);
      await task.until("stopped");
      expect(world.lines(`killed-${requests}`)).toEqual(["once"]);
      await next.forget(spec.taskArn);
    }
  },
);

test("an engine that goes away and comes back: nothing that happened meanwhile is missed", async () => {
  const world = await inWorld();
  const loud = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo line $i; usleep 50000; done";
  const [ends, stays, late] = [
    taskSpec(world, [{ ...world.shell(loud), ...log("away") }]),
    taskSpec(world, [world.program({ healthy: true })]),
    taskSpec(world, [world.program({})]),
  ];
  const [ending, staying, coming] = [ends, stays, late].map(({ taskArn }) => follow(world.runner(), taskArn)) as [
    ReturnType<typeof follow>,
    ReturnType<typeof follow>,
    ReturnType<typeof follow>,
  ];
  world.runner().start(ends);
  world.runner().start(stays);
  await Promise.all([ending.until("running"), staying.until("running")]);
  world.line().cut();
  world.runner().start(late);
  const { runtimeId } = ending.history.at(-1)!.containers[0]!;
  await world.engine.call("POST", `/containers/${runtimeId}/wait`);
  expect(ending.history.at(-1)?.phase).toBe("running");
  world.line().mend();
  expect((await ending.until("stopped")).containers[0]).toMatchObject({ exitCode: 0 });
  expect(world.lines("away")).toEqual(Array.from({ length: 30 }, (_, at) => `line ${at + 1}`));
  await staying.until(({ containers }) => containers[0]?.health === "HEALTHY");
  await coming.until("running");
});
