import {
  DescribeClustersCommand,
  DescribeServicesCommand,
  DescribeTasksCommand,
  ECSClient,
  paginateListClusters,
  paginateListServices,
  paginateListTasks,
  type Cluster,
  type DesiredStatus,
  type Service,
  type Task,
} from "@aws-sdk/client-ecs";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";

/** The last part of an ARN's resource: a name, an id, `family:revision`. */
export function nameOf(arn: string | undefined): string {
  return arn?.split("/").pop() ?? "";
}

/** What of an ECS ARN comes after its cluster: whether it is of that cluster. */
export function isInCluster(cluster: string): (arn: string) => boolean {
  return (arn) => arn.includes(`/${cluster}/`) || arn.endsWith(`:cluster/${cluster}`);
}

/** Asks for many by their names, as many at a time as the operation takes. */
async function inBatches<T>(
  names: readonly string[],
  size: number,
  ask: (names: string[]) => Promise<readonly T[] | undefined>,
): Promise<readonly T[]> {
  const batches = Array.from({ length: Math.ceil(names.length / size) }, (_, at) => names.slice(at * size, (at + 1) * size));
  const found: T[] = [];
  // Six at a time are what a browser sends to one server.
  for (let at = 0; at < batches.length; at += 6)
    for (const some of await Promise.all(batches.slice(at, at + 6).map(ask))) found.push(...(some ?? []));
  return found;
}

export function useClusters() {
  const ecs = useClient(ECSClient);
  return useLive<readonly Cluster[]>({
    key: ["clusters"],
    kinds: ["ecs:cluster", "ecs:service", "ecs:task"],
    load: async (abortSignal) => {
      const names = await everything(paginateListClusters({ client: ecs }, {}), ({ clusterArns }) => clusterArns);
      return inBatches(
        names,
        100,
        async (clusters) => (await ecs.send(new DescribeClustersCommand({ clusters }), { abortSignal })).clusters,
      );
    },
  });
}

export function useCluster(name: string) {
  const ecs = useClient(ECSClient);
  return useLive<Cluster | undefined>({
    key: ["cluster", name],
    kinds: ["ecs:cluster", "ecs:service", "ecs:task"],
    about: isInCluster(name),
    load: async (abortSignal) => (await ecs.send(new DescribeClustersCommand({ clusters: [name] }), { abortSignal })).clusters?.[0],
  });
}

export function useServices(cluster: string) {
  const ecs = useClient(ECSClient);
  return useLive<readonly Service[]>({
    key: ["services", cluster],
    kinds: ["ecs:service", "ecs:task"],
    about: isInCluster(cluster),
    load: async (abortSignal) => {
      const pages = paginateListServices({ client: ecs, pageSize: 100 }, { cluster });
      const names = await everything(pages, ({ serviceArns }) => serviceArns);
      return inBatches(names, 10, async (services) => {
        const { services: found = [] } = await ecs.send(new DescribeServicesCommand({ cluster, services }), { abortSignal });
        return found.filter(({ status }) => status !== "INACTIVE");
      });
    },
  });
}

export function useService(cluster: string, service: string) {
  const ecs = useClient(ECSClient);
  return useLive<Service | undefined>({
    key: ["service", cluster, service],
    kinds: ["ecs:service", "ecs:service-deployment", "ecs:task"],
    about: isInCluster(cluster),
    load: async (abortSignal) =>
      (await ecs.send(new DescribeServicesCommand({ cluster, services: [service], include: ["TAGS"] }), { abortSignal })).services?.[0],
  });
}

/** Tasks of a cluster, or of one of its services: those that run, and those that stopped lately. */
export function useTasks(cluster: string, serviceName?: string) {
  const ecs = useClient(ECSClient);
  return useLive<readonly Task[]>({
    key: ["tasks", cluster, serviceName],
    kinds: ["ecs:task"],
    about: isInCluster(cluster),
    load: async (abortSignal) => {
      const of = (desiredStatus: DesiredStatus) =>
        everything(
          paginateListTasks(
            { client: ecs, pageSize: 100 },
            { cluster, desiredStatus, ...(serviceName === undefined ? {} : { serviceName }) },
          ),
          ({ taskArns }) => taskArns,
        );
      const [running, stopped] = await Promise.all([of("RUNNING"), of("STOPPED")]);
      return inBatches(
        [...running, ...stopped],
        100,
        async (tasks) => (await ecs.send(new DescribeTasksCommand({ cluster, tasks }), { abortSignal })).tasks,
      );
    },
  });
}

export function useTask(cluster: string, task: string) {
  const ecs = useClient(ECSClient);
  return useLive<Task | undefined>({
    key: ["task", cluster, task],
    kinds: ["ecs:task"],
    about: (arn) => arn.endsWith(`/${task}`),
    load: async (abortSignal) =>
      (await ecs.send(new DescribeTasksCommand({ cluster, tasks: [task], include: ["TAGS"] }), { abortSignal })).tasks?.[0],
  });
}
