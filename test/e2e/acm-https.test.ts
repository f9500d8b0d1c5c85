import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findBrowser } from "../../bin/setup/browser.js";
import { toolPath } from "../../src/drivers/trust/run-tool.ts";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { pageText } from "../../src/testing/browser.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";

// The steps of a guide, by the command line: a certificate is requested, validated by Route 53, shown by a listener, and believed.

let airfield: AirfieldProcess;
let home: string;
let httpPort: number;
let httpsPort: number;
let listenerArn: string;

async function aws(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await airfield.aws(...args, "--output", "text");
  if (code !== 0) throw new Error(`aws ${args.join(" ")}: ${stderr}`);
  return stdout.trim();
}

beforeAll(async () => {
  airfield = await airfieldProcess();
  home = await mkdtemp(join(tmpdir(), "airfield-home-"));
  [httpPort, httpsPort] = [await freePort(), await freePort()];
  const certificate = await aws(
    ...["acm", "request-certificate", "--domain-name", "shop.test", "--subject-alternative-names", "*.shop.test"],
    ...["--validation-method", "DNS", "--query", "CertificateArn"],
  );
  const zone = await aws("route53", "create-hosted-zone", "--name", "shop.test", "--caller-reference", "1", "--query", "HostedZone.Id");
  const record = "Certificate.DomainValidationOptions[0].ResourceRecord.[Name,Value]";
  const [Name, Value] = (await aws("acm", "describe-certificate", "--certificate-arn", certificate, "--query", record)).split("\t");
  const set = { Name, Type: "CNAME", TTL: 300, ResourceRecords: [{ Value }] };
  const batch = JSON.stringify({ Changes: [{ Action: "CREATE", ResourceRecordSet: set }] });
  await aws("route53", "change-resource-record-sets", "--hosted-zone-id", zone, "--change-batch", batch);
  await aws("acm", "wait", "certificate-validated", "--certificate-arn", certificate);

  const subnets = (await aws("ec2", "describe-subnets", "--query", "Subnets[].SubnetId")).split(/\s+/).slice(0, 2);
  const balancer = await aws(
    ...["elbv2", "create-load-balancer", "--name", "shop", "--subnets", ...subnets, "--query", "LoadBalancers[0].LoadBalancerArn"],
  );
  const listen = (protocol: string, port: number, action: object, ...more: readonly string[]): Promise<string> =>
    aws(
      ...["elbv2", "create-listener", "--load-balancer-arn", balancer, "--protocol", protocol, "--port", String(port)],
      ...["--default-actions", JSON.stringify([action]), "--query", "Listeners[0].ListenerArn", ...more],
    );
  const RedirectConfig = { Protocol: "HTTPS", Port: String(httpsPort), StatusCode: "HTTP_301" };
  await listen("HTTP", httpPort, { Type: "redirect", RedirectConfig });
  const FixedResponseConfig = { StatusCode: "200", ContentType: "text/html", MessageBody: "<h1>the shop is open</h1>" };
  listenerArn = await listen(
    "HTTPS",
    httpsPort,
    { Type: "fixed-response", FixedResponseConfig },
    "--certificates",
    `CertificateArn=${certificate}`,
  );
}, 120_000);
afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  await rm(home, { recursive: true, force: true });
});

async function curl(...args: readonly string[]): Promise<string> {
  const resolved = [httpPort, httpsPort].flatMap((port) => ["--resolve", `*:${port}:127.0.0.1`]);
  try {
    return (await promisify(execFile)("curl", ["-sS", ...resolved, ...args])).stdout;
  } catch (cause) {
    return (cause as { readonly stderr: string }).stderr;
  }
}

test("curl that trusts the authority sees a redirect and then the page; one that does not, neither", async () => {
  const authority = ["--cacert", join(airfield.dataDirectory, "certificates", "ca.crt")];
  const codes = ["-L", "-o", "/dev/null", "-w", "%{http_code} %{num_redirects} %{ssl_verify_result}"];
  // A listener is told of as soon as it is wanted.
  const followed = (): Promise<string> => curl(...authority, ...codes, `http://shop.test:${httpPort}/`);
  await expect.poll(followed, { timeout: 20_000 }).toBe("200 1 0");
  expect(await curl(...authority, `https://www.shop.test:${httpsPort}/`)).toContain("the shop is open");
  expect(await curl(...authority, `https://other.test:${httpsPort}/`)).toContain("certificate subject name");
  expect(await curl(`https://shop.test:${httpsPort}/`)).toContain("self-signed certificate");
});

test("an imported certificate is shown to who asks for its name, anew when it is imported anew, and cannot be deleted meanwhile", async () => {
  const [one, two] = await Promise.all([1, 2].map((at) => madeCertificate({ commonName: "other.test", organisation: `${at}`, key: 2048 })));
  const files = async (made: typeof one, ...more: readonly string[]): Promise<string> => {
    const [certificate, key] = [join(home, "cert.pem"), join(home, "key.pem")];
    await Promise.all([writeFile(certificate, made?.pem ?? ""), writeFile(key, made?.keyPem ?? "")]);
    const from = ["--certificate", `fileb://${certificate}`, "--private-key", `fileb://${key}`];
    return aws("acm", "import-certificate", ...from, ...more, "--query", "CertificateArn");
  };
  const arn = await files(one);
  await aws("elbv2", "add-listener-certificates", "--listener-arn", listenerArn, "--certificates", `CertificateArn=${arn}`);
  const shown = async (): Promise<string> => curl("-k", "-v", "--stderr", "-", "-o", "/dev/null", `https://other.test:${httpsPort}/`);
  await expect.poll(shown, { timeout: 10_000 }).toContain("O=1; CN=other.test");
  await files(two, "--certificate-arn", arn);
  await expect.poll(shown, { timeout: 10_000 }).toContain("O=2; CN=other.test");
  await expect(aws("acm", "delete-certificate", "--certificate-arn", arn)).rejects.toThrow("ResourceInUseException");
  await aws("elbv2", "remove-listener-certificates", "--listener-arn", listenerArn, "--certificates", `CertificateArn=${arn}`);
  await aws("acm", "delete-certificate", "--certificate-arn", arn);
});

const lacking = findBrowser() === undefined || (await toolPath("certutil")) === undefined;
describe.skipIf(lacking)(`a browser${lacking ? " (there is no Chromium here, or no certutil)" : ""}`, () => {
  test("shows the page without a warning once the authority is trusted, and not before or after", { timeout: 120_000 }, async () => {
    const trust = async (verb: string): Promise<void> => {
      const program = new URL("../../bin/airfield.cjs", import.meta.url).pathname;
      const env = { ...process.env, HOME: home, AIRFIELD_DATA: airfield.dataDirectory };
      await promisify(execFile)(process.execPath, [program, "trust", verb, "--only", "browsers"], { env });
    };
    const page = (): Promise<string> => pageText(`https://shop.test:${httpsPort}/`, home);
    expect(await page()).not.toContain("the shop is open");
    await trust("install");
    expect(await page()).toContain("the shop is open");
    await trust("uninstall");
    expect(await page()).not.toContain("the shop is open");
  });
});
