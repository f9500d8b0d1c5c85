import { CreateRepositoryCommand, ECRClient } from "@aws-sdk/client-ecr";
import { airfieldProcess } from "../../src/testing/airfield-process.ts";
import { buildImage, pushImage, removeImage } from "../../src/testing/images.ts";
import type { Figure } from "../figure.ts";
import { apiRate } from "./api-rate.ts";
import { footprint } from "./footprint.ts";
import { proxyRate } from "./proxy-rate.ts";
import { taskStart } from "./task-start.ts";

const LOCAL_IMAGE = "airfield-bench/sleeper:v1";

/** The figures that the main job is judged by. */
export async function measure(tell: (figure: Figure) => void): Promise<void> {
  await footprint(tell);
  await buildImage({ name: LOCAL_IMAGE, instructions: ['CMD ["sleep", "600"]'] });
  // The bench's target is a server on loopback.
  await using airfield = await airfieldProcess({ environment: { AIRFIELD_TARGET_ADDRESSES: "127.0.0.1" } });
  await airfield.client(ECRClient).send(new CreateRepositoryCommand({ repositoryName: "sleeper" }));
  const image = await pushImage(airfield, LOCAL_IMAGE, "sleeper", "v1");
  try {
    await taskStart(airfield, image, tell);
    await proxyRate(airfield, tell);
    await apiRate(airfield.url, image, tell);
  } finally {
    await removeImage(image);
    await removeImage(LOCAL_IMAGE);
  }
}
