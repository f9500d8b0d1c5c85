import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { toolPath } from "../drivers/trust/run-tool.ts";
import { madeCertificate } from "./certificates.ts";

const VERSION = "v2.10.3";
const KEPT = join(homedir(), ".cache", "airfield-test", `pebble-${VERSION}`);

/** Let's Encrypt's server for tests of ACME clients: that of the machine, or one that Go makes, kept for the next time; `undefined` where there is neither. */
export async function pebbleBinary(): Promise<string | undefined> {
  const installed = await toolPath("pebble");
  if (installed !== undefined) return installed;
  const made = join(KEPT, "pebble");
  if (
    await access(made).then(
      () => true,
      () => false,
    )
  )
    return made;
  const go = await toolPath("go");
  if (go === undefined) return undefined;
  return promisify(execFile)(go, ["install", `github.com/letsencrypt/pebble/v2/cmd/pebble@${VERSION}`], {
    env: { ...process.env, GOBIN: KEPT },
  }).then(
    () => made,
    () => undefined,
  );
}

export interface Pebble extends AsyncDisposable {
  /** The URL of its directory. */
  readonly directory: string;
  /** Who vouches for its server. */
  readonly caFile: string;
  /** What it wrote. */
  log(): string;
}

interface PebbleParts {
  readonly port: number;
  readonly managementPort: number;
  /** Where it looks names up. */
  readonly dns: string;
  /** Keys in base64url, by their ids (RFC 8555, 7.3.4): nobody else has an account then. */
  readonly externalAccounts?: Readonly<Record<string, string>>;
}

/** Starts it on these ports. */
export async function pebble(binary: string, { port, managementPort, dns, externalAccounts }: PebbleParts): Promise<Pebble> {
  const folder = await mkdtemp(join(tmpdir(), "airfield-pebble-"));
  const [certificate, privateKey, config] = ["cert.pem", "key.pem", "config.json"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const server = await madeCertificate({ commonName: "localhost", names: ["localhost"], authority: true });
  await Promise.all([writeFile(certificate, server.pem), writeFile(privateKey, server.keyPem)]);
  const listen = { listenAddress: `127.0.0.1:${port}`, managementListenAddress: `127.0.0.1:${managementPort}` };
  const accounts = externalAccounts ? { externalAccountBindingRequired: true, externalAccountMACKeys: externalAccounts } : {};
  await writeFile(config, JSON.stringify({ pebble: { ...listen, ...accounts, certificate, privateKey, httpPort: 5002, tlsPort: 5001 } }));
  // Without the pause that it takes otherwise before it looks.
  const env = { ...process.env, PEBBLE_VA_NOSLEEP: "1", PEBBLE_WFE_NONCEREJECT: "20" };
  const child = spawn(binary, ["-config", config, "-dnsserver", dns, "-strict"], { stdio: ["ignore", "pipe", "pipe"], env });
  const lines: string[] = [];
  const listening = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on("line", (line) => {
        lines.push(line);
        if (line.includes("ACME directory available")) resolve();
      });
    child.once("error", reject).once("exit", () => reject(new Error(lines.join("\n"))));
  });
  await listening;
  return {
    directory: `https://localhost:${port}/dir`,
    caFile: certificate,
    log: () => lines.join("\n"),
    async [Symbol.asyncDispose]() {
      const gone = child.exitCode === null && once(child, "exit");
      child.kill();
      await gone;
      await rm(folder, { recursive: true, force: true });
    },
  };
}
