import {
  DescribeTargetHealthCommand,
  ElasticLoadBalancingV2Client,
  type TargetHealthDescription,
} from "@aws-sdk/client-elastic-load-balancing-v2";
import { useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { texts } from "../../texts.ts";

const t = texts.targets;

/** Who gets requests of a service, and who does not and why not. */
export function TargetHealth({ groups }: { readonly groups: readonly string[] }) {
  const elb = useClient(ElasticLoadBalancingV2Client);
  const query = useLive<readonly TargetHealthDescription[]>({
    key: ["target-health", ...groups],
    kinds: ["elasticloadbalancing:target-health"],
    about: (arn) => groups.includes(arn),
    load: async (abortSignal) => {
      const answers = await Promise.all(
        groups.map((TargetGroupArn) => elb.send(new DescribeTargetHealthCommand({ TargetGroupArn }), { abortSignal })),
      );
      return answers.flatMap(({ TargetHealthDescriptions = [] }) => TargetHealthDescriptions);
    },
  });
  return (
    <ResourceTable
      title={t.title}
      query={query}
      idOf={({ Target }) => placeOf(Target)}
      nameOf={({ Target }) => placeOf(Target)}
      empty={{ title: t.empty, text: groups.length === 0 ? t.noGroup : t.emptyHow }}
      columns={[
        {
          id: "target",
          header: t.target,
          isRowHeader: true,
          value: ({ Target }) => placeOf(Target),
          cell: ({ Target }) => placeOf(Target),
        },
        {
          id: "health",
          header: t.health,
          value: ({ TargetHealth: health }) => health?.State ?? "",
          cell: ({ TargetHealth: health }) => <Status status={health?.State} />,
        },
        { id: "reason", header: t.reason, cell: ({ TargetHealth: health }) => health?.Description ?? health?.Reason ?? "-" },
      ]}
    />
  );
}

function placeOf(target: TargetHealthDescription["Target"]): string {
  return target?.Port === undefined ? (target?.Id ?? "") : `${target.Id}:${target.Port}`;
}
