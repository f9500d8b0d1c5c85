import { execFile } from "node:child_process";
import { readFile, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { packTar } from "modern-tar";
import { EngineError, type DockerEngine } from "../../drivers/docker/engine.ts";
import { engineInfo } from "../../drivers/docker/engine-info.ts";
import { CliError } from "../cli-error.ts";
import { PROGRAM_FOLDER } from "../settings.ts";
import { followProgress } from "./progress-stream.ts";

interface ContextFile {
  readonly name: string;
  readonly mode: number;
  readonly body: Uint8Array;
}

export interface SampleImage {
  /** Where it is to be pushed; the version is its tag. */
  readonly repository: string;
  /** The demo that it belongs to: stands in the label `airfield.demo`. */
  readonly name: string;
  readonly version: string;
}

/**
 * Builds the sample application. On Linux the image is made of the Node.js that runs this program, so that nothing is
 * pulled from anywhere; elsewhere it is built on a public image.
 */
export async function buildSampleImage(engine: DockerEngine, { repository, name, version }: SampleImage): Promise<void> {
  const app = await readFile(join(PROGRAM_FOLDER, "src/cli/demo/sample-app.mjs"));
  const { architecture } = await engineInfo(engine);
  const own = process.platform === "linux" && architecture === { x64: "amd64", arm64: "arm64" }[process.arch as string];
  const runtime = own ? await ownRuntime() : [];
  const dockerfile = [
    own ? "FROM scratch\nCOPY runtime/ /" : "FROM node:22-alpine",
    "COPY sample-app.mjs /sample-app.mjs",
    `ENV APP_VERSION=${version}`,
    "EXPOSE 8080",
    `ENTRYPOINT ["${own ? process.execPath : "node"}", "/sample-app.mjs"]`,
  ].join("\n");
  const files: readonly ContextFile[] = [
    { name: "Dockerfile", mode: 0o644, body: Buffer.from(dockerfile) },
    { name: "sample-app.mjs", mode: 0o644, body: app },
    ...runtime,
  ];
  const context = await packTar(
    files.map(({ name, mode, body }) => ({ header: { name, mode, size: body.length, mtime: new Date(0), type: "file" as const }, body })),
  );
  const stream = await engine.stream("POST", "/build", {
    query: { t: `${repository}:${version}`, rm: true, forcerm: true, labels: JSON.stringify({ "airfield.demo": name }) },
    body: Buffer.from(context.buffer, context.byteOffset, context.byteLength),
  });
  await followProgress(stream, ({ error }) => {
    if (error !== undefined) throw new CliError(`the engine could not build the sample image: ${error}`);
  });
}

/** The Node.js executable and the shared libraries that the loader says it needs, at the paths where it looks for them. */
async function ownRuntime(): Promise<readonly ContextFile[]> {
  const { stdout } = await promisify(execFile)("ldd", [process.execPath]);
  const libraries = [...stdout.matchAll(/^\s*(?:\S+ => )?(\/\S+) \(0x[0-9a-f]+\)$/gm)].map(([, path]) => path ?? "");
  return Promise.all([...new Set([process.execPath, ...libraries])].map(runtimeFile));
}

async function runtimeFile(path: string): Promise<ContextFile> {
  const [body, { mode }] = await Promise.all([readFile(path), stat(path)]);
  return { name: join("runtime", dirname(path), path.slice(path.lastIndexOf("/") + 1)), mode: mode & 0o755, body };
}

/** Containers of stopped tasks are removed within moments; one that stays is somebody else's affair. */
const CONTAINERS_GONE_WITHIN_MS = 30_000;

/** Takes an image away from the engine: its tag, and the digests by which tasks pulled it. */
export async function removeSampleImage(engine: DockerEngine, { repository, version }: SampleImage): Promise<void> {
  const tag = `${repository}:${version}`;
  const found = await unlessGone(
    engine.call<{ readonly Id: string; readonly RepoDigests: readonly string[] | null }>("GET", `/images/${tag}/json`),
  );
  if (!found) return;
  // While a container has it, an image can lose its names but not its bytes.
  const filters = JSON.stringify({ ancestor: [found.Id] });
  const containers = await engine.call<readonly { readonly Id: string }[]>("GET", "/containers/json", { query: { all: true, filters } });
  const signal = AbortSignal.timeout(CONTAINERS_GONE_WITHIN_MS);
  await Promise.all(
    containers.map(({ Id }) => unlessGone(engine.call("POST", `/containers/${Id}/wait`, { query: { condition: "removed" }, signal }))),
  );
  const digests = (found.RepoDigests ?? []).filter((reference) => reference.startsWith(`${repository}@`));
  for (const reference of [...digests, tag]) await unlessGone(engine.call("DELETE", `/images/${reference}`, { query: { force: true } }));
}

async function unlessGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (error instanceof EngineError && error.status === 404) return undefined;
    throw error;
  }
}
