import { execFile } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import WebSocket, { WebSocketServer } from "ws";
import { findBrowser } from "../../bin/setup/browser.js";
import { toolPath } from "../../src/drivers/trust/run-tool.ts";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { pageText } from "../../src/testing/browser.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";

// The commands of docs/https.md, as they stand there but for ports: from a service to its page in a browser that shows no warning.

const PROGRAM = new URL("../../bin/airfield.cjs", import.meta.url).pathname;

let airfield: AirfieldProcess;
/** Where the commands run, and whose browser it is. */
let home: string;
let httpPort: number;
let httpsPort: number;
let dnsPort: number;
const images: string[] = [];

/** The shell's blocks of a page below a heading. Those of a session (`console`) change the machine, and are not run. */
function commandsBelow(page: string, heading: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`the page has no heading "${heading}"`);
  const blocks = [...section.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, block = ""]) => block);
  const replaced: readonly (readonly [RegExp, string])[] = [
    [/--port 80\b/g, `--port ${httpPort}`],
    [/(--port |Port=)443\b/g, `$1${httpsPort}`],
    [/http:\/\/(\$name|example\.com)\//g, `http://$1:${httpPort}/`],
    [/-p 4553\b/g, `-p ${dnsPort}`],
  ];
  return replaced.reduce((text, [from, to]) => text.replaceAll(from, to), blocks.join("\n"));
}

/** Runs the commands below a heading, with the variables that those before have set; gives what the last one printed. */
async function follow(heading: string): Promise<string> {
  const commands = commandsBelow(await readFile(new URL("../../docs/https.md", import.meta.url), "utf8"), heading);
  const script = `set -aeuo pipefail; cd "$HERE"; if [ -f variables ]; then . ./variables; fi\n${commands}\nexport -p > variables`;
  const env = [`HERE=${home}`, `AIRFIELD_DATA=${airfield.dataDirectory}`];
  const { code, stdout, stderr } = await airfield.run("env", [...env, "bash", "-c", script]);
  if (code !== 0) throw new Error(`${heading}: ${stderr}`);
  return stdout;
}

async function variable(name: string): Promise<string> {
  const found = new RegExp(`^declare -x ${name}="(.*)"$`, "m").exec(await readFile(join(home, "variables"), "utf8"))?.[1];
  if (found === undefined) throw new Error(`the commands have set no ${name}`);
  return found;
}

async function aws(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await airfield.aws(...args, "--output", "text");
  if (code !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

const authority = (): string => join(airfield.dataDirectory, "certificates", "ca.crt");

async function curl(...args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)("curl", ["-sS", "--connect-to", "::127.0.0.1:", ...args])).stdout;
  } catch (cause) {
    return (cause as { readonly stderr: string }).stderr;
  }
}

beforeAll(async () => {
  [httpPort, httpsPort, dnsPort] = [await freePort(), await freePort(), await freePort()];
  airfield = await airfieldProcess({ environment: { AIRFIELD_DNS: `127.0.0.1:${dnsPort}`, AIRFIELD_TARGET_ADDRESSES: "127.0.0.1" } });
  home = await mkdtemp(join(tmpdir(), "airfield-home-"));
  const local = `airfield-test-${airfield.port}/my-node-app:1`;
  const server = 'httpd -p 3000 -h /www; trap "exit 0" TERM; sleep 2147483647 & wait';
  const instructions = [`CMD ${JSON.stringify(["sh", "-c", server])}`];
  await buildImage({ name: local, files: { "www/index.html": "<h1>the shop is open</h1>" }, instructions });
  images.push(local);
  await aws("ecr", "create-repository", "--repository-name", "my-node-app");
  images.push(await pushImage(airfield, local, "my-node-app", "latest"));
  await follow("A service behind a load balancer");
  await follow("A certificate");
  await follow("HTTPS, and HTTP that leads there");
}, 120_000);
afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  for (const image of images) await removeImage(image);
  await rm(home, { recursive: true, force: true });
});

test("the domain leads to the load balancer", async () => {
  expect(await follow("The domain")).toMatch(/^127\.0\.0\.1\n$/m);
});

test("curl that trusts the authority sees a redirect and then the page, over HTTP/2; one that does not, neither", async () => {
  const seen = ["-o", "/dev/null", "-w", "%{http_code} %{redirect_url} %{http_version} %{ssl_verify_result}", "--cacert", authority()];
  // A listener is told of as soon as it is wanted.
  const redirected = (): Promise<string> => curl(...seen, `http://example.com:${httpPort}/a?b=c`);
  await expect.poll(redirected, { timeout: 10_000 }).toBe(`301 https://example.com:${httpsPort}/a?b=c 1.1 0`);
  expect(await follow("Trust")).toBe("<h1>the shop is open</h1>");
  expect(await curl(...seen, `https://example.com:${httpsPort}/`)).toBe("200  2 0");
  expect(await curl(...seen, "--http1.1", `https://www.example.com:${httpsPort}/`)).toBe("200  1.1 0");
  expect(await curl("--cacert", authority(), `https://www.shop.example.com:${httpsPort}/`)).toContain("certificate subject name");
  expect(await curl(`https://example.com:${httpsPort}/`)).toContain("self-signed certificate");
});

test("a WebSocket is opened through the HTTPS listener", async () => {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (socket) => socket.on("message", (words) => socket.send(`you said ${(words as Buffer).toString()}`)));
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const vpc = await variable("vpc");
  const group = await aws(
    ...["elbv2", "create-target-group", "--name", "live", "--target-type", "ip", "--protocol", "HTTP", "--port", String(port)],
    // What is no WebSocket is answered with 426, Upgrade Required.
    ...["--vpc-id", vpc, "--matcher", "HttpCode=426", "--query", "TargetGroups[0].TargetGroupArn"],
  );
  const target = "Id=127.0.0.1,AvailabilityZone=all";
  await aws("elbv2", "register-targets", "--target-group-arn", group, "--targets", target);
  await aws(
    ...["elbv2", "create-rule", "--listener-arn", await variable("https"), "--priority", "1"],
    ...["--conditions", "Field=path-pattern,Values=/live", "--actions", `Type=forward,TargetGroupArn=${group}`],
  );
  await aws("elbv2", "wait", "target-in-service", "--target-group-arn", group);
  const client = new WebSocket(`wss://127.0.0.1:${httpsPort}/live`, {
    ...{ servername: "example.com", headers: { host: "example.com" }, ca: await readFile(authority()) },
  });
  await once(client, "open");
  client.send("hello");
  const [answer] = (await once(client, "message")) as [Buffer];
  expect(answer.toString()).toBe("you said hello");
  client.terminate();
  server.close();
});

// The stores are copies in a mount namespace of its own, which ends with the shell: this machine believes what it believed.
const stores = ["/etc/ssl/certs", "/usr/local/share/ca-certificates"];
const ofRoot = process.getuid?.() === 0 && existsSync("/usr/sbin/update-ca-certificates") && stores.every((folder) => existsSync(folder));
describe.skipIf(!ofRoot)(`a system${ofRoot ? "" : " (it is not Debian's kind, or this is not root)"}`, () => {
  test("trusts the authority for every program once it is installed, and not before or after", { timeout: 60_000 }, async () => {
    const seen = `curl -sS -o /dev/null -w '%{http_code} ' --connect-to ::127.0.0.1: https://example.com:${httpsPort}/ 2>/dev/null || echo "refused "`;
    const trust = (verb: string): string => `"$0" "$PROGRAM" trust ${verb} --only system >&2`;
    const before = stores.flatMap((folder) => readdirSync(folder)).filter((file) => file.includes("airfield"));
    const copies = stores.map((folder, at) => `cp -a ${folder} "$HERE/store-${at}"; mount --bind "$HERE/store-${at}" ${folder}`);
    const script = ["set -e", ...copies, seen, trust("install"), seen, trust("uninstall"), seen].join("\n");
    const env = { ...process.env, HOME: home, HERE: home, PROGRAM, AIRFIELD_DATA: airfield.dataDirectory };
    const args = ["--mount", "bash", "-c", script, process.execPath];
    const { stdout } = await promisify(execFile)("unshare", args, { env });
    expect(stdout.split(/\s+/).filter((word) => word !== "")).toEqual(["000", "refused", "200", "000", "refused"]);
    expect(stores.flatMap((folder) => readdirSync(folder)).filter((file) => file.includes("airfield"))).toEqual(before);
  });
});

const lacking = findBrowser() === undefined || (await toolPath("certutil")) === undefined;
describe.skipIf(lacking)(`a browser${lacking ? " (there is no Chromium here, or no certutil)" : ""}`, () => {
  test("shows the page without a warning once the authority is trusted, and not before or after", { timeout: 120_000 }, async () => {
    const trust = async (verb: string): Promise<void> => {
      const env = { ...process.env, HOME: home, AIRFIELD_DATA: airfield.dataDirectory };
      await promisify(execFile)(process.execPath, [PROGRAM, "trust", verb, "--only", "browsers"], { env });
    };
    const page = (): Promise<string> => pageText(`http://example.com:${httpPort}/`, home);
    expect(await page()).not.toContain("the shop is open");
    await trust("install");
    expect(await page()).toContain("the shop is open");
    await trust("uninstall");
    expect(await page()).not.toContain("the shop is open");
  });
});

describe("an imported certificate", () => {
  const names = ["example.com", "*.example.com"];
  let intermediate: MadeCertificate;
  const leaf = (organisation: string): Promise<MadeCertificate> =>
    madeCertificate({ organisation, commonName: "example.com", names, issuer: intermediate, key: 2048 });
  const put = (made: MadeCertificate): Promise<unknown> =>
    Promise.all([
      writeFile(join(home, "cert.pem"), made.pem),
      writeFile(join(home, "privkey.pem"), made.keyPem),
      writeFile(join(home, "chain.pem"), intermediate.pem),
    ]);
  const shown = (): Promise<string> =>
    curl("-v", "--stderr", "-", "-o", "/dev/null", "--cacert", join(home, "root.pem"), `https://www.example.com:${httpsPort}/`);

  beforeAll(async () => {
    const root = await madeCertificate({ commonName: "Corp root", authority: true, key: 2048 });
    intermediate = await madeCertificate({ commonName: "Corp issuing", authority: true, key: 2048, issuer: root });
    await writeFile(join(home, "root.pem"), root.pem);
  });

  test("takes the place of the listener's, with its chain, anew when it is imported anew, and cannot be deleted meanwhile", async () => {
    await put(await leaf("1"));
    await follow("A certificate from elsewhere");
    await expect.poll(shown, { timeout: 10_000 }).toMatch(/O=1; CN=example\.com[^]*SSL certificate verify ok[^]*HTTP\/2 200/);
    await put(await leaf("2"));
    const imported = await variable("imported");
    await aws(
      ...["acm", "import-certificate", "--certificate-arn", imported, "--certificate", `fileb://${join(home, "cert.pem")}`],
      ...["--private-key", `fileb://${join(home, "privkey.pem")}`, "--certificate-chain", `fileb://${join(home, "chain.pem")}`],
    );
    await expect.poll(shown, { timeout: 10_000 }).toMatch(/O=2; CN=example\.com[^]*SSL certificate verify ok/);
    await expect(aws("acm", "delete-certificate", "--certificate-arn", imported)).rejects.toThrow("ResourceInUseException");
    await aws("acm", "delete-certificate", "--certificate-arn", await variable("certificate"));
  });

  test("is shown, besides the listener's own, to who asks for its name", async () => {
    const other = await madeCertificate({ commonName: "other.test", key: 2048 });
    const [certificate, key] = [join(home, "other.pem"), join(home, "other.key")];
    await Promise.all([writeFile(certificate, other.pem), writeFile(key, other.keyPem)]);
    const files = ["--certificate", `fileb://${certificate}`, "--private-key", `fileb://${key}`];
    const arn = await aws("acm", "import-certificate", ...files, "--query", "CertificateArn");
    const further = ["--listener-arn", await variable("https"), "--certificates", `CertificateArn=${arn}`];
    await aws("elbv2", "add-listener-certificates", ...further);
    const subject = (name: string): Promise<string> =>
      curl("-k", "-v", "--stderr", "-", "-o", "/dev/null", `https://${name}:${httpsPort}/`);
    await expect.poll(() => subject("other.test"), { timeout: 10_000 }).toContain("CN=other.test");
    expect(await subject("www.example.com")).toContain("CN=example.com");
    await aws("elbv2", "remove-listener-certificates", ...further);
    await aws("acm", "delete-certificate", "--certificate-arn", arn);
  });
});
