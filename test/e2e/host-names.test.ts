import { stripVTControlCharacters } from "node:util";
import { randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import type { CliResult } from "../../src/testing/aws-cli.ts";

// ECR's own host names, with the machine's own hosts file and the engine's own folder of certificates. Both are put back, also after a failure.

const PROGRAM = fileURLToPath(new URL("../../bin/airfield.cjs", import.meta.url));
const HOSTS_FILE = "/etc/hosts";
const CERTIFICATES = "/etc/docker/certs.d";
const REGION = "eu-north-1";
const HOST = `123456789012.dkr.ecr.${REGION}.amazonaws.com`;
const OTHER = "123456789012.dkr.ecr.ap-south-1.amazonaws.com";
/** Not the usual one, so that an installation of the user's is not in the way. */
const ADDRESS = "127.45.66.77";
const REPOSITORY = `acmecorp/payment-api-${randomBytes(4).toString("hex")}`;
const REFERENCE = `${HOST}/${REPOSITORY}:v1`;

const hindrance =
  process.platform !== "linux"
    ? " (skipped: host names are supported on Linux only)"
    : process.getuid?.() !== 0
      ? " (skipped: only root may edit /etc/hosts and listen on port 443)"
      : undefined;

describe.skipIf(hindrance !== undefined)(`under ECR's own host names${hindrance ?? ""}`, () => {
  let airfield: AirfieldProcess;
  let before: Awaited<ReturnType<typeof machine>>;

  beforeAll(async () => {
    before = await machine();
    airfield = await airfieldProcess();
    await mkdir(join(airfield.dataDirectory, ".docker"));
  });

  afterAll(async () => {
    await hosts("remove");
    const after = await machine();
    if (after.hostsFile !== before.hostsFile) await writeFile(HOSTS_FILE, before.hostsFile, "latin1");
    for (const path of after.certificates ?? []) if (!before.certificates?.includes(path)) await rm(path, { recursive: true, force: true });
    if (!before.certificates) await rm(CERTIFICATES, { recursive: true, force: true });
    await airfield.run("docker", ["image", "rm", "--force", REFERENCE]);
    await airfield[Symbol.asyncDispose]();
  });

  // The test runner may ask all programs for colours.
  const hosts = async (...args: readonly string[]): Promise<CliResult> => {
    const { stdout, ...rest } = await airfield.run(process.execPath, [PROGRAM, "hosts", ...args, "--data", airfield.dataDirectory]);
    return { ...rest, stdout: stripVTControlCharacters(stdout) };
  };

  const password = async (region: string): Promise<string> =>
    (await airfield.aws("ecr", "get-login-password", "--region", region)).stdout.trim();

  const login = (secret: string, host = HOST): Promise<CliResult> =>
    airfield.run("docker", ["login", "--username", "AWS", "--password-stdin", host], secret);

  async function docker(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await airfield.run("docker", args);
    expect({ args, code, stderr }).toMatchObject({ code: 0 });
    return stdout;
  }

  test("nothing is on by default", async () => {
    expect((await hosts("status")).stdout).toBe("host names of ECR are not installed: `airfield hosts install` does it\n");
    expect(await dial()).toBe("ECONNREFUSED");
  });

  test("one command, and the server that runs answers under the name, with a certificate that clients believe", async () => {
    const { code, stdout } = await hosts("install", "--region", REGION, "--address", ADDRESS);
    expect(stdout).toContain(`installed, at ${ADDRESS}:\n  ${HOST}\n`);
    expect(stdout).toContain(`listens on https://${ADDRESS}:443 now.`);
    expect(code).toBe(0);
    expect(await hosts("status")).toMatchObject({ code: 0, stdout: `installed, at ${ADDRESS}:443\n✓ ${HOST}\n` });
    expect((await machine()).hostsFile.startsWith(before.hostsFile)).toBe(true);
    await engineNotices();
  });

  test("a wrong password is refused, and so is the token of another region", async () => {
    expect(await login("not-a-token")).toMatchObject({ code: 1, stderr: expect.stringContaining("401 Unauthorized") });
    expect(await login(await password("us-west-2"))).toMatchObject({ code: 1, stderr: expect.stringContaining("403 Forbidden") });
  });

  test("login, push, push again, pull, as written for AWS", async () => {
    await airfield.aws("ecr", "create-repository", "--repository-name", REPOSITORY, "--region", REGION);
    expect((await login(await password(REGION))).stdout).toContain("Login Succeeded");
    const context = join(airfield.dataDirectory, "context");
    await mkdir(context);
    for (const layer of ["one", "two"]) await writeFile(join(context, layer), randomBytes(1024 * 1024));
    await writeFile(join(context, "Dockerfile"), 'FROM scratch\nCOPY one /one\nCOPY two /two\nCMD ["/none"]\n');
    await docker("build", "--quiet", "--tag", REFERENCE, context);

    const first = await docker("push", REFERENCE);
    const digest = /digest: (sha256:[0-9a-f]{64})/.exec(first)?.[1];
    expect(first.match(/: Pushed/g)).toHaveLength(2);
    expect((await docker("push", REFERENCE)).match(/: Layer already exists/g)).toHaveLength(2);
    await docker("image", "rm", "--force", REFERENCE);
    expect(await docker("pull", REFERENCE)).toContain(`Digest: ${digest}`);
    const { stdout } = await airfield.aws("ecr", "describe-images", "--repository-name", REPOSITORY, "--region", REGION, "--query", "imageDetails[].imageDigest", "--output", "text"); // prettier-ignore
    expect(stdout.trim()).toBe(digest);
  });

  test("a client that verifies certificates finds ours in the engine's folder, and refuses without it", async () => {
    const inspect = async (...flags: readonly string[]): Promise<CliResult> =>
      airfield.run("skopeo", ["inspect", ...flags, "--creds", `AWS:${await password(REGION)}`, `docker://${REFERENCE}`]);
    expect(JSON.parse((await inspect()).stdout)).toMatchObject({ Name: `${HOST}/${REPOSITORY}`, RepoTags: ["v1"] });
    const nowhere = join(airfield.dataDirectory, "no-certificates");
    await mkdir(nowhere);
    expect((await inspect("--cert-dir", nowhere)).stderr).toContain("certificate signed by unknown authority");
  });

  test("installing again changes nothing; a second region is served without a restart", async () => {
    const once = await machine();
    expect((await hosts("install", "--region", REGION)).stdout).toContain(`installed already, at ${ADDRESS}:`);
    expect(await machine()).toEqual(once);
    expect((await hosts("install", "--region", "ap-south-1")).code).toBe(0);
    expect((await hosts("status")).stdout).toBe(`installed, at ${ADDRESS}:443\n✓ ${HOST}\n✓ ${OTHER}\n`);
  });

  test("a server that starts anew listens again, after a `kill -9` too", async () => {
    await airfield.kill();
    expect(await hosts("status")).toMatchObject({ code: 1, stdout: expect.stringContaining("The server does not run.") });
    airfield = await airfield.restart();
    expect((await hosts("status")).code).toBe(0);
    await docker("image", "rm", "--force", REFERENCE);
    expect(await docker("pull", REFERENCE)).toContain("Status: Downloaded newer image");
  });

  test("removing leaves the machine as it was, byte for byte, and nobody listens", async () => {
    expect(await hosts("remove")).toMatchObject({ code: 0, stdout: expect.stringContaining("ECR's host names lead to AWS again") });
    expect(await machine()).toEqual(before);
    expect(await dial()).toBe("ECONNREFUSED");
    expect((await hosts("remove")).stdout).toBe("no host names of ECR are installed: nothing to remove\n");
  });

  /**
   * An engine that has looked names up a moment ago goes on with the hosts file that it knows, for five seconds (the resolver of Go). It tells nobody
   * when it reads it again, so that it has to be asked.
   */
  async function engineNotices(): Promise<void> {
    const deadline = Date.now() + 15_000;
    for (;;) {
      const { stderr } = await login("not-a-token");
      if (stderr.includes(`https://${HOST}/v2/ failed with status: 401`)) return;
      if (Date.now() > deadline) throw new Error(`the engine does not notice the hosts file: ${stderr}`);
    }
  }
});

/** What of the machine the command changes. */
async function machine(): Promise<{
  readonly hostsFile: string;
  readonly mode: number;
  readonly certificates: readonly string[] | undefined;
}> {
  const { mode } = await stat(HOSTS_FILE);
  const certificates = await readdir(CERTIFICATES, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === "ENOENT") return undefined;
    throw cause;
  });
  return { hostsFile: await readFile(HOSTS_FILE, "latin1"), mode, certificates: certificates?.map((name) => join(CERTIFICATES, name)) };
}

/** Whether anybody listens at our address: "connected", or the code of the error. */
function dial(): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect(443, ADDRESS, () => {
      socket.destroy();
      resolve("connected");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  });
}
