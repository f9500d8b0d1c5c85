import type { Service, Task } from "@aws-sdk/client-ecs";
import Alert from "@cloudscape-design/components/alert";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { Goto } from "../../parts/goto.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";
import { lastFailure } from "./why.ts";

const t = texts.why;

/** Why a service has not the tasks that it wants: the last one that failed, in its own words. Nothing where nothing is wrong. */
export function ServiceWhy({
  service,
  tasks,
  cluster,
}: {
  readonly service: Service;
  readonly tasks: readonly Task[];
  readonly cluster: string;
}) {
  const failed = lastFailure(service, tasks);
  if (!failed) return null;
  return (
    <Alert type="error" header={t.serviceTitle(service.runningCount ?? 0, service.desiredCount ?? 0)}>
      <SpaceBetween size="xs">
        <span>
          {t.lastFailed} {failed.stoppedReason}
        </span>
        <Goto to={["ecs", "clusters", cluster, "tasks", nameOf(failed.taskArn)]}>{t.seeTask}</Goto>
      </SpaceBetween>
    </Alert>
  );
}
