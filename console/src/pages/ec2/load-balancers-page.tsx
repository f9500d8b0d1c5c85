import { ElasticLoadBalancingV2Client, paginateDescribeLoadBalancers } from "@aws-sdk/client-elastic-load-balancing-v2";
import { everything, useClient } from "../../api/clients.ts";
import { useLive } from "../../api/live.ts";
import { Copy } from "../../parts/copy.tsx";
import { Goto } from "../../parts/goto.tsx";
import { ResourceTable } from "../../parts/resource-table.tsx";
import { Status } from "../../parts/status.tsx";
import { texts } from "../../texts.ts";

const t = texts.balancers;

export function LoadBalancersPage() {
  const elb = useClient(ElasticLoadBalancingV2Client);
  const query = useLive({
    key: ["load-balancers"],
    kinds: ["elasticloadbalancing:load-balancer"],
    load: () => everything(paginateDescribeLoadBalancers({ client: elb }, {}), ({ LoadBalancers }) => LoadBalancers),
  });
  return (
    <ResourceTable
      title={t.title}
      heading="h1"
      query={query}
      idOf={({ LoadBalancerArn = "" }) => LoadBalancerArn}
      nameOf={({ LoadBalancerName = "" }) => LoadBalancerName}
      sortedBy={{ id: "name" }}
      empty={{ title: t.empty, text: t.emptyHow }}
      columns={[
        {
          id: "name",
          header: t.name,
          isRowHeader: true,
          value: ({ LoadBalancerName = "" }) => LoadBalancerName,
          cell: ({ LoadBalancerName = "" }) => <Goto to={["ec2", "load-balancers", LoadBalancerName]}>{LoadBalancerName}</Goto>,
        },
        {
          id: "dns",
          header: t.dnsName,
          value: ({ DNSName = "" }) => DNSName,
          cell: ({ DNSName = "" }) => <Copy text={DNSName} shown name={t.dnsName} />,
        },
        { id: "state", header: t.state, value: ({ State }) => State?.Code ?? "", cell: ({ State }) => <Status status={State?.Code} /> },
        { id: "type", header: t.type, value: ({ Type = "" }) => Type, cell: ({ Type }) => Type },
        { id: "scheme", header: t.scheme, value: ({ Scheme = "" }) => Scheme, cell: ({ Scheme }) => Scheme },
        { id: "vpc", header: texts.securityGroups.vpc, value: ({ VpcId = "" }) => VpcId, cell: ({ VpcId }) => VpcId },
      ]}
    />
  );
}
