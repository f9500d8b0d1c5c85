import { networkInterfaces } from "node:os";
import type { TaskRecord } from "../../state/ecs.ts";

/** What is known of where containers speak from. */
export interface Reach {
  /** The addresses that the containers of a task have now. */
  readonly addressesOf: (taskArn: string) => Promise<readonly string[]>;
  /** The addresses of this host; asked at each request, since they change. */
  readonly hostAddresses?: () => readonly string[];
}

/**
 * Whether a request's address is the task's: of its network interface; of a container in the engine's own network; of this host, where the
 * task shares its network, and nothing more can be told.
 */
export async function comesFromTask(
  { addressesOf, hostAddresses = ofThisHost }: Reach,
  task: TaskRecord,
  remote: string,
): Promise<boolean> {
  const address = remote.replace(/^::ffff:/, "");
  switch (task.networkMode) {
    case "awsvpc":
      return address === task.networkInterface?.privateIpv4Address;
    case "bridge":
      return (await addressesOf(task.arn)).includes(address);
    case "host":
      return hostAddresses().includes(address);
    case "none":
      return false;
  }
}

/** A bridge without a container on it counts as down and is not listed: the endpoint's own address is. */
function ofThisHost(): readonly string[] {
  const listed = Object.values(networkInterfaces()).flatMap((addresses = []) => addresses.map(({ address }) => address));
  return [...listed, LINK_ADDRESS];
}

/** Where ECS and its SDKs expect the endpoint. Source: ECS Developer Guide, "Task IAM role". */
export const LINK_ADDRESS = "169.254.170.2";
