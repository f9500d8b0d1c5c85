import { mkdtemp, rm, writeFile, copyFile, mkdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { AirfieldProcess } from "./airfield-process.ts";
import { runCommand } from "./aws-cli.ts";

export interface TestImage {
  /** The name in the engine: `airfield-test/web:v1`. */
  readonly name: string;
  /** Text files by their path in the image. */
  readonly files?: Readonly<Record<string, string>>;
  /** Instructions that follow the files: `CMD ["sleep", "1000"]`. */
  readonly instructions?: readonly string[];
}

/** Builds an image from nothing but busybox: no test depends on a registry elsewhere. */
export async function buildImage({ name, files = {}, instructions = [] }: TestImage): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "airfield-image-"));
  try {
    await mkdir(join(context, "root", "bin"), { recursive: true });
    await copyFile("/bin/busybox", join(context, "root", "bin", "busybox"));
    for (const [path, text] of Object.entries(files)) {
      const file = join(context, "root", path);
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, text, { mode: 0o755 });
    }
    const dockerfile = ["FROM scratch", "COPY root /", 'RUN ["/bin/busybox", "--install", "-s", "/bin"]', ...instructions].join("\n");
    await writeFile(join(context, "Dockerfile"), dockerfile);
    await must("docker", ["build", "--quiet", "--tag", name, context]);
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** A web server that answers `version` at `/`, and at `/health` too unless it is sick. */
export function webImage(name: string, version: string, { sick = false } = {}): TestImage {
  const pages = { "www/index.html": version, ...(sick ? {} : { "www/health": "ok" }) };
  // The first process of a container gets no signal that it does not ask for: the shell asks.
  const command = 'httpd -p 8080 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';
  return { name, files: pages, instructions: [`CMD ${JSON.stringify(["sh", "-c", command])}`] };
}

/** Pushes a built image as a user does; gives its reference in the registry. The repository must exist. */
export async function pushImage(airfield: AirfieldProcess, name: string, repository: string, tag: string): Promise<string> {
  const registry = `localhost:${airfield.port}`;
  const password = (await airfield.aws("ecr", "get-login-password")).stdout.trim();
  const reference = `${registry}/${repository}:${tag}`;
  const environment = { ...process.env, HOME: airfield.dataDirectory };
  await must("docker", ["login", "--username", "AWS", "--password-stdin", registry], environment, password);
  await must("docker", ["tag", name, reference], environment);
  await must("docker", ["push", "--quiet", reference], environment);
  return reference;
}

export async function removeImage(name: string): Promise<void> {
  await must("docker", ["image", "rm", "--force", name]);
}

async function must(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env, input?: string): Promise<string> {
  const { code, stdout, stderr } = await runCommand(command, args, env, input);
  if (code !== 0) throw new Error(`${command} ${args.join(" ")} failed: ${stderr}`);
  return stdout;
}
