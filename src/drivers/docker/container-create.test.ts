import { describe, expect, test } from "vitest";
import type { ContainerSpec, TaskSpec, TaskVolume } from "../../ports/task-runner.ts";
import { createTaskContainer } from "./container-create.ts";
import { EngineError, type DockerEngine } from "./engine.ts";
import { HostMounts } from "./host-mounts.ts";
import { ResolverFiles } from "./resolver-files.ts";
import type { TaskSurroundings } from "./surroundings.ts";
import { planTask } from "./task-plan.ts";

const TASK = "arn:aws:ecs:us-east-1:123456789012:task/c/t1";
const IMAGE = `sha256:${"1".repeat(64)}`;

const NETWORK: TaskSpec["network"] = {
  ...{ mode: "awsvpc", vpcId: "vpc-1", vpcCidr: "10.0.0.0/16", address: "10.0.0.5", hostname: "ip-10-0-0-5.ec2.internal" },
  ...{ resolver: "10.0.0.2", names: { servers: ["AmazonProvidedDNS"], search: [] } },
};

class SeenFiles extends ResolverFiles {
  override async pathOf(text: string): Promise<string | undefined> {
    return (await super.pathOf("a\n").catch(() => "")) === undefined ? undefined : `/resolver/${text === "" ? "b" : "a"}`;
  }
}

interface Created {
  readonly Image: string;
  readonly HostConfig: { readonly Mounts?: readonly { readonly Type: string; readonly Source: string }[] };
}

/** An engine that has the volumes and images of these names, and a host that gives every path below `/real`, or refuses it. */
function world({
  volumes = [] as readonly string[],
  images = [IMAGE],
  refuses = (_path: string): boolean => false,
  call: given = undefined as DockerEngine["call"] | undefined,
  resolver = undefined as { readonly isSeen: boolean } | undefined,
} = {}) {
  const created: Created[] = [];
  const gone: string[] = [];
  const asked: string[] = [];
  const hostMounts = new HostMounts();
  const call = (method: string, path: string, { body }: { body?: Created } = {}): Promise<unknown> => {
    const volume = /^\/volumes\/(.*)$/.exec(path)?.[1];
    if (volume !== undefined && !volumes.includes(volume)) return Promise.reject(new EngineError(404, `get ${volume}: no such volume`));
    if (method !== "POST") return Promise.resolve({});
    if (body && !images.includes(body.Image)) return Promise.reject(new EngineError(404, `No such image: ${body.Image}`));
    const unseen = body?.HostConfig.Mounts?.find(({ Source }) => Source.startsWith("/resolver/"));
    if (unseen && !resolver?.isSeen)
      return Promise.reject(
        new EngineError(400, `invalid mount config for type "bind": bind source path does not exist: ${unseen.Source}`),
      );
    if (body) created.push(body);
    return Promise.resolve({ Id: "c1" });
  };
  const at = {
    engine: { call: given ?? call },
    images: { gone: (id: string) => void gone.push(id) },
    hostMounts,
    hostPath: (path: string, account: string) => {
      asked.push(`${account} ${path}`);
      return refuses(path)
        ? Promise.reject(new Error(`the host path ${path} cannot be mounted: it leads through a link`))
        : Promise.resolve(`/real${path}`);
    },
    networks: { nameOf: ({ vpcId }: { readonly vpcId: string }) => vpcId },
    resolverFiles: new SeenFiles("/resolver"),
    settings: { instance: "i", publishOn: "127.0.0.1", dnsServers: [], gatewayNames: false, extraHosts: [] },
  } as unknown as TaskSurroundings;
  const create = (
    volume: TaskVolume,
    { readOnly = false, image = IMAGE, pull = (): Promise<string> => Promise.reject(new Error("no pull")) } = {},
  ) => {
    const app: ContainerSpec = {
      name: "app",
      image: "app:1",
      pullReference: image,
      essential: true,
      environment: {},
      portMappings: [],
      mountPoints: [{ sourceVolume: volume.name, containerPath: "/v", readOnly }],
      volumesFrom: [],
      dependsOn: [],
    };
    const spec: TaskSpec = {
      taskArn: TASK,
      taskId: "t1",
      clusterName: "c",
      family: "f",
      network: resolver ? NETWORK : { mode: "none" },
      containers: [app],
      volumes: [volume],
    };
    return createTaskContainer(at, planTask(spec, { instance: "i", published: false }), spec, app, pull);
  };
  const mounted = (): readonly unknown[] =>
    created.flatMap(({ HostConfig }) => (HostConfig.Mounts ?? []).map(({ Type, Source }) => `${Type} ${Source}`));
  return { create, created, mounted, hostMounts, gone, asked };
}

test("a container has what its VPC says as its resolver's file; on an engine that sees other files, what the engine says", async () => {
  const seen = world({ resolver: { isSeen: true } });
  await seen.create({ name: "t", kind: "task" });
  expect(seen.mounted()).toContain("bind /resolver/a");
  const unseen = world({ resolver: { isSeen: false } });
  await unseen.create({ name: "t", kind: "task" });
  await unseen.create({ name: "t", kind: "task" });
  expect([unseen.created.length, unseen.mounted().filter((one) => String(one).startsWith("bind"))]).toEqual([2, []]);
});

const host = (path: string): TaskVolume => ({ name: "h", kind: "host", path });

describe("a path of the host", () => {
  test("is looked at for the task's account when it is mounted, and once more when nobody can change it any more", async () => {
    const { create, mounted, asked } = world();
    await create(host("/srv/a"));
    expect(mounted()).toEqual(["bind /real/srv/a"]);
    expect(asked).toEqual(["123456789012 /srv/a", "123456789012 /srv/a"]);
  });

  test("that may not be mounted makes no container", async () => {
    const { create, created } = world({ refuses: () => true });
    await expect(create(host("/srv/a"))).rejects.toThrow(
      "CannotCreateContainerError: the host path /srv/a cannot be mounted: it leads through a link",
    );
    expect(created).toEqual([]);
  });

  test("that changes while it is claimed makes none either", async () => {
    let looks = 0;
    const { create, created } = world({ refuses: () => (looks += 1) > 1 });
    await expect(create(host("/srv/a"))).rejects.toThrow("it leads through a link");
    expect(created).toEqual([]);
  });

  test("in one that another task can write to has to wait for that task's end", async () => {
    const { create, created, hostMounts } = world();
    hostMounts.hold("arn:other", { path: "/real/srv", writable: true });
    await expect(create(host("/srv/a"))).rejects.toThrow("the host path /srv/a cannot be mounted while a task has /real/srv mounted");
    expect(created).toEqual([]);
    hostMounts.release("arn:other");
    await create(host("/srv/a"), { readOnly: true });
    // It is held for reading only: who may write around it could still exchange it.
    expect(hostMounts.claim("arn:other", { path: "/real/srv", writable: true })).toBe("/real/srv/a");
    expect(hostMounts.claim("arn:other", { path: "/real/srv/a/x", writable: true })).toBeUndefined();
  });
});

describe("a shared volume that is not to be made", () => {
  const shared = (kind: "account" | "engine"): TaskVolume => ({ name: "db", kind, autoprovision: false });

  test("is the account's own, and who opens the engine's is told where it is missing", async () => {
    await expect(world({ volumes: ["db"] }).create(shared("account"))).rejects.toThrow(
      "CannotCreateVolumeError: get airfield-i-123456789012-db: no such volume; the operator opens the engine's own volume db with AIRFIELD_HOST_VOLUMES=123456789012=db",
    );
    const { create, mounted } = world({ volumes: ["airfield-i-123456789012-db"] });
    await create(shared("account"));
    expect(mounted()).toEqual(["volume airfield-i-123456789012-db"]);
  });

  test("is the engine's of that name where the operator has opened it", async () => {
    const { create, mounted } = world({ volumes: ["db"] });
    await create(shared("engine"));
    expect(mounted()).toEqual(["volume db"]);
  });
});

test("a container is made from the image's id; where that is gone meanwhile it is pulled again", async () => {
  const next = `sha256:${"2".repeat(64)}`;
  const { create, created, gone } = world({ images: [next] });
  await create({ name: "t", kind: "task" }, { pull: () => Promise.resolve(next) });
  expect(created.map(({ Image }) => Image)).toEqual([next]);
  expect(gone).toEqual([IMAGE]);
});

test.each([
  ["was to share a network that is gone is made anew", "container:gone", false, ["DELETE c1", "create"]],
  ["shares a network that is there is gone on with", "container:there", false, []],
  ["was started already is gone on with, whatever became of that", "container:gone", true, []],
])("a container of an earlier life that %s", async (_what, NetworkMode, started, expected) => {
  const asked: string[] = [];
  let there = true;
  const existing = {
    Id: "c1",
    Name: "/c1",
    Config: { Labels: { "airfield.task-arn": TASK } },
    HostConfig: { NetworkMode },
    State: { StartedAt: started ? "2026-01-01T00:00:00Z" : "0001-01-01T00:00:00Z", Error: "" },
    NetworkSettings: {},
  };
  const call = (method: string, path: string): Promise<unknown> => {
    if (method === "DELETE") {
      there = false;
      asked.push(`DELETE ${path.split("/")[2]}`);
    }
    if (method === "POST" && there) return Promise.reject(new EngineError(409, "the name is in use"));
    if (method === "POST") asked.push("create");
    if (path === "/containers/gone/json") return Promise.reject(new EngineError(404, "No such container: gone"));
    return Promise.resolve(method === "GET" ? existing : { Id: "c2" });
  };
  const made = await world({ call: call as DockerEngine["call"] }).create({ name: "t", kind: "task" });
  expect([made.id, made.existing?.Id, asked]).toEqual(expected.length > 0 ? ["c2", undefined, expected] : ["c1", "c1", []]);
});
