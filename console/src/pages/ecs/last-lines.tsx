import { CloudWatchLogsClient, DescribeLogStreamsCommand, GetLogEventsCommand } from "@aws-sdk/client-cloudwatch-logs";
import type { ContainerDefinition } from "@aws-sdk/client-ecs";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Command } from "../../parts/command.tsx";
import { ErrorAlert } from "../../parts/error-alert.tsx";
import { texts } from "../../texts.ts";
import { hasLogGroup } from "./log-groups.ts";

const t = texts.logs;

/** Lines that tell most of why something ended. */
const LINES = 30;

interface LastLinesProps {
  readonly container: ContainerDefinition;
  readonly taskId: string;
}

/** The last lines that a container wrote, where its log goes to CloudWatch Logs. Asked for anew when its task changes, and by a button: lines are not in the change feed. */
export function LastLines({ container, taskId }: LastLinesProps) {
  const logs = useClient(CloudWatchLogsClient);
  const { logDriver, options = {} } = container.logConfiguration ?? {};
  const group = options["awslogs-group"];
  const prefix = options["awslogs-stream-prefix"];
  const stream = `${prefix}/${container.name}/${taskId}`;
  const kept = logDriver === "awslogs" && group !== undefined && prefix !== undefined;
  const query = useLive<string>({
    key: ["log", group, stream],
    kinds: ["ecs:task"],
    about: (arn) => arn.endsWith(`/${taskId}`),
    enabled: kept,
    load: async (abortSignal) => {
      // What has written nothing yet has no stream, and perhaps no group.
      if (!(await hasStream(logs, group ?? "", stream, abortSignal))) return "";
      const asked = { logGroupName: group, logStreamName: stream, limit: LINES, startFromHead: false };
      const { events = [] } = await logs.send(new GetLogEventsCommand(asked), { abortSignal });
      return events.map(({ timestamp = 0, message = "" }) => `${new Date(timestamp).toISOString()}  ${message}`).join("\n");
    },
  });
  return (
    <Container
      header={
        <Header variant="h2" actions={kept && <Button iconName="refresh" ariaLabel={t.refresh} onClick={() => void query.refetch()} />}>
          {t.title(container.name ?? "")}
        </Header>
      }
    >
      <SpaceBetween size="s">
        {!kept && <Box color="text-status-inactive">{t.notKept}</Box>}
        {kept && query.data === "" && <Box color="text-status-inactive">{t.empty}</Box>}
        {query.error && <ErrorAlert error={query.error} />}
        {query.data !== undefined && query.data !== "" && <Command text={query.data} />}
      </SpaceBetween>
    </Container>
  );
}

async function hasStream(logs: CloudWatchLogsClient, logGroupName: string, stream: string, abortSignal: AbortSignal): Promise<boolean> {
  if (!(await hasLogGroup(logs, logGroupName, abortSignal))) return false;
  const { logStreams = [] } = await logs.send(new DescribeLogStreamsCommand({ logGroupName, logStreamNamePrefix: stream }), {
    abortSignal,
  });
  return logStreams.some(({ logStreamName }) => logStreamName === stream);
}
