import { UpdateServiceCommand, ECSClient, type Deployment, type Service, type Task } from "@aws-sdk/client-ecs";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { useClient } from "../../api/clients.ts";
import { Confirm } from "../../parts/confirm.tsx";
import { Goto } from "../../parts/goto.tsx";
import { inWords, Status } from "../../parts/status.tsx";
import { Time } from "../../parts/time.tsx";
import { texts } from "../../texts.ts";
import { nameOf } from "./ecs-queries.ts";

const t = texts.deployments;

interface DeploymentsProps {
  readonly service: Service;
  readonly tasks: readonly Task[];
  readonly cluster: string;
}

/** The deployments that are under way or hold, the new one first, each with its tasks as they start, become healthy, drain and stop. */
export function Deployments({ service, tasks, cluster }: DeploymentsProps) {
  const ecs = useClient(ECSClient);
  const [back, setBack] = useState<Deployment>();
  const deployments = service.deployments ?? [];
  return (
    <Container
      header={
        <Header variant="h2" counter={`(${deployments.length})`}>
          {t.title}
        </Header>
      }
    >
      <SpaceBetween size="l">
        {deployments.map((deployment) => (
          <section key={deployment.id} aria-label={deployment.id}>
            <SpaceBetween size="s">
              <Header
                variant="h3"
                description={deployment.rolloutStateReason}
                actions={
                  deployment.status === "ACTIVE" && (
                    <Button onClick={() => setBack(deployment)}>{t.rollBack(nameOf(deployment.taskDefinition))}</Button>
                  )
                }
              >
                {inWords(deployment.status ?? "")} · {nameOf(deployment.taskDefinition)}
              </Header>
              <KeyValuePairs
                columns={4}
                items={[
                  { label: t.state, value: <Status status={deployment.rolloutState} /> },
                  {
                    label: t.counts,
                    value: `${deployment.runningCount ?? 0} / ${deployment.pendingCount ?? 0} / ${deployment.desiredCount ?? 0}`,
                  },
                  { label: t.failed, value: deployment.failedTasks ?? 0 },
                  { label: t.began, value: <Time at={deployment.createdAt} /> },
                ]}
              />
              <TasksOfDeployment tasks={tasks.filter(({ startedBy }) => startedBy === deployment.id)} cluster={cluster} />
            </SpaceBetween>
          </section>
        ))}
      </SpaceBetween>
      {back && (
        <Confirm
          title={t.rollBackTitle}
          text={t.rollBackText(nameOf(back.taskDefinition))}
          action={t.rollBack(nameOf(back.taskDefinition))}
          close={() => setBack(undefined)}
          run={async () =>
            void (await ecs.send(new UpdateServiceCommand({ cluster, service: service.serviceName, taskDefinition: back.taskDefinition })))
          }
        />
      )}
    </Container>
  );
}

/** Tasks that are drawn; of more, how many there are. */
const DRAWN = 60;

function TasksOfDeployment({ tasks, cluster }: { readonly tasks: readonly Task[]; readonly cluster: string }) {
  const live = tasks.filter(({ lastStatus }) => lastStatus !== "STOPPED");
  if (live.length === 0) return <Box color="text-status-inactive">{t.noTasks}</Box>;
  return (
    <ul className="task-picture">
      {live.slice(0, DRAWN).map(({ taskArn, lastStatus = "", healthStatus }) => (
        <li key={taskArn} className={`is-${lastStatus.toLowerCase()}`}>
          <Goto to={["ecs", "clusters", cluster, "tasks", nameOf(taskArn)]}>{nameOf(taskArn).slice(0, 6)}</Goto>
          <Status status={lastStatus === "RUNNING" && healthStatus !== "UNKNOWN" ? healthStatus : lastStatus} />
        </li>
      ))}
      {live.length > DRAWN && <li>{t.more(live.length - DRAWN)}</li>}
    </ul>
  );
}
