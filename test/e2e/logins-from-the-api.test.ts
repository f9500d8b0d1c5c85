import "reflect-metadata";
import { createPublicKey, verify } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { afterAll, beforeAll, expect, test } from "vitest";
import { airfieldProcess, freePort, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { madeCertificate, type MadeCertificate } from "../../src/testing/certificates.ts";
import { LoginBrowser, loginProvider, type LoginProvider } from "./login-world.ts";

// Users of a whole installation log in: its operations, its control plane, its proxy.

let airfield: AirfieldProcess;
let provider: LoginProvider;
let certificate: MadeCertificate;
let home: string;
let target: Server;
let balancer: string;
let url: string;

beforeAll(async () => {
  certificate = await madeCertificate({ commonName: "localhost", names: ["localhost", "app.test"], key: 2048 });
  home = await mkdtemp(join(tmpdir(), "airfield-home-"));
  await writeFile(join(home, "ca.crt"), certificate.pem);
  const environment = { NODE_EXTRA_CA_CERTS: join(home, "ca.crt"), AIRFIELD_TARGET_ADDRESSES: "127.0.0.1" };
  airfield = await airfieldProcess({ environment });
  const port = await freePort();
  url = `https://app.test:${port}`;
  provider = await loginProvider(certificate, [`${url}/oauth2/idpresponse`]);
  target = createServer((request, response) => response.end(JSON.stringify(request.headers))).listen(0, "127.0.0.1");
  await once(target, "listening");

  const client = airfield.client(elb.ElasticLoadBalancingV2Client);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand({}));
  const imported = { Certificate: Buffer.from(certificate.pem), PrivateKey: Buffer.from(certificate.keyPem) };
  const { CertificateArn } = await airfield.client(ACMClient).send(new ImportCertificateCommand(imported));
  const ids = Subnets.slice(0, 2).map(({ SubnetId = "" }) => SubnetId);
  const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name: "app", Subnets: ids }));
  balancer = LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  const group = { Name: "app", Protocol: "HTTP", Port: 80, VpcId: Subnets[0]?.VpcId, TargetType: "ip" } as const;
  const { TargetGroups } = await client.send(new elb.CreateTargetGroupCommand(group));
  const TargetGroupArn = TargetGroups?.[0]?.TargetGroupArn ?? "";
  const Targets = [{ Id: "127.0.0.1", Port: (target.address() as AddressInfo).port, AvailabilityZone: "all" }];
  await client.send(new elb.RegisterTargetsCommand({ TargetGroupArn, Targets }));
  const AuthenticateOidcConfig = {
    ...provider.config,
    ClientSecret: provider.clientSecret,
  };
  await client.send(
    new elb.CreateListenerCommand({
      LoadBalancerArn: balancer,
      Protocol: "HTTPS",
      Port: port,
      Certificates: [{ CertificateArn }],
      DefaultActions: [
        { Type: "authenticate-oidc", Order: 1, AuthenticateOidcConfig },
        { Type: "forward", Order: 2, TargetGroupArn },
      ],
    }),
  );
}, 60_000);
afterAll(async () => {
  await airfield[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
  target.close();
  target.closeAllConnections();
  await rm(home, { recursive: true });
});

test("a user logs in, its target verifies who it is with the key of this installation, and the session outlives the control plane", async () => {
  const browser = new LoginBrowser(certificate.pem);
  const status = (): Promise<number> =>
    browser.open(`${url}/cart`).then(
      (page) => page.status,
      () => 0,
    );
  await expect.poll(status, { timeout: 20_000 }).toBe(200);
  const told = JSON.parse((await browser.open(`${url}/cart`)).body) as Record<string, string>;
  expect(told["x-amzn-oidc-identity"]).toBe("user|1");
  const [head = "", body = "", signature = ""] = (told["x-amzn-oidc-data"] ?? "").split(".");
  const { kid, signer } = JSON.parse(Buffer.from(head, "base64url").toString()) as { readonly kid: string; readonly signer: string };
  expect(signer).toBe(balancer);
  const pem = await (await fetch(`${airfield.url}/elb-public-keys/${kid}`)).text();
  const key = { key: createPublicKey(pem), dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", Buffer.from(`${head}.${body}`), key, Buffer.from(signature, "base64url"))).toBe(true);
  expect((await fetch(`${airfield.url}/elb-public-keys/other`)).status).toBe(404);

  await airfield.kill();
  expect(await status()).toBe(200);
  airfield = await airfield.restart();
  expect(await status()).toBe(200);
  // The proxy looks once a second whether somebody answers again.
  const another = (): Promise<number> => new LoginBrowser(certificate.pem).open(`${url}/`).then((page) => page.status);
  await expect.poll(another, { timeout: 5000 }).toBe(200);
});
