import { readFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import {
  DeleteVpcEndpointsCommand,
  DescribeNetworkInterfacesCommand,
  AuthorizeSecurityGroupIngressCommand,
  DescribeSubnetsCommand,
  DescribeVpcEndpointsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { CreateLoadBalancerCommand, ElasticLoadBalancingV2Client } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test, vi } from "vitest";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";

/** The status of an answer over TLS at an address, under a name; or why there is none. */
async function ask(airfield: AirfieldProcess, address: string, name: string, path = "/"): Promise<number | string> {
  const ca = await readFile(join(airfield.dataDirectory, "endpoints/ca.crt"), "utf8").catch(() => "");
  return new Promise((resolve) => {
    const asked = request({
      host: address,
      servername: name,
      headers: { host: name },
      path,
      method: "POST",
      ca,
      agent: false,
      timeout: 3000,
    });
    asked.on("response", (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    asked.on("timeout", () => asked.destroy(new Error("silent")));
    asked.on("error", (cause: NodeJS.ErrnoException) => resolve(cause.code ?? cause.message));
    asked.end();
  });
}

test(
  "at the address of a VPC endpoint the APIs are answered under the service's names, until it is deleted",
  { timeout: 90_000 },
  async () => {
    await using airfield = await airfieldProcess();
    const ec2 = airfield.client(EC2Client);
    const { Subnets = [] } = await ec2.send(new DescribeSubnetsCommand());
    const [a, b] = Subnets.map(({ SubnetId = "" }) => SubnetId);
    // It has the VPC's network made, as a task would.
    await airfield
      .client(ElasticLoadBalancingV2Client)
      .send(new CreateLoadBalancerCommand({ Name: "first", Scheme: "internal", Subnets: [a ?? "", b ?? ""] }));
    const Filters = [{ Name: "service-name", Values: ["com.amazonaws.us-east-1.ecr.dkr"] }];
    const { VpcEndpoints: [endpoint] = [] } = await ec2.send(new DescribeVpcEndpointsCommand({ Filters }));
    const { NetworkInterfaces: [own] = [] } = await ec2.send(
      new DescribeNetworkInterfacesCommand({ NetworkInterfaceIds: endpoint?.NetworkInterfaceIds ?? [] }),
    );
    const address = own?.PrivateIpAddress ?? "";
    // Its group lets the VPC in; this host is no part of it.
    const GroupId = endpoint?.Groups?.[0]?.GroupId;
    const IpPermissions = [{ IpProtocol: "tcp", FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: "0.0.0.0/0" }] }];
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    await vi.waitFor(async () => expect(await ask(airfield, address, "sts.us-east-1.amazonaws.com")).toBe(403), {
      timeout: 30_000,
      interval: 200,
    });
    expect(await ask(airfield, address, "123456789012.dkr.ecr.us-east-1.amazonaws.com", "/v2/")).toBe(401);
    expect(await ask(airfield, address, "sts.eu-west-1.amazonaws.com")).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
    await ec2.send(new DeleteVpcEndpointsCommand({ VpcEndpointIds: [endpoint?.VpcEndpointId ?? ""] }));
    await vi.waitFor(async () => expect((await ec2.send(new DescribeVpcEndpointsCommand({ Filters }))).VpcEndpoints).toEqual([]), {
      timeout: 20_000,
      interval: 200,
    });
    expect(await ask(airfield, address, "sts.us-east-1.amazonaws.com")).not.toBe(403);
  },
);
