import type { Task } from "@aws-sdk/client-ecs";
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { signedFetch } from "../../api/signed-fetch.ts";
import { useLive, usePlace } from "../../api/live.ts";
import { Command } from "../../parts/command.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { texts } from "../../texts.ts";
import { isInCluster } from "./ecs-queries.ts";
import { hasFailed, statementFor, type TaskExplanation } from "./why.ts";

const t = texts.why;

/** One panel for what is in a task's way: its end in full, what refused it, and the way that it takes through the network. */
export function TaskWhy({ task, cluster }: { readonly task: Task; readonly cluster: string }) {
  const { session, region } = usePlace();
  const { taskArn = "", lastStatus, stopCode, stoppedReason, containers = [] } = task;
  const stopped = lastStatus === "STOPPED";
  const explained = useLive<TaskExplanation | null>({
    key: ["explain", taskArn],
    kinds: ["ecs:task", "ec2:security-group", "ec2:subnet", "elasticloadbalancing:target-health"],
    about: (arn) => !arn.includes(":ecs:") || isInCluster(cluster)(arn),
    enabled: !stopped,
    load: async (signal) => {
      const answer = await signedFetch({
        ...{ method: "POST", path: "explain", keys: session.credentials, region, signal },
        body: JSON.stringify({ task: taskArn }),
      });
      return (await answer.json()) as TaskExplanation | null;
    },
  });
  const reasons = [stoppedReason, ...containers.map(({ reason }) => reason)].filter((reason) => reason !== undefined);
  const statement = reasons.map(statementFor).find((found) => found !== undefined);
  const inTheWay = explained.data?.inTheWay;
  return (
    <Container header={<Header variant="h2">{t.title}</Header>}>
      <SpaceBetween size="m">
        {stopped && (
          <Alert type={hasFailed(task) ? "error" : "info"} header={stoppedReason ?? t.stopped}>
            <KeyValuePairs
              columns={2}
              items={[
                { label: t.stopCode, value: stopCode ?? "-" },
                { label: t.exitCodes, value: <ExitCodes task={task} /> },
              ]}
            />
          </Alert>
        )}
        {statement !== undefined && (
          <div>
            <Box variant="awsui-key-label">{t.wouldAllow}</Box>
            <Command text={statement} />
          </div>
        )}
        {inTheWay && (
          <Alert type="warning" header={inTheWay.text}>
            <SpaceBetween size="xs">
              {inTheWay.remedy !== undefined && <span>{inTheWay.remedy}</span>}
              <Box variant="small">
                {inTheWay.code} · {inTheWay.component}
              </Box>
            </SpaceBetween>
          </Alert>
        )}
        {!stopped && explained.error && <ErrorAlert error={explained.error} />}
        {explained.data && (
          <ul className="steps-taken">
            {explained.data.steps.map(({ what, outcome, obstruction }) => (
              <li key={what}>
                <StatusIndicator type={outcome === "passes" ? "success" : outcome === "barred" ? "error" : "pending"}>
                  {what}
                </StatusIndicator>
                {obstruction && <div className="obstruction">{obstruction.text}</div>}
              </li>
            ))}
          </ul>
        )}
        {!stopped && explained.data && !inTheWay && <StatusIndicator type="success">{t.nothing}</StatusIndicator>}
      </SpaceBetween>
    </Container>
  );
}

function ExitCodes({ task }: { readonly task: Task }) {
  return (
    <>
      {(task.containers ?? []).map(({ name, exitCode, reason }) => (
        <div key={name}>
          {name}: {exitCode ?? "-"}
          {reason !== undefined && ` (${reason})`}
        </div>
      ))}
    </>
  );
}
