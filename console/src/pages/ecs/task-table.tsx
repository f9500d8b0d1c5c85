import { ECSClient, StopTaskCommand, type Task } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import type { UseQueryResult } from "@tanstack/react-query";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Goto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";

const t = texts.tasks;

/** Tasks as they are, the stopped ones with why. */
export function TaskTable({ cluster, query }: { readonly cluster: string; readonly query: UseQueryResult<readonly Task[]> }) {
  const ecs = useClient(ECSClient);
  const [stopping, stop] = useState<Task>();
  return (
    <>
      <ResourceTable
        title={t.title}
        query={query}
        idOf={({ taskArn = "" }) => taskArn}
        nameOf={({ taskArn }) => nameOf(taskArn)}
        sortedBy={{ id: "created", descending: true }}
        empty={{ title: t.empty, text: t.emptyHow }}
        actions={(chosen) => (
          <Button disabled={!chosen || chosen.desiredStatus === "STOPPED"} onClick={() => stop(chosen)}>
            {t.stop}
          </Button>
        )}
        columns={[
          {
            id: "task",
            header: t.task,
            isRowHeader: true,
            value: ({ taskArn }) => nameOf(taskArn),
            cell: ({ taskArn }) => <Goto to={["ecs", "clusters", cluster, "tasks", nameOf(taskArn)]}>{nameOf(taskArn).slice(0, 8)}…</Goto>,
          },
          {
            id: "last",
            header: t.lastStatus,
            value: ({ lastStatus = "" }) => lastStatus,
            cell: ({ lastStatus }) => <Status status={lastStatus} />,
          },
          {
            id: "health",
            header: t.health,
            value: ({ healthStatus = "" }) => healthStatus,
            cell: ({ healthStatus }) => <Status status={healthStatus} />,
          },
          {
            id: "definition",
            header: texts.definitions.definition,
            value: ({ taskDefinitionArn }) => nameOf(taskDefinitionArn),
            cell: ({ taskDefinitionArn }) => nameOf(taskDefinitionArn),
          },
          {
            id: "reason",
            header: t.stoppedReason,
            value: ({ stoppedReason = "" }) => stoppedReason,
            cell: ({ stoppedReason }) => <span className="reason">{stoppedReason ?? "-"}</span>,
          },
          {
            id: "created",
            header: t.createdAt,
            value: ({ createdAt }) => createdAt?.getTime() ?? 0,
            cell: ({ createdAt }) => <Time at={createdAt} />,
          },
        ]}
      />
      {stopping && (
        <Confirm
          title={t.stopTitle}
          text={t.stopText}
          action={t.stop}
          close={() => stop(undefined)}
          run={async () => void (await ecs.send(new StopTaskCommand({ cluster, task: stopping.taskArn })))}
        />
      )}
    </>
  );
}
