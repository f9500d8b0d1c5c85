import { AuthorizeSecurityGroupIngressCommand, CreateSecurityGroupCommand, DescribeVpcsCommand, EC2Client } from "@aws-sdk/client-ec2";
import type { AirfieldProcess } from "./airfield-process.ts";

/** A security group of the default VPC that lets everybody in at some TCP ports, at everything where none is named. What has the default group alone lets in only what has it, too. */
export async function openGroup(airfield: Pick<AirfieldProcess, "client">, name: string, ...ports: readonly number[]): Promise<string> {
  const ec2 = airfield.client(EC2Client);
  const { Vpcs = [] } = await ec2.send(new DescribeVpcsCommand({ Filters: [{ Name: "is-default", Values: ["true"] }] }));
  const VpcId = Vpcs[0]?.VpcId;
  const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: name, Description: name, VpcId }));
  const IpRanges = [{ CidrIp: "0.0.0.0/0" }];
  const atPorts = ports.map((port) => ({ IpProtocol: "tcp", FromPort: port, ToPort: port, IpRanges }));
  const IpPermissions = ports.length === 0 ? [{ IpProtocol: "-1", IpRanges }] : atPorts;
  await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
  return GroupId;
}
