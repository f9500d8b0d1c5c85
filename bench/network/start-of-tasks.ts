import {
  AuthorizeSecurityGroupIngressCommand,
  CreateNetworkInterfaceCommand,
  CreateSecurityGroupCommand,
  DescribeSubnetsCommand,
  EC2Client,
} from "@aws-sdk/client-ec2";
import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { atMost, median, part, type Figure } from "../figure.ts";
import { taskRoom, timeToRun } from "../main-job/task-start.ts";

const IMAGE = "airfield-bench/sleeper-filtered:1";
/** Started together: more than what is made ready for the next one. */
const TOGETHER = 10;

/**
 * RunTask to RUNNING of one task, with the packet filter and without it, in turns. Both have so many interfaces, with two groups of fifty rules each, one of them common to all, besides what
 * else is in the kernel. The task has the default group, and nobody else does.
 */
export async function startOfTasks(tell: (figure: Figure) => void, rounds: number, interfaces: number): Promise<void> {
  await buildImage({ name: IMAGE, instructions: ['CMD ["sleep", "2147483647"]'] });
  try {
    await using filtered = await airfieldProcess({ environment: { AIRFIELD_PACKET_FILTER: "required" } });
    await using open = await airfieldProcess({ environment: { AIRFIELD_PACKET_FILTER: "off" } });
    const rooms = { ours: await room(filtered, interfaces), peer: await room(open, interfaces) };
    const inTurns = async (count: number, times: number) => {
      const took = { ours: [] as number[], peer: [] as number[] };
      for (let round = 0; round < times; round += 1)
        for (const side of round % 2 === 0 ? (["ours", "peer"] as const) : (["peer", "ours"] as const))
          took[side].push(await timeToRun(rooms[side].ecs, rooms[side].subnets, "awsvpc", count));
      return { ours: median(took.ours), peer: median(took.peer) };
    };
    // The first ones make the network and load what is loaded late.
    await inTurns(1, 2);
    tell(atMost(1.05, { name: "the start of a task", unit: "ms", ...(await inTurns(1, rounds)) }));
    tell(part({ name: `${TOGETHER} tasks that start together`, unit: "ms", ...(await inTurns(TOGETHER, Math.ceil(rounds / 4))) }));
    for (const { image } of Object.values(rooms)) await removeImage(image);
  } finally {
    await removeImage(IMAGE);
  }
}

async function room(airfield: AirfieldProcess, interfaces: number) {
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "sleeper" }));
  const image = await pushImage(airfield, IMAGE, "sleeper", "v1");
  await manyInterfaces(airfield.client(EC2Client), interfaces);
  return { image, ...(await taskRoom(airfield, image)) };
}

async function manyInterfaces(ec2: EC2Client, count: number): Promise<void> {
  const { Subnets: [subnet] = [] } = await ec2.send(new DescribeSubnetsCommand());
  const groupOf = async (at: number): Promise<string> => {
    const { GroupId = "" } = await ec2.send(new CreateSecurityGroupCommand({ GroupName: `bench-${at}`, Description: "fifty rules" }));
    const IpPermissions = Array.from({ length: 50 }, (_, rule) => ({
      ...{ IpProtocol: "tcp", FromPort: 10_000 + rule * 10, ToPort: 10_005 + rule * 10 },
      IpRanges: [{ CidrIp: `10.${rule}.${at % 256}.0/24` }],
    }));
    await ec2.send(new AuthorizeSecurityGroupIngressCommand({ GroupId, IpPermissions }));
    return GroupId;
  };
  const shared = await groupOf(0);
  let next = 0;
  const some = async (): Promise<void> => {
    while (next < count) {
      next += 1;
      const Groups = [shared, await groupOf(next)];
      await ec2.send(new CreateNetworkInterfaceCommand({ SubnetId: subnet?.SubnetId, Groups }));
    }
  };
  await Promise.all(Array.from({ length: 16 }, some));
}
