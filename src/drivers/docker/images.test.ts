import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ContainerSpec } from "../../ports/task-runner.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { silentEngine } from "../../testing/silent-engine.ts";
import { dockerEngine, EngineError, EngineTimeoutError, type DockerEngine } from "./engine.ts";
import { Images } from "./images.ts";
import { PulledImages } from "./pulled-images.ts";

const digest = (character: string): string => `sha256:${character.repeat(64)}`;
const [ONE, OTHER] = [digest("1"), digest("2")];
const [A, B] = ["111111111111", "222222222222"];
const UNREACHABLE = "Get https://registry.example/v2/: dial tcp: lookup registry.example on 127.0.0.11:53: no such host";
const DENIED = "pull access denied for registry.example/app, repository does not exist or may require 'docker login'";

type Answer = { readonly gives: string } | { readonly fails: string };

/** An engine as generous as Docker's: what begins an image's id names it, alone, or as the tag of a repository that has it. */
class GenerousEngine {
  /** By the short name, such as `app:1` or `registry.example/app@sha256:…`. */
  readonly names = new Map<string, string>();
  readonly pulls: string[] = [];
  /** What the engine is, and what images were made for. */
  own = "amd64";
  readonly made = new Map<string, string>();
  readonly platforms: unknown[] = [];
  answer: (reference: string, password: string | undefined) => Answer = () => ({ fails: UNREACHABLE });

  has(id: string, ...names: readonly string[]): void {
    for (const name of names) this.names.set(name, id);
  }

  readonly engine: DockerEngine = {
    socketPath: "",
    apiVersion: () => Promise.resolve("1.41"),
    ping: () => Promise.resolve(),
    close: () => undefined,
    call: <T>(_method: string, path: string): Promise<T> => {
      if (path === "/version") return Promise.resolve({ Arch: this.own } as T);
      const asked = /^\/images\/(.*)\/json$/.exec(path)?.[1] ?? "";
      const id = this.names.get(short(asked)) ?? this.#byId(asked);
      if (id === undefined) return Promise.reject(new EngineError(404, `No such image: ${asked}`));
      const names = [...this.names].flatMap(([name, of]) => (of === id ? name : []));
      const answer = {
        Id: id,
        RepoTags: names.filter((name) => !name.includes("@")),
        RepoDigests: names.filter((name) => name.includes("@")),
        Architecture: this.made.get(id) ?? "amd64",
      };
      return Promise.resolve(answer as T);
    },
    stream: (_method, _path, { query, headers } = {}) => {
      const reference = String(query?.["fromImage"]);
      this.pulls.push(reference);
      this.platforms.push(query?.["platform"]);
      const auth = headers?.["x-registry-auth"];
      const password = auth && (JSON.parse(Buffer.from(auth, "base64url").toString()) as { password: string }).password;
      const answer = this.answer(reference, password);
      if ("fails" in answer) return Promise.reject(new EngineError(500, answer.fails));
      const name = short(reference);
      this.has(answer.gives, name, `${name.replace(/[:@][^/]*$/, "")}@${answer.gives}`);
      return Promise.resolve(Readable.from([Buffer.from(`${JSON.stringify({ status: `Digest: ${answer.gives}` })}\n`)]));
    },
  };

  #byId(asked: string): string | undefined {
    const begins = asked.replace(/^.*:/, "").replace(/^sha256:/, "");
    return [...this.names.values()].find((id) => begins !== "" && id.slice(7).startsWith(begins));
  }
}

function short(reference: string): string {
  return reference.replace(/^docker\.io\/(?:library\/)?/, "");
}

function world(made: { readonly madeHere?: boolean; readonly pulled?: PulledImages } = {}) {
  const docker = new GenerousEngine();
  const pulled = made.pulled ?? new PulledImages();
  const images = new Images(docker.engine, new ManualClock(), pulled, made.madeHere ?? true);
  const ready = async (
    image: string | Pick<ContainerSpec, "pullReference" | "registryAuth" | "storedImage" | "architecture" | "unreachable">,
    account = A,
  ) => {
    const of = typeof image === "string" ? { pullReference: image } : image;
    return ((await images.stored(of)) ?? (await images.pull(of, account))).id;
  };
  return { docker, images, ready };
}

const as = (password: string, pullReference = "registry.example/app:1") => ({ pullReference, registryAuth: { username: "u", password } });

describe("an image's id is no name of it", () => {
  test.each([
    ["the beginning of an id", "111"],
    ["eight digits of it", "11111111"],
    ["the beginning as a tag of its repository", "registry.example/app:1111"],
    ["a tag that is not there", "registry.example/app:2"],
  ])("%s", async (_what, reference) => {
    const { docker, ready } = world();
    docker.has(ONE, "registry.example/app:1", `registry.example/app@${ONE}`);
    await expect(ready(reference)).rejects.toThrow("CannotPullContainerError: Error response from daemon: Get https://registry.example");
    expect(docker.pulls).toEqual([reference.includes("/") ? reference : `docker.io/library/${reference}:latest`]);
  });

  test.each([["1".repeat(64)], [ONE], ["../containers/json?x="], ["Repo/App:Tag"]])("%s is not asked for at all", async (reference) => {
    const { docker, ready } = world();
    docker.has(ONE, "app:latest");
    await expect(ready(reference)).rejects.toThrow("CannotPullContainerError: Error response from daemon: invalid reference format");
    expect(docker.pulls).toEqual([]);
  });
});

describe("a digest that the registry has said yes to", () => {
  const granted = { pullReference: `localhost:4566/app@${ONE}`, storedImage: "granted" } as const;

  test("is taken from the engine, and the engine is asked for it once", async () => {
    const { docker, images, ready } = world();
    docker.has(ONE, `localhost:4566/app@${ONE}`);
    expect(await ready(granted)).toBe(ONE);
    docker.names.clear();
    expect(await ready(granted)).toBe(ONE);
    expect(docker.pulls).toEqual([]);
    images.gone(ONE);
    await expect(ready(granted)).rejects.toThrow("CannotPullContainerError");
  });

  test("is pulled where the engine has it under another name only", async () => {
    const { docker, ready } = world();
    docker.has(ONE, `localhost:4701/app@${ONE}`);
    docker.answer = () => ({ gives: ONE });
    expect(await ready(granted)).toBe(ONE);
    expect(docker.pulls).toEqual([granted.pullReference]);
  });
});

describe("an image for another architecture", () => {
  const NONE = (platform: string): string =>
    `CannotPullContainerError: pull image manifest has been retried 1 time(s): image Manifest does not contain descriptor matching platform '${platform}'`;

  test.each([
    ["what was made for another, where nothing is said", "amd64", undefined, "arm64", "linux/amd64"],
    ["what is the engine's own, where another was asked for", "amd64", "arm64", "amd64", "linux/arm64/v8"],
    ["on an engine of another kind, too", "arm64", "amd64", "arm64", "linux/amd64"],
    ["what neither of them runs", "arm64", undefined, "s390x", "linux/amd64"],
  ] as const)("is not run: %s", async (_what, own, architecture, made, platform) => {
    const { docker, ready } = world();
    Object.assign(docker, { own });
    docker.made.set(ONE, made);
    docker.answer = () => ({ gives: ONE });
    await expect(ready({ pullReference: "registry.example/app:1", ...(architecture && { architecture }) })).rejects.toThrow(NONE(platform));
    const stored = { pullReference: `localhost:4566/app@${ONE}`, storedImage: "granted", ...(architecture && { architecture }) } as const;
    docker.has(ONE, `localhost:4566/app@${ONE}`);
    await expect(ready(stored)).rejects.toThrow(NONE(platform));
  });

  test.each([
    ["the engine's own where nothing is said", "arm64", undefined, "arm64", undefined],
    ["what ECS means by nothing, on an engine of another kind", "arm64", undefined, "amd64", undefined],
    ["another that was asked for, pulled for it", "amd64", "arm64", "arm64", "linux/arm64"],
    ["what does not say what it was made for", "amd64", "amd64", "", undefined],
  ] as const)("is run: %s", async (_what, own, architecture, made, platform) => {
    const { docker, ready } = world();
    Object.assign(docker, { own });
    docker.made.set(ONE, made);
    docker.answer = () => ({ gives: ONE });
    expect(await ready({ pullReference: "registry.example/app:1", ...(architecture && { architecture }) })).toBe(ONE);
    expect(docker.platforms).toEqual([platform]);
  });

  test("is told of in AWS's words where the index has none", async () => {
    const { docker, ready } = world();
    docker.answer = () => ({ fails: "no matching manifest for linux/arm64/v8 in the manifest list entries" });
    await expect(ready({ pullReference: "registry.example/app:1", architecture: "arm64" })).rejects.toThrow(NONE("linux/arm64/v8"));
  });
});

test("where the registry's word is final, what the engine has does not count", async () => {
  const { docker, ready } = world();
  docker.has(ONE, "localhost:4566/hub/app:1");
  await expect(ready({ pullReference: "localhost:4566/hub/app:1", storedImage: "never" })).rejects.toThrow("no such host");
});

describe("an image that was made on the engine", () => {
  test.each([UNREACHABLE, DENIED])("is everybody's under its own tag, whatever the registry says: %s", async (fails) => {
    const { docker, ready } = world();
    docker.has(ONE, "app:1");
    docker.answer = () => ({ fails });
    expect([await ready("app:1", A), await ready("app:1", B)]).toEqual([ONE, ONE]);
  });

  test("is told apart from others without asking a registry", async () => {
    const { docker, images, ready } = world();
    docker.has(ONE, "app:1", `app@${ONE}`, "hub/given:1");
    docker.answer = () => ({ gives: ONE });
    await ready("hub/given:1");
    const pulls = docker.pulls.length;
    const told = ["app:1", "app", `app@${ONE}`, "hub/given:1", "hub/other:1", "Not An Image"].map((name) => images.isMadeHere(name));
    expect(await Promise.all(told)).toEqual([true, false, false, false, false, false]);
    expect(docker.pulls).toHaveLength(pulls);
  });

  test("is nobody's where the operator says so", async () => {
    const { docker, images, ready } = world({ madeHere: false });
    docker.has(ONE, "app:1");
    expect(await images.isMadeHere("app:1")).toBe(false);
    await expect(ready("app:1")).rejects.toThrow("CannotPullContainerError");
  });

  test("is not told by a digest, which a registry gave", async () => {
    const { docker, ready } = world();
    docker.has(ONE, `app@${ONE}`);
    await expect(ready(`app@${ONE}`)).rejects.toThrow("CannotPullContainerError");
  });
});

describe("an image that a registry gave to anybody", () => {
  test("is used by everybody while the registry cannot be asked, and by nobody once it says no", async () => {
    const { docker, ready } = world();
    docker.answer = () => ({ gives: ONE });
    expect(await ready("registry.example/app:1", A)).toBe(ONE);
    docker.answer = () => ({ fails: UNREACHABLE });
    expect(await ready("registry.example/app:1", B)).toBe(ONE);
    expect(await ready(`registry.example/app@${ONE}`, B)).toBe(ONE);
    docker.answer = () => ({ fails: DENIED });
    for (const account of [A, B]) await expect(ready("registry.example/app:1", account)).rejects.toThrow("pull access denied");
  });
});

describe("an image whose registry the task has no way to", () => {
  const unreachable = "CannotPullContainerError: failed to do request: dial tcp 192.0.2.1:443: i/o timeout";

  test("is not pulled, and not taken from what the registry gave before", async () => {
    const { docker, ready } = world();
    docker.answer = () => ({ gives: ONE });
    expect(await ready("registry.example/app:1")).toBe(ONE);
    docker.pulls.length = 0;
    await expect(ready({ pullReference: "registry.example/app:1", unreachable })).rejects.toThrow(unreachable);
    expect(docker.pulls).toEqual([]);
  });

  test("is used where it was made on the engine", async () => {
    const { docker, ready } = world();
    docker.has(ONE, "app:1");
    expect(await ready({ pullReference: "app:1", unreachable })).toBe(ONE);
    expect(docker.pulls).toEqual([]);
  });
});

describe("an image that a registry gave to an account with its credentials", () => {
  test("is used by that account alone while the registry cannot be asked", async () => {
    const { docker, ready } = world();
    docker.answer = (_reference, password) => (password === "a" ? { gives: ONE } : { fails: DENIED });
    expect(await ready(as("a"), A)).toBe(ONE);
    for (const fails of [UNREACHABLE, DENIED]) {
      docker.answer = () => ({ fails });
      for (const other of ["registry.example/app:1", `registry.example/app@${ONE}`, as("b")])
        await expect(ready(other, B)).rejects.toThrow(fails);
    }
    docker.answer = () => ({ fails: UNREACHABLE });
    expect(await ready(as("a"), A)).toBe(ONE);
  });

  test("does not pass for one that was made here while it is being pulled, nor after a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "airfield-pulled-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "pulled-images.jsonl");
    const first = world({ pulled: await PulledImages.open(file) });
    first.docker.answer = () => {
      // The engine has it, and we have not been told yet.
      first.docker.has(ONE, "registry.example/app:1");
      return { fails: "the control plane died" };
    };
    await expect(first.ready(as("a"), A)).rejects.toThrow("died");
    const second = world({ pulled: await PulledImages.open(file) });
    second.docker.has(ONE, "registry.example/app:1");
    await expect(second.ready("registry.example/app:1", B)).rejects.toThrow("no such host");
  });

  test("is remembered for it over a restart", async () => {
    const folder = await mkdtemp(join(tmpdir(), "airfield-pulled-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, "pulled-images.jsonl");
    const first = world({ pulled: await PulledImages.open(file) });
    first.docker.answer = () => ({ gives: ONE });
    await first.ready(as("a"), A);
    const second = world({ pulled: await PulledImages.open(file) });
    second.docker.has(ONE, "registry.example/app:1");
    expect(await second.ready(as("a"), A)).toBe(ONE);
    await expect(second.ready("registry.example/app:1", B)).rejects.toThrow("no such host");
  });
});

test("two accounts that pull one tag at a time each get what their registry gave them", async () => {
  const { docker, ready } = world();
  docker.answer = (_reference, password) => ({ gives: password === "a" ? ONE : OTHER });
  const of = (password: string) => ({ ...as(password, "localhost:4566/hub/app:1"), storedImage: "never" as const });
  expect(await Promise.all([ready(of("a"), A), ready(of("b"), B)])).toEqual([ONE, OTHER]);
});

describe("a pull that stands still", () => {
  /** An engine whose pull tells of one layer and then nothing, or of nothing at all. */
  async function stalled(begins: boolean) {
    const silent = await silentEngine({
      "POST /images/create": (_, response) => void (begins && response.write('{"status":"Downloading"}\n')),
      "GET /images/registry.example/app:1/json": (_, response) => void response.writeHead(404).end(),
    });
    const clock = new ManualClock();
    const engine = dockerEngine({ socketPath: silent.socketPath, clock });
    onTestFinished(async () => {
      engine.close();
      await silent[Symbol.asyncDispose]();
    });
    await engine.apiVersion();
    const stream: DockerEngine["stream"] = async (...call) => {
      const opened = await engine.stream(...call);
      // Whether its first words were read is what the silence is counted from.
      opened.once("data", () => setImmediate(() => begun()));
      return opened;
    };
    let begun: () => void = () => undefined;
    const firstWords = new Promise<void>((resolve) => (begun = resolve));
    const pulled = new Images({ ...engine, stream }, clock, new PulledImages(), true).pull(as("p"), A);
    pulled.catch(() => undefined);
    await silent.asked("POST /images/create");
    return { silent, clock, pulled, firstWords };
  }

  test("after it began has failed in the agent's words when nothing came for a minute", async () => {
    const { clock, pulled, firstWords } = await stalled(true);
    await firstWords;
    clock.advance(60_000);
    await expect(pulled).rejects.toThrow("CannotPullContainerError: inactivity time exceeded timeout while pulling image");
  });

  test("before it began has five minutes", async () => {
    const { clock, pulled } = await stalled(false);
    clock.advance(300_000);
    await expect(pulled).rejects.toThrow("DockerTimeoutError: Could not transition to pullBegin; timed out after waiting 5m0s");
  });

  test("for an engine that hangs has not failed: it is for who asked to try again", async () => {
    const { silent, clock, pulled, firstWords } = await stalled(true);
    await firstWords;
    silent.hang();
    clock.advance(60_000);
    await silent.asked("GET /_ping");
    clock.advance(10_000);
    await expect(pulled).rejects.toThrow(EngineTimeoutError);
  });
});
