import "reflect-metadata";
import { once } from "node:events";
import { createServer } from "node:http";
import { request } from "node:https";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { TLSSocket } from "node:tls";
import { ACMClient, ImportCertificateCommand } from "@aws-sdk/client-acm";
import { DescribeSubnetsCommand, EC2Client } from "@aws-sdk/client-ec2";
import * as elb from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { airfieldProcess, freePort } from "../../src/testing/airfield-process.ts";
import { madeCertificate } from "../../src/testing/certificates.ts";
import { send } from "./load.ts";

/** A target that tells what it was told of its client. */
async function target() {
  const server = createServer(({ headers }, response) =>
    response.end(["for", "proto", "port"].map((what) => headers[`x-forwarded-${what}`]).join(" ")),
  );
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    port: (server.address() as AddressInfo).port,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

/** What a client of HTTPS sees: the answer, and whose certificate. */
async function secured(port: number, ca: string): Promise<{ readonly body: string; readonly shown: unknown }> {
  const asked = request({ host: "127.0.0.1", port, localAddress: "127.0.0.7", servername: "alb.test", ca, agent: false }).end();
  const [answer] = (await once(asked, "response")) as [NodeJS.ReadableStream & { socket: TLSSocket }];
  const shown = answer.socket.getPeerCertificate().subject.CN;
  return { body: await text(answer), shown };
}

test("a network load balancer leads to an application load balancer: in plain text, and encrypted to the certificate of its listener", async () => {
  await using server = await target();
  await using airfield = await airfieldProcess({ environment: { AIRFIELD_TARGET_ADDRESSES: "127.0.0.1/32" } });
  const client = airfield.client(elb.ElasticLoadBalancingV2Client);
  const { Subnets = [] } = await airfield.client(EC2Client).send(new DescribeSubnetsCommand());
  const VpcId = Subnets[0]?.VpcId ?? "";
  const subnets = Subnets.slice(0, 2).flatMap(({ SubnetId }) => SubnetId ?? []);
  const balancer = async (Name: string, Type: "application" | "network"): Promise<string> => {
    const { LoadBalancers } = await client.send(new elb.CreateLoadBalancerCommand({ Name, Type, Subnets: subnets }));
    return LoadBalancers?.[0]?.LoadBalancerArn ?? "";
  };
  const group = async (input: Omit<elb.CreateTargetGroupCommandInput, "VpcId">): Promise<string> => {
    const { TargetGroups } = await client.send(new elb.CreateTargetGroupCommand({ ...input, VpcId }));
    return TargetGroups?.[0]?.TargetGroupArn ?? "";
  };
  const listen = async (input: Omit<elb.CreateListenerCommandInput, "DefaultActions">, TargetGroupArn: string): Promise<string> => {
    const DefaultActions = [{ Type: "forward", TargetGroupArn } as const];
    const { Listeners } = await client.send(new elb.CreateListenerCommand({ ...input, DefaultActions }));
    return Listeners?.[0]?.ListenerArn ?? "";
  };
  const register = async (TargetGroupArn: string, one: elb.TargetDescription): Promise<void> => {
    const Targets = [one];
    await client.send(new elb.RegisterTargetsCommand({ TargetGroupArn, Targets }));
    await elb.waitUntilTargetInService({ client, maxWaitTime: 60, minDelay: 1, maxDelay: 1 }, { TargetGroupArn, Targets });
  };

  const { pem, keyPem } = await madeCertificate({ commonName: "alb.test", names: ["alb.test"] });
  const imported = new ImportCertificateCommand({ Certificate: Buffer.from(pem), PrivateKey: Buffer.from(keyPem) });
  const { CertificateArn } = await airfield.client(ACMClient).send(imported);

  const alb = await balancer("alb", "application");
  const web = await group({ Name: "web", TargetType: "ip", Protocol: "HTTP", Port: server.port });
  const [plain, secure] = [await freePort(), await freePort()];
  await listen({ LoadBalancerArn: alb, Protocol: "HTTP", Port: plain }, web);
  const encrypted = await listen({ LoadBalancerArn: alb, Protocol: "HTTPS", Port: secure, Certificates: [{ CertificateArn }] }, web);
  await register(web, { Id: "127.0.0.1", Port: server.port, AvailabilityZone: "all" });

  const nlb = await balancer("nlb", "network");
  const [atPlain, atSecure] = [await freePort(), await freePort()];
  const toPlain = await group({ Name: "to-plain", TargetType: "alb", Protocol: "TCP", Port: plain });
  const toSecure = await group({ Name: "to-secure", TargetType: "alb", Protocol: "TCP", Port: secure, HealthCheckProtocol: "HTTPS" });
  await listen({ LoadBalancerArn: nlb, Protocol: "TCP", Port: atPlain }, toPlain);
  await listen({ LoadBalancerArn: nlb, Protocol: "TCP", Port: atSecure }, toSecure);
  await register(toPlain, { Id: alb });
  await register(toSecure, { Id: alb });

  // The application load balancer tells its own port, and the client that came to the other one.
  expect(await send(atPlain)).toMatchObject({ status: 200, body: `127.0.0.1 http ${plain}` });
  expect(await secured(atSecure, pem)).toEqual({ body: `127.0.0.7 https ${secure}`, shown: "alb.test" });

  // What the listener shows from now on is shown there, too.
  const renewed = await madeCertificate({ commonName: "renewed", names: ["alb.test"] });
  await airfield
    .client(ACMClient)
    .send(new ImportCertificateCommand({ CertificateArn, Certificate: Buffer.from(renewed.pem), PrivateKey: Buffer.from(renewed.keyPem) }));
  await expect.poll(() => secured(atSecure, `${pem}${renewed.pem}`), { timeout: 20_000 }).toMatchObject({ shown: "renewed" });

  // A listener stays for as long as somebody leads to it, and its load balancer does not answer there once nobody does.
  await expect(client.send(new elb.DeleteListenerCommand({ ListenerArn: encrypted }))).rejects.toMatchObject({
    name: "ResourceInUseException",
  });
  await client.send(new elb.DeregisterTargetsCommand({ TargetGroupArn: toSecure, Targets: [{ Id: alb }] }));
  await client.send(new elb.DeleteListenerCommand({ ListenerArn: encrypted }));
  await expect
    .poll(
      () =>
        secured(atSecure, renewed.pem).then(
          () => "answered",
          () => "cut",
        ),
      { timeout: 20_000 },
    )
    .toBe("cut");
  expect(await send(atPlain)).toMatchObject({ status: 200 });
}, 120_000);
