import { TargetNotConnectedException } from "@aws-sdk/client-ecs";
import { NO_ORIGIN } from "../../authorization/authorize.ts";
import { denialOf } from "../../authorization/denial-of.ts";
import { plainSession, serviceSession } from "../../authorization/role-session.ts";
import { roleForTasks, taskRoles } from "../../authorization/task-roles.ts";
import { shellWords } from "../../domain/shell-words.ts";
import type { SessionLog } from "../../ports/exec-sessions.ts";
import { taskDefinitions, tasks, type ClusterRecord, type ContainerRecord, type TaskRecord } from "../../state/ecs.ts";
import { logGroupArn } from "../../state/logs.ts";
import { because, type AuthorizeScope, type OperationContext } from "../operation.ts";
import { dataChannelUrl } from "../data-channel-url.ts";
import { inCluster } from "./condition-keys.ts";
import { invalid, operation } from "./ecs-operation.ts";
import { arnInCluster, clusterArn, requireArnIn, requireCluster } from "./find-cluster.ts";

// Texts: as AWS's clients have quoted them (aws/aws-cli#6242, aws/containers-roadmap#187).
const NOT_ENABLED =
  "The execute command failed because execute command was not enabled when the task was run or the execute command agent isn’t running. Wait and try again or run a new task with execute command enabled and try again.";
const NOT_CONNECTED = "The execute command failed due to an internal error. Try again later.";
const NO_SUCH_TASK = "The referenced task was not found.";

/** What the task's role needs, by which the agent in a container reaches Session Manager. Source: ECS Developer Guide, "Task IAM role", "ECS Exec permissions". */
const CHANNELS = ["CreateControlChannel", "CreateDataChannel", "OpenControlChannel", "OpenDataChannel"].map(
  (name) => `ssmmessages:${name}`,
);
const LOGGED_BY = ["logs:CreateLogStream", "logs:PutLogEvents"];
const SESSION_SECONDS = 3600;

/** Opens a session in which a client runs a command in a container: who has its token has it. */
export const executeCommand = operation("ExecuteCommand", {
  authorize: ({ cluster, task = "", container }, at) => ({
    action: "ecs:ExecuteCommand",
    resource: [clusterArn(at, cluster), arnInCluster(at, "task", cluster, task)],
    context: { ...inCluster(at, cluster), "ecs:container-name": container ?? onlyContainer(arnInCluster(at, "task", cluster, task), at) },
  }),
  run({ cluster: clusterId, task: id = "", container: name, command: text = "", interactive = false }, context) {
    const cluster = requireCluster(clusterId, context);
    const task = context.state.table(tasks).get(requireArnIn(cluster, "task", id, context));
    if (!task || task.clusterArn !== cluster.arn) throw invalid(NO_SUCH_TASK);
    if (!interactive) throw invalid("Interactive is the only mode supported currently.");
    const command = shellWords(text);
    if (!command || command.length === 0)
      throw invalid("command must be a program with its arguments; a quote in it is not closed, or it is empty.");
    const container = requireContainer(task, name);
    if (!task.enableExecuteCommand || container.lastStatus !== "RUNNING" || container.runtimeId === undefined) throw invalid(NOT_ENABLED);
    const { executeCommandConfiguration: settings } = cluster.configuration ?? {};
    if (settings?.kmsKeyId)
      throw invalid("Airfield does not support sessions of ECS Exec that a KMS key encrypts (kmsKeyId of the cluster) yet.");
    if (settings?.logging === "OVERRIDE" && settings.logConfiguration?.s3BucketName)
      throw invalid("Airfield does not support logs of ECS Exec in a bucket (s3BucketName of the cluster) yet.");
    const may = asTask(task, context);
    if (!CHANNELS.every((action) => may(action, "*"))) throw notConnected();
    const { execSessions: sessions } = context;
    const scope = { account: task.account, region: task.region };
    const log = logOf(task, container, cluster, context, may);
    const granted = sessions?.open({ scope, runtimeId: container.runtimeId, command, ...(log && { log }) });
    if (!granted) throw notConnected();
    const { sessionId, token } = granted;
    return {
      clusterArn: cluster.arn,
      containerArn: container.arn,
      containerName: container.name,
      interactive,
      taskArn: task.arn,
      session: { sessionId, tokenValue: token, streamUrl: dataChannelUrl(context, sessionId) },
    };
  },
});

/** The container that is meant where none is named; nobody's where there are several. */
function onlyContainer(taskArn: string, { state }: Pick<AuthorizeScope, "state">): string | undefined {
  const { containers = [] } = state.table(tasks).get(taskArn) ?? {};
  return containers.length === 1 ? containers[0]?.name : undefined;
}

function requireContainer({ containers }: TaskRecord, name: string | undefined): ContainerRecord {
  if (name === undefined && containers.length > 1) throw invalid("A container name must be specified for tasks with multiple containers.");
  const found = name === undefined ? containers[0] : containers.find((one) => one.name === name);
  if (!found) throw invalid(`The container ${name} was not found in the task.`);
  return found;
}

/** What the task's own role may do. */
function asTask(task: TaskRecord, { state, now, ids }: OperationContext): (action: string, resource: string) => boolean {
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn)?.definition;
  const { taskRoleArn } = taskRoles(task.overrides, definition);
  const found = taskRoleArn === undefined ? undefined : roleForTasks({ state: state.whole, now }, taskRoleArn, task);
  if (!found || "failure" in found) return () => false;
  const principal = serviceSession(found.role, task.id, plainSession(now, SESSION_SECONDS), ids);
  return (action, resource) =>
    denialOf({ state: state.whole, now }, principal, { action, resource }, { ...NO_ORIGIN, region: task.region }) === undefined;
}

/** Where what a session shows goes: what the role may not log is not logged, as on AWS. */
function logOf(
  task: TaskRecord,
  container: ContainerRecord,
  { configuration }: ClusterRecord,
  { state }: OperationContext,
  may: (action: string, resource: string) => boolean,
): SessionLog | undefined {
  const { logging = "DEFAULT", logConfiguration } = configuration?.executeCommandConfiguration ?? {};
  const definition = state.table(taskDefinitions).get(task.taskDefinitionArn)?.definition;
  const own = definition?.containerDefinitions?.find(({ name }) => name === container.name)?.logConfiguration;
  const options = own?.logDriver === "awslogs" ? own.options : undefined;
  const place = {
    NONE: undefined,
    DEFAULT: { group: options?.["awslogs-group"], region: options?.["awslogs-region"] ?? task.region },
    OVERRIDE: { group: logConfiguration?.cloudWatchLogGroupName, region: task.region },
  }[logging];
  if (!place?.group) return undefined;
  const log = { account: task.account, region: place.region, group: place.group };
  return LOGGED_BY.every((action) => may(action, `${logGroupArn(log, log.group)}:log-stream:*`)) ? log : undefined;
}

function notConnected(): TargetNotConnectedException {
  return new TargetNotConnectedException(because(NOT_CONNECTED));
}
