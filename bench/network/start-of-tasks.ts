import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { airfieldProcess, type AirfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import { atMost, median, type Figure } from "../figure.ts";
import { taskRoom, timeToRun } from "../main-job/task-start.ts";

const IMAGE = "airfield-bench/sleeper-filtered:1";

/** RunTask to RUNNING of one task, with the packet filter and without it, in turns. */
export async function startOfTasks(tell: (figure: Figure) => void, rounds: number): Promise<void> {
  await buildImage({ name: IMAGE, instructions: ['CMD ["sleep", "2147483647"]'] });
  try {
    await using filtered = await airfieldProcess({ environment: { AIRFIELD_PACKET_FILTER: "required" } });
    await using open = await airfieldProcess({ environment: { AIRFIELD_PACKET_FILTER: "off" } });
    const rooms = { ours: await room(filtered), peer: await room(open) };
    const took = { ours: [] as number[], peer: [] as number[] };
    // The first ones make the network and load what is loaded late.
    for (const { ecs, subnets } of Object.values(rooms)) await timeToRun(ecs, subnets, "awsvpc", 1);
    for (let round = 0; round < rounds; round += 1)
      for (const side of round % 2 === 0 ? (["ours", "peer"] as const) : (["peer", "ours"] as const))
        took[side].push(await timeToRun(rooms[side].ecs, rooms[side].subnets, "awsvpc", 1));
    tell(atMost(1.05, { name: "the start of a task", unit: "ms", ours: median(took.ours), peer: median(took.peer) }));
    for (const { image } of Object.values(rooms)) await removeImage(image);
  } finally {
    await removeImage(IMAGE);
  }
}

async function room(airfield: AirfieldProcess) {
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "sleeper" }));
  const image = await pushImage(airfield, IMAGE, "sleeper", "v1");
  return { image, ...(await taskRoom(airfield, image)) };
}
