import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { CreateRepositoryCommand, ECRClient, GetAuthorizationTokenCommand } from "@aws-sdk/client-ecr";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { engineSocket } from "../../bin/setup/engine-socket.js";
import { issue, newAuthority } from "../../src/drivers/tls/certificate-authority.ts";
import { removeLeftovers } from "../../src/composition/leftovers.ts";
import { runCommand, type CliResult } from "../../src/testing/aws-cli.ts";
import { buildImage, removeImage } from "../../src/testing/images.ts";

const COMMAND = fileURLToPath(new URL("../../bin/airfield.cjs", import.meta.url));
const ACCOUNT = "222222222222";

let data: string;
let server: ChildProcess | undefined;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-tls-"));
});

afterEach(async () => {
  if (server?.exitCode === null && server.signalCode === null) {
    const exited = once(server, "exit");
    server.kill("SIGKILL");
    await exited;
  }
  server = undefined;
  await removeLeftovers({ dataDirectory: data, dockerSocket: engineSocket() });
  await rm(data, { recursive: true, force: true });
});

function environment(changes: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !/^(AWS_|AIRFIELD_|NODE_EXTRA)/.test(name));
  return { ...Object.fromEntries(kept), HOME: data, AIRFIELD_DATA: data, NO_COLOR: "1", AWS_MAX_ATTEMPTS: "1", ...changes };
}

const airfield = (...args: readonly string[]): Promise<CliResult> => runCommand(process.execPath, [COMMAND, ...args], environment());

/** Starts the server, and gives the first line that it prints. */
async function started(...args: readonly string[]): Promise<string> {
  server = spawn(process.execPath, [COMMAND, "start", "--port", "0", ...args], {
    env: environment(),
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (!server.stdout) throw new Error("no output to read");
  const [line] = (await once(createInterface(server.stdout), "line")) as [string];
  return line;
}

async function variables(...args: readonly string[]): Promise<Readonly<Record<string, string>>> {
  return JSON.parse((await airfield("env", "--json", ...args)).stdout) as Readonly<Record<string, string>>;
}

const WHO = ["sts", "get-caller-identity", "--query", "Arn", "--output", "text"];

describe("airfield start --tls", () => {
  test("aws, an SDK, status and docker come in over TLS, with nothing but what `airfield env` prints", { timeout: 120_000 }, async () => {
    expect(await started("--tls")).toMatch(/ready at https:\/\/127\.0\.0\.1:\d+ /);
    const env = await variables();
    expect(env).toMatchObject({ AWS_ENDPOINT_URL: expect.stringMatching(/^https:/) as string, AWS_CA_BUNDLE: join(data, "tls", "ca.crt") });
    expect(await runCommand("aws", WHO, environment(env))).toEqual({ code: 0, stdout: "arn:aws:iam::123456789012:root\n", stderr: "" });
    const { AWS_CA_BUNDLE: _unknown, ...blind } = env;
    expect((await runCommand("aws", WHO, environment(blind))).stderr).toContain("CERTIFICATE_VERIFY_FAILED");

    const sdk = `import { STSClient, GetCallerIdentityCommand } from "@aws-sdk/client-sts";
      console.log((await new STSClient({ region: "us-east-1" }).send(new GetCallerIdentityCommand())).Account);`;
    const asked = await runCommand(process.execPath, ["--no-warnings", "--input-type=module", "--eval", sdk], environment(env));
    expect(asked.stdout).toBe("123456789012\n");
    expect(await airfield("status")).toMatchObject({ code: 0, stdout: expect.stringContaining("no clusters") as string });

    // The engine takes localhost for a registry whose certificate it need not know.
    const { AWS_ENDPOINT_URL: endpoint = "", AWS_ACCESS_KEY_ID: accessKeyId = "", AWS_SECRET_ACCESS_KEY: secretAccessKey = "" } = env;
    const ca = await readFile(env["AWS_CA_BUNDLE"] ?? "");
    const ecr = new ECRClient({
      endpoint,
      region: "us-east-1",
      credentials: { accessKeyId, secretAccessKey },
      requestHandler: { httpsAgent: { ca } },
    });
    const { repository } = await ecr.send(new CreateRepositoryCommand({ repositoryName: "shop" }));
    const image = `${repository?.repositoryUri}:v1`;
    await buildImage({ name: image });
    const { authorizationData } = await ecr.send(new GetAuthorizationTokenCommand());
    const password = Buffer.from(authorizationData?.[0]?.authorizationToken ?? "", "base64")
      .toString()
      .slice("AWS:".length);
    expect(authorizationData?.[0]?.proxyEndpoint).toBe(endpoint.replace("127.0.0.1", "localhost"));
    const docker = (args: readonly string[], input?: string) => runCommand("docker", args, environment(), input);
    expect(await docker(["login", "--username", "AWS", "--password-stdin", `localhost:${new URL(endpoint).port}`], password)).toMatchObject(
      { code: 0 },
    );
    expect(await docker(["push", image])).toMatchObject({ code: 0 });
    await removeImage(image);
    expect(await docker(["pull", image])).toMatchObject({ code: 0 });
    await removeImage(image);
    ecr.destroy();

    // All of it is in the audit log, over TLS.
    const lookup = [
      "cloudtrail",
      "lookup-events",
      "--lookup-attributes",
      "AttributeKey=EventName,AttributeValue=PutImage",
      "--query",
      "Events[0].CloudTrailEvent",
    ];
    const { stdout } = await runCommand("aws", [...lookup, "--output", "text"], environment(env));
    expect(JSON.parse(stdout)).toMatchObject({ requestParameters: { repositoryName: "shop", imageTag: "v1" } });
  });

  test("another machine comes in by any address of this one, and policies see that it did so over TLS", { timeout: 60_000 }, async () => {
    await started("--host", "0.0.0.0", "--tls-name", "airfield.lan", "--tls");
    const env = await variables();
    const { port } = new URL(env["AWS_ENDPOINT_URL"] ?? "");
    const outside = Object.values(networkInterfaces())
      .flatMap((all = []) => all)
      .find(({ family, internal, address }) => family === "IPv4" && !internal && !address.startsWith("169.254."));
    const from = { ...env, AWS_ENDPOINT_URL: `https://${outside?.address}:${port}` };
    expect(await runCommand("aws", WHO, environment(from))).toMatchObject({ code: 0 });
    const certificate = await runCommand(
      "openssl",
      ["x509", "-noout", "-ext", "subjectAltName", "-in", join(data, "tls", "server.pem")],
      environment(),
    );
    expect(certificate.stdout).toContain("DNS:airfield.lan");

    const aws = (args: readonly string[], more: Readonly<Record<string, string>> = {}) =>
      runCommand("aws", args, environment({ ...env, ...more }));
    await aws(["iam", "create-user", "--user-name", "ada"]);
    const Condition = { Bool: { "aws:SecureTransport": "true" } };
    const policy = JSON.stringify({
      Version: "2012-10-17",
      Statement: [{ Effect: "Allow", Action: "ecs:ListClusters", Resource: "*", Condition }],
    });
    await aws(["iam", "put-user-policy", "--user-name", "ada", "--policy-name", "p", "--policy-document", policy]);
    const made = await aws(["iam", "create-access-key", "--user-name", "ada", "--query", "AccessKey", "--output", "json"]);
    const key = JSON.parse(made.stdout) as { readonly AccessKeyId: string; readonly SecretAccessKey: string };
    const ada = { AWS_ACCESS_KEY_ID: key.AccessKeyId, AWS_SECRET_ACCESS_KEY: key.SecretAccessKey };
    expect(await aws(["ecs", "list-clusters"], ada)).toMatchObject({ code: 0 });
    expect((await aws(["ecs", "create-cluster"], ada)).stderr).toContain("AccessDeniedException");
  });

  test("the operator's own certificate is shown, and a new one without a restart", { timeout: 60_000 }, async () => {
    const now = Date.now();
    const authority = await newAuthority({ name: "the operator's", domains: ["localhost"], addresses: true, now });
    const [cert, key, ca] = [join(data, "own.crt"), join(data, "own.key"), join(data, "own-ca.crt")];
    const write = async (): Promise<void> => {
      const credential = await issue(authority, { hosts: ["127.0.0.1"], now });
      await writeFile(key, credential.key, { mode: 0o600 });
      await writeFile(cert, credential.certificate);
    };
    await write();
    await writeFile(ca, authority.certificate);
    await started("--tls-cert", cert, "--tls-key", key);
    const env = await variables();
    expect(env).not.toHaveProperty("AWS_CA_BUNDLE");
    const { port } = new URL(env["AWS_ENDPOINT_URL"] ?? "");
    const serial = async (): Promise<string> =>
      (
        await runCommand(
          "sh",
          ["-c", `openssl s_client -connect 127.0.0.1:${port} </dev/null 2>/dev/null | openssl x509 -noout -serial`],
          environment(),
        )
      ).stdout;
    const before = await serial();
    expect(before).toMatch(/^serial=/);
    expect(await runCommand("aws", WHO, environment({ ...env, AWS_CA_BUNDLE: ca }))).toMatchObject({ code: 0 });
    await write();
    // The server tells nobody that it has read the files.
    await expect.poll(serial, { timeout: 10_000 }).not.toBe(before);
  });
});

test.each([
  [["--host", "0.0.0.0"], "in clear"],
  [["--tls-cert", "a.crt"], "go together"],
])("start %j says why not", async (args, message) => {
  const { code, stdout, stderr } = await airfield("start", ...args);
  expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
  expect(stderr).toContain(message);
});

test("a server that runs takes up an account that is added, and keeps accounts apart", { timeout: 60_000 }, async () => {
  expect(await airfield("account", "add", ACCOUNT)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("has not been started") as string,
  });
  await started();
  expect(await airfield("env", "--account", ACCOUNT)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(`account add ${ACCOUNT}`) as string,
  });
  expect(await airfield("account", "add", "12")).toMatchObject({ code: 1, stderr: expect.stringContaining("twelve digits") as string });
  expect(await airfield("account", "add", ACCOUNT)).toMatchObject({ code: 0 });
  const env = await variables("--account", ACCOUNT);
  const aws = (args: readonly string[], keys = env) => runCommand("aws", args, environment(keys));
  // The server follows the folder, and tells no other process when it has read it.
  await expect.poll(async () => (await aws(WHO)).stdout, { timeout: 10_000 }).toBe(`arn:aws:iam::${ACCOUNT}:root\n`);
  await aws(["ecs", "create-cluster", "--cluster-name", "theirs"]);
  expect(JSON.parse((await aws(["ecs", "list-clusters"], await variables())).stdout)).toEqual({ clusterArns: [] });
  const listed = JSON.parse((await airfield("account", "list", "--json")).stdout) as unknown;
  expect(listed).toEqual([
    { account: "123456789012", accessKeyId: (await variables())["AWS_ACCESS_KEY_ID"] },
    { account: ACCOUNT, accessKeyId: env["AWS_ACCESS_KEY_ID"] },
  ]);
});
