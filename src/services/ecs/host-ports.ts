import { taskDefinitions, tasks, type TaskDefinitionRecord } from "../../state/ecs.ts";
import type { WholeState } from "../../state/state.ts";

/** The ports of this host that a task of the definition binds itself to. Tasks with interfaces of their own bind none. */
export function staticHostPorts({ definition }: TaskDefinitionRecord): readonly string[] {
  const { networkMode = "bridge", containerDefinitions = [] } = definition;
  if (networkMode !== "bridge" && networkMode !== "host") return [];
  return containerDefinitions.flatMap(({ portMappings = [] }) =>
    portMappings.flatMap(({ hostPort, protocol }) => (hostPort ? [`${protocol ?? "tcp"}/${hostPort}`] : [])),
  );
}

/** True where a task that has not stopped holds one of the ports: this host is one container instance, whatever the cluster. */
export function portsTaken(wanted: readonly string[], state: WholeState): boolean {
  if (wanted.length === 0) return false;
  const definitions = state.table(taskDefinitions);
  return state
    .table(tasks)
    .by("live", "live")
    .some((task) => {
      if (task.networkMode !== "bridge" && task.networkMode !== "host") return false;
      const definition = definitions.get(task.taskDefinitionArn);
      return definition !== undefined && staticHostPorts(definition).some((port) => wanted.includes(port));
    });
}
