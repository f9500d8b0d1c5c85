import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { accountsFolder, addAccount } from "../drivers/filesystem/accounts.ts";
import { openInstallation, readRootCredentials } from "../drivers/filesystem/installation.ts";
import { env, environmentOf } from "./env.ts";
import { recordServer } from "./running-server.ts";

let data: string;

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-env-"));
  for (const name of [
    "AIRFIELD_PORT",
    "AIRFIELD_DATA",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AIRFIELD_ROOT_ACCESS_KEY_ID",
    "AIRFIELD_ROOT_SECRET_ACCESS_KEY",
  ])
    vi.stubEnv(name, undefined);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  await rm(data, { recursive: true, force: true });
});

const OWN = { accessKeyId: undefined, secretAccessKey: undefined };

test("gives the keys of the installation, the endpoint and the default region", async () => {
  await openInstallation(data, OWN);
  const kept = await readRootCredentials(data);
  expect(await environmentOf({ data })).toEqual({
    AWS_ENDPOINT_URL: "http://127.0.0.1:4566",
    AWS_ACCESS_KEY_ID: kept?.accessKeyId,
    AWS_SECRET_ACCESS_KEY: kept?.secretAccessKey,
    AWS_REGION: "us-east-1",
    AWS_DEFAULT_REGION: "us-east-1",
    AWS_DISABLE_HOST_PREFIX_INJECTION: "true",
  });
});

test("a server that runs tells its own port, and a port that is named wins", async () => {
  await openInstallation(data, OWN);
  const kept = await readRootCredentials(data);
  recordServer(data, { pid: process.pid, url: "http://127.0.0.1:4999", accessKeyId: kept?.accessKeyId ?? "" });
  expect(await environmentOf({ data })).toMatchObject({ AWS_ENDPOINT_URL: "http://127.0.0.1:4999" });
  expect(await environmentOf({ data, port: "5000" })).toMatchObject({ AWS_ENDPOINT_URL: "http://127.0.0.1:5000" });
});

test("a server with TLS is reached by it, also where its port is named", async () => {
  await openInstallation(data, OWN);
  const accessKeyId = (await readRootCredentials(data))?.accessKeyId ?? "";
  recordServer(data, { pid: process.pid, url: "https://127.0.0.1:4999", accessKeyId, authorityFile: "/data/tls/ca.crt" });
  vi.stubEnv("AIRFIELD_PORT", "4999");
  expect(await environmentOf({ data })).toMatchObject({
    AWS_ENDPOINT_URL: "https://127.0.0.1:4999",
    AWS_CA_BUNDLE: "/data/tls/ca.crt",
    NODE_EXTRA_CA_CERTS: "/data/tls/ca.crt",
  });
});

test("a data folder that is a file, or below one, is told so, and what to do", async () => {
  const file = join(data, "file");
  await writeFile(file, "");
  for (const named of [file, join(file, "below")]) {
    vi.stubEnv("AIRFIELD_DATA", named);
    await expect(environmentOf({})).rejects.toMatchObject({
      name: "CliError",
      message: `${file} is a file, so that the data folder cannot be ${named}`,
      advice: "Name another folder with --data or AIRFIELD_DATA.",
    });
  }
});

test("a server that was killed is not taken for one that runs", async () => {
  await openInstallation(data, OWN);
  const { child } = promisify(execFile)(process.execPath, ["-e", ""]);
  await new Promise((resolve) => child.on("exit", resolve));
  recordServer(data, { pid: child.pid ?? 0, url: "http://127.0.0.1:4999", accessKeyId: "AKIASOMEOTHER" });
  expect(await environmentOf({ data })).toMatchObject({ AWS_ENDPOINT_URL: "http://127.0.0.1:4566" });
});

test("fixed keys are taken from the environment, as the server takes them", async () => {
  vi.stubEnv("AIRFIELD_ROOT_ACCESS_KEY_ID", "AKIAFIXED");
  vi.stubEnv("AIRFIELD_ROOT_SECRET_ACCESS_KEY", "fixed");
  expect(await environmentOf({ data })).toMatchObject({ AWS_ACCESS_KEY_ID: "AKIAFIXED", AWS_SECRET_ACCESS_KEY: "fixed" });
});

test("keys that the running server does not have are refused, and how to mend it is said", async () => {
  await openInstallation(data, OWN);
  recordServer(data, { pid: process.pid, url: "http://127.0.0.1:4999", accessKeyId: "AKIAFIXED" });
  await expect(environmentOf({ data })).rejects.toMatchObject({
    message: expect.stringContaining("AIRFIELD_ROOT_ACCESS_KEY_ID=AKIAFIXED") as string,
    advice: expect.stringContaining("AIRFIELD_ROOT_SECRET_ACCESS_KEY") as string,
  });
});

test("the keys of another account need nothing of the first one's", async () => {
  await openInstallation(data, OWN);
  recordServer(data, { pid: process.pid, url: "http://127.0.0.1:4999", accessKeyId: "AKIAFIXED" });
  const { accessKeyId } = await addAccount(accountsFolder(data), "222222222222");
  expect(await environmentOf({ data, account: "222222222222" })).toMatchObject({ AWS_ACCESS_KEY_ID: accessKeyId });
  await expect(environmentOf({ data, account: "333333333333" })).rejects.toThrow("there is no account 333333333333");
});

test("a folder on which Airfield was never started has no keys, and none are made", async () => {
  await expect(environmentOf({ data })).rejects.toThrow("has not been started");
  expect(await readRootCredentials(data)).toBeUndefined();
});

test("a shell reads the lines back, whatever characters a key has", async () => {
  const secret = `it's $HOME "and" \`so on\``;
  vi.stubEnv("AIRFIELD_ROOT_ACCESS_KEY_ID", "AKIAFIXED");
  vi.stubEnv("AIRFIELD_ROOT_SECRET_ACCESS_KEY", secret);
  const lines: string[] = [];
  vi.spyOn(console, "log").mockImplementation((line: string) => void lines.push(line));
  await env({ data });
  const script = `${lines.join("\n")}\nprintf %s "$AWS_SECRET_ACCESS_KEY"`;
  const { stdout } = await promisify(execFile)("sh", ["-c", script]);
  expect(stdout).toBe(secret);
});
