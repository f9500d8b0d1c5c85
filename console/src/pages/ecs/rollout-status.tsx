import type { Service } from "@aws-sdk/client-ecs";
import { Status } from "../../parts/status.tsx";

/** How far the newest deployment of a service is. */
export function RolloutStatus({ service }: { readonly service: Service }) {
  const primary = service.deployments?.find(({ status }) => status === "PRIMARY");
  return <Status status={primary?.rolloutState} />;
}
