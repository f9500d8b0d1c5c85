import { DeleteClusterCommand, ECSClient, type Cluster } from "@aws-sdk/client-ecs";
import Button from "@cloudscape-design/components/button";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Goto, useGoto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { useTell } from "../../shell/notifications.tsx";
import { texts } from "../../texts.ts";
import { useClusters } from "./ecs-queries.ts";

const t = texts.clusters;

export function ClustersPage() {
  const query = useClusters();
  const ecs = useClient(ECSClient);
  const goto = useGoto();
  const tell = useTell();
  const [deleting, remove] = useState<Cluster>();
  return (
    <>
      <ResourceTable
        title={t.title}
        heading="h1"
        description={t.description}
        query={query}
        idOf={({ clusterArn = "" }) => clusterArn}
        nameOf={({ clusterName = "" }) => clusterName}
        sortedBy={{ id: "name" }}
        empty={{ title: t.empty, text: t.emptyHow, action: <Button onClick={() => goto("ecs", "create-cluster")}>{t.create}</Button> }}
        actions={(chosen) => (
          <>
            <Button disabled={!chosen} onClick={() => remove(chosen)}>
              {texts.table.delete}
            </Button>
            <Button variant="primary" onClick={() => goto("ecs", "create-cluster")}>
              {t.create}
            </Button>
          </>
        )}
        columns={[
          {
            id: "name",
            header: t.cluster,
            isRowHeader: true,
            value: ({ clusterName = "" }) => clusterName,
            cell: ({ clusterName = "" }) => <Goto to={["ecs", "clusters", clusterName]}>{clusterName}</Goto>,
          },
          {
            id: "status",
            header: texts.words.status,
            value: ({ status = "" }) => status,
            cell: ({ status }) => <Status status={status} />,
          },
          count("services", texts.ecsServices.title, ({ activeServicesCount }) => activeServicesCount),
          count("running", t.running, ({ runningTasksCount }) => runningTasksCount),
          count("pending", t.pending, ({ pendingTasksCount }) => pendingTasksCount),
          count("instances", t.instances, ({ registeredContainerInstancesCount }) => registeredContainerInstancesCount),
        ]}
      />
      {deleting && (
        <Confirm
          title={t.deleteTitle(deleting.clusterName ?? "")}
          text={t.deleteText}
          word={texts.dialog.delete}
          action={texts.table.delete}
          close={() => remove(undefined)}
          run={async () => {
            await ecs.send(new DeleteClusterCommand({ cluster: deleting.clusterArn }));
            await query.refetch();
            tell(t.deleted(deleting.clusterName ?? ""));
          }}
        />
      )}
    </>
  );
}

function count(id: string, header: string, value: (cluster: Cluster) => number | undefined) {
  return { id, header, value: (cluster: Cluster) => value(cluster) ?? 0, cell: (cluster: Cluster) => value(cluster) ?? 0 };
}
